"""Shares of denominators that are late, missing or too small."""

import numpy as np

from detectors import Detector, Reason, build, judge_beside


def shares() -> tuple[Detector, int]:
    method = build("beta_binomial", {"sum_over": 7, "baseline": 4, "guard": 0})
    assert method.lookback is not None
    return method, method.lookback


def test_a_day_whose_denominator_is_unknown_is_left_out_of_both() -> None:
    method, lookback = shares()
    rng = np.random.default_rng(5)
    counts = rng.poisson(2, (40, lookback + 10))
    beside = rng.poisson(50, counts.shape) + counts
    unknown = rng.random(counts.shape) < 0.2
    late = np.where(unknown, rng.integers(0, 2, counts.shape) * np.maximum(counts - 1, 0), beside)
    found = judge_beside(method, counts, late, lookback, share=True)
    told = late >= np.maximum(counts, 1)
    plain = method.judge(counts * told, first=lookback, population=(late * told).astype(float))
    for name in ("expected", "upper", "score", "alarm", "reason"):
        assert np.array_equal(getattr(found, name), getattr(plain, name), equal_nan=name not in ("alarm", "reason"))


def test_ill_travellers_of_a_port_that_tells_no_arrivals_are_no_share() -> None:
    method, lookback = shares()
    counts = np.zeros((1, lookback + 1), np.int64)
    counts[0, -1] = 9
    found = judge_beside(method, counts, np.zeros_like(counts), lookback, share=True)
    assert found.reason.tolist() == [[Reason.NO_DENOMINATOR]]
    assert not found.alarm.any()


def test_places_are_handed_on_as_they_are() -> None:
    method = build("k_places", {"k": 2, "window": 3, "places": 2})
    counts = np.array([[0, 0, 1, 1, 2]])
    found = judge_beside(method, counts, np.array([[0, 0, 1, 2, 1]]), 2, share=False)
    assert found.alarm.tolist() == [[False, True, False]]
