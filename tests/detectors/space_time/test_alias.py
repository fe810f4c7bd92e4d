"""Draws have the probabilities that were asked for."""

import numpy as np
import pytest
from scipy.stats import chisquare

from detectors.space_time.alias import AliasTable


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_draws_follow_the_weights(size: int) -> None:
    random = np.random.default_rng(4)
    weights = random.gamma(0.5, size=size)
    weights[size // 2 :: 3] = 0.0 if size > 1 else 1.0
    drawn = np.bincount(AliasTable(weights).draw(random, 200_000), minlength=size)
    assert (drawn[weights == 0] == 0).all()
    likely = weights / weights.sum() * 200_000 > 5
    rest = 200_000 - drawn[likely].sum()
    expected = weights[likely] / weights.sum() * 200_000
    both = np.append(drawn[likely], rest), np.append(expected, 200_000 - expected.sum() + 1e-9)
    if size > 2:
        assert chisquare(*both, sum_check=False).pvalue > 1e-3
    else:
        assert drawn.sum() == 200_000


def test_no_draws() -> None:
    assert AliasTable(np.array([1.0, 2.0])).draw(np.random.default_rng(0), 0).size == 0
