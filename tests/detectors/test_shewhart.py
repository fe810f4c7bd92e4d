"""Shewhart charts against their definition in plain loops."""

from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import norm, poisson

import detectors
from detectors import Reason

counts_of_three = arrays(np.int64, st.tuples(st.just(3), st.integers(1, 30)), elements=st.integers(0, 12))


@settings(max_examples=60, deadline=None)
@given(counts_of_three, st.integers(3, 9), st.integers(0, 4), st.floats(0.5, 5))
def test_shewhart_by_loops(counts: NDArray[np.int64], baseline: int, guard: int, z: float) -> None:
    given = {"baseline": baseline, "guard": guard, "z": z}
    normal = detectors.build("shewhart", {**given, "min_sigma": 0.0}).judge(counts)
    exact = detectors.build("shewhart", {**given, "distribution": "poisson"}).judge(counts)
    for series, row in enumerate(counts.tolist()):
        for t in range(len(row)):
            past = row[max(0, t - guard - baseline) : max(0, t - guard)]
            if t < baseline + guard:
                assert normal.reason[series, t] == exact.reason[series, t] == Reason.TOO_LITTLE_HISTORY
                continue
            level = float(norm.sf(z))
            bound = int(poisson.isf(level, (sum(past) + 0.5) / baseline))
            assert exact.upper[series, t] in (bound, max(bound, 0))
            assert exact.alarm[series, t] == (row[t] > 0 and poisson.sf(row[t] - 1, exact.expected[series, t]) < level)
            if len(set(past)) == 1:
                assert normal.reason[series, t] == Reason.NO_VARIANCE
                continue
            assert normal.upper[series, t] == pytest.approx(mean(past) + z * stdev(past))
            assert normal.score[series, t] == pytest.approx((row[t] - mean(past)) / stdev(past), abs=1e-9)


def test_shewhart_with_a_week_is_c2() -> None:
    counts = np.random.default_rng(1).poisson(5, (4, 60))
    chart = detectors.build("shewhart", {"baseline": 7, "z": float(norm.isf(0.001))}).judge(counts)
    c2 = detectors.build("c2", {}).judge(counts)
    np.testing.assert_array_equal(chart.alarm, c2.alarm)
    np.testing.assert_allclose(chart.upper, c2.upper)
