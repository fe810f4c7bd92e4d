"""The exact rate ratio against scipy's exact binomial test, and how often its interval covers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from detectors import Reason
from detectors.maxsprt.rate_ratio import rate_ratio


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.05, 20), st.sampled_from([0.8, 0.95, 0.99]))
def test_it_is_scipys_binomial_test(exposed: int, unexposed: int, times: float, level: float) -> None:
    found = rate_ratio([exposed], [unexposed], times, level=level)
    if exposed + unexposed == 0:
        assert found.reason[0, 0] == Reason.TOO_FEW_CASES
        assert np.isnan(found.ratio[0, 0])
        return
    share = 1 / (1 + times)
    test = binomtest(exposed, exposed + unexposed, share, alternative="greater")
    assert found.p_value[0, 0] == pytest.approx(test.pvalue, rel=1e-9)
    interval = binomtest(exposed, exposed + unexposed, share).proportion_ci(level, method="exact")
    assert found.lower[0, 0] == pytest.approx(interval.low / (1 - interval.low) * times, rel=1e-6)
    if unexposed:
        assert found.upper[0, 0] == pytest.approx(interval.high / (1 - interval.high) * times, rel=1e-6)
        assert found.ratio[0, 0] == pytest.approx(exposed / unexposed * times)
    else:
        assert np.isinf(found.upper[0, 0])


def test_it_covers_by_enumeration() -> None:
    """All outcomes of 25 cases: the probability of those whose interval holds the true ratio."""
    for truth in (0.5, 1.0, 2.5):
        share = truth / (truth + 2.0)
        exposed = np.arange(26)
        found = rate_ratio(exposed, 25 - exposed, 2.0)
        inside = (found.lower[0] <= truth) & (truth <= found.upper[0])
        assert binom.pmf(exposed, 25, share)[inside].sum() >= 0.95


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="one shape"):
        rate_ratio([1, 2], [1], 1.0)
    with pytest.raises(ValueError, match="time_ratio must be numbers above 0"):
        rate_ratio([1], [1], 0.0)
    found = rate_ratio([1.0, np.nan, 3.0], [np.nan, 1.0, 2.0], np.array([1.0, 2.0, 3.0]))
    assert found.reason[0].tolist() == [Reason.NOT_OBSERVED, Reason.NOT_OBSERVED, Reason.JUDGED]
