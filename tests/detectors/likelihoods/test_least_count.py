"""The least count that alarms, against thresholds that are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.likelihoods.least_count import least_count

BOUNDS = np.array([0, 1, 2, 3, 7, 8, 9, 63, 64, 1000, 4096, 99_999, 100_000, 100_001, np.inf])


@pytest.mark.parametrize("guess", [-1.0, 0.0, 1.0, 3.0, 8.0, 65.0, 900.0, 99_999.0, 100_000.0, 5e6, np.inf])
def test_the_bound_is_found_from_any_guess(guess: float) -> None:
    asked = 0

    def alarms(rows: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.bool_]:
        nonlocal asked
        asked += 1
        assert (counts >= 0).all()
        assert (counts <= 100_000).all()
        return np.asarray(counts >= BOUNDS[rows])

    found = least_count(alarms, np.full(BOUNDS.size, guess), 100_000)
    np.testing.assert_array_equal(found, np.where(BOUNDS > 100_000, np.inf, BOUNDS))
    assert asked < 60


def test_a_bound_beside_the_guess_costs_two_questions() -> None:
    asked = []

    def alarms(rows: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.bool_]:
        asked.append(rows.size)
        return np.asarray(counts >= 10 + rows)

    assert least_count(alarms, 10 + np.arange(5.0), 1e6).tolist() == [10, 11, 12, 13, 14]
    assert asked == [5, 5]


def test_each_series_has_its_own_largest() -> None:
    def alarms(rows: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(counts >= 20)

    assert least_count(alarms, np.zeros(3), np.array([19.0, 20.0, 500.0])).tolist() == [np.inf, 20, 20]
    assert least_count(alarms, np.zeros(0), 5.0).size == 0
