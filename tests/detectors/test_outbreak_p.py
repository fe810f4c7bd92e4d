"""The bound of outbreakP, against counts tried one after the other."""

import numpy as np
import pytest

from detectors import build


@pytest.mark.parametrize("k", [1.0, 3.0, 100.0])
def test_the_bound_is_the_least_count_that_alarms(k: float) -> None:
    counts = np.random.default_rng(3).poisson(np.array([[0.4] * 9 + [4.0] * 3, [6.0] * 6 + [9.0] * 6]))
    method = build("outbreak_p", {"k": k, "largest": 60})
    found = method.judge(counts)
    for row, step in np.ndindex(counts.shape):
        tried = np.repeat(counts[row : row + 1, : step + 1], 61, axis=0)
        tried[:, -1] = np.arange(61)
        alarms = method.judge(tried, first=step).alarm[:, 0]
        expected = np.argmax(alarms) if alarms.any() else np.inf
        assert found.upper[row, step] == expected


def test_a_count_above_the_largest_that_is_tried_has_a_bound_if_it_alarms() -> None:
    """R counts down from it."""
    counts = np.array([[300, 310, 305, 900, 305]])
    found = build("outbreak_p", {"largest": 100}).judge(counts)
    whole = build("outbreak_p", {}).judge(counts)
    assert found.alarm[0].tolist() == [False, False, False, True, True]
    assert found.upper[0, 3] == whole.upper[0, 3] <= 900
    assert np.isinf(found.upper[0, 2])
    np.testing.assert_array_equal(found.alarm, whole.alarm)


def test_a_product_that_left_the_range_of_numbers_has_no_bound() -> None:
    counts = np.array([[900] * 2 + [200] * 4 + [300] * 3 + [900] * 3])
    strict = build("outbreak_p", {"k": 10.0, "compatibility": "surveillance"}).judge(counts)
    right = build("outbreak_p", {"k": 10.0}).judge(counts)
    lost = (strict.alarm != right.alarm) & (strict.reason == 0)
    assert lost.any()
    assert np.isinf(strict.upper[lost]).all()
    assert np.isfinite(right.upper[lost]).all()
