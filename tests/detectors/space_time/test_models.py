"""Replicates keep what the null hypothesis keeps, and have the moments that it gives them."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import hypergeom

from detectors.space_time import permutation, poisson
from detectors.space_time.null_model import NullModel, Windows
from detectors.space_time.permutation import PermutationModel
from detectors.space_time.poisson import PoissonModel

COUNTS = np.array([[3, 0, 2, 1], [0, 0, 0, 0], [5, 1, 0, 4], [1, 1, 1, 0]])
WINDOWS = Windows(1, 4)


def days(windows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts a day, the first day first, from windows of 1, 2, … days."""
    return np.diff(windows, axis=1, prepend=0)[:, ::-1]


def drawn(model: NullModel, many: int) -> NDArray[np.int64]:
    return np.array([model.replicate(5, number) for number in range(many)])


def test_windows_end_on_the_last_day() -> None:
    assert Windows(2, 3).sums(COUNTS).tolist() == [[3, 3], [0, 0], [4, 5], [1, 2]]
    assert len(Windows(2, 3)) == 2


@pytest.mark.parametrize("crowded", [0, 4])
def test_a_permutation_keeps_both_margins(monkeypatch: pytest.MonkeyPatch, crowded: int) -> None:
    monkeypatch.setattr(permutation, "_CROWDED", crowded)
    model = PermutationModel(COUNTS, WINDOWS)
    assert model.members.tolist() == [0, 2, 3]
    replicates = np.array([days(windows) for windows in drawn(model, 3000)])
    assert (replicates.sum(axis=2) == [6, 10, 3]).all()
    assert (replicates.sum(axis=1) == [9, 2, 3, 5]).all()
    cell = np.bincount(replicates[:, 1, 3], minlength=6) / 3000
    assert cell == pytest.approx(hypergeom(19, 10, 5).pmf(np.arange(6)), abs=0.04)


@pytest.mark.parametrize("crowded", [0, 4])
def test_poisson_keeps_the_total_and_follows_what_is_expected(monkeypatch: pytest.MonkeyPatch, crowded: int) -> None:
    monkeypatch.setattr(poisson, "_CROWDED", crowded)
    expected = np.array([[1.0, 2.0, 3.0, 4.0], [0, 0, 0, 0], [2.0, 2.0, 2.0, 2.0], [0.5, 0.0, 1.0, 2.5]])
    counts = np.where(expected > 0, COUNTS, 0)
    replicates = drawn(PoissonModel(counts, expected, WINDOWS), 4000)
    assert (replicates[:, :, -1].sum(axis=1) == counts.sum()).all()
    mean = np.array([days(windows) for windows in replicates]).mean(axis=0)
    assert mean == pytest.approx(expected[[0, 2, 3]] * counts.sum() / expected.sum(), abs=0.1)


def test_what_is_expected_of_a_window_adds_up() -> None:
    for model in (PermutationModel(COUNTS, WINDOWS), PoissonModel(COUNTS, np.ones((4, 4)), WINDOWS)):
        assert model.weights[:, -1].sum() * model.scale == pytest.approx(COUNTS.sum())
        assert model.share.sum() == pytest.approx(1)
        assert model.observed[:, -1].sum() == model.total == COUNTS.sum()


def test_a_replicate_depends_on_seed_and_number_alone() -> None:
    model = PermutationModel(COUNTS, WINDOWS)
    later, again = model.replicate(5, 7), model.replicate(5, 7)
    assert (later == again).all()
    assert any((model.replicate(6, number) != model.replicate(5, number)).any() for number in range(5))


def test_a_window_without_expectation_stays_empty() -> None:
    expected = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
    model = PoissonModel(np.array([[1, 1, 0, 0], [2, 0, 0, 0]]), expected, Windows(1, 2))
    assert not model.replicate(0, 0).any()


def test_a_case_where_none_can_be() -> None:
    with pytest.raises(ValueError, match="location 1 has a case on day 2"):
        PoissonModel(np.array([[0, 0, 0], [0, 0, 1]]), np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]), Windows(1, 1))
