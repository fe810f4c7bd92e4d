"""Fixed thresholds against their definition in plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import detectors
from detectors import Reason

counts_of_three = arrays(np.int64, st.tuples(st.just(3), st.integers(1, 30)), elements=st.integers(0, 12))


@settings(max_examples=60, deadline=None)
@given(counts_of_three, st.integers(1, 5), st.floats(0.1, 30), st.sampled_from([(1, 1), (2, 2), (2, 3), (1, 3)]))
def test_fixed_threshold_by_loops(
    counts: NDArray[np.int64], window: int, threshold: float, often: tuple[int, int]
) -> None:
    times, among = often
    rule = {"threshold": threshold, "window": window, "times": times, "among": among}
    persons = np.random.default_rng(0).integers(1, 400, counts.shape).astype(float)
    plain = detectors.build("fixed_threshold", rule).judge(counts)
    rate = detectors.build("fixed_threshold", {**rule, "per": 100}).judge(counts, population=persons)
    for series, row in enumerate(counts.tolist()):
        sums = [sum(row[max(0, t - window + 1) : t + 1]) for t in range(len(row))]
        reached = [held >= threshold for held in sums]
        rated = [100 * held >= threshold * persons[series, t] for t, held in enumerate(sums)]
        for t in range(len(row)):
            assert plain.alarm[series, t] == (reached[t] and sum(reached[max(0, t - among + 1) : t + 1]) >= times)
            assert rate.alarm[series, t] == (rated[t] and sum(rated[max(0, t - among + 1) : t + 1]) >= times)
            assert plain.upper[series, t] == math.ceil(threshold) - 1


def test_fixed_threshold_without_persons() -> None:
    rule = detectors.build("fixed_threshold", {"threshold": 50.0, "per": 100_000})
    with pytest.raises(ValueError, match="needs a population"):
        rule.judge([[1, 2]])
    with pytest.raises(ValueError, match="population must be 1 × 2"):
        rule.judge([[1, 2]], population=np.ones((1, 3)))
    verdicts = rule.judge([[1, 2, 3]], population=np.array([[0.0, np.nan, 1000.0]]))
    assert verdicts.reason[0].tolist() == [Reason.NO_DENOMINATOR, Reason.NO_DENOMINATOR, Reason.JUDGED]
    with pytest.raises(detectors.ParameterError, match="times must be at most among"):
        detectors.build("fixed_threshold", {"times": 3, "among": 2})


def test_what_is_missing_may_be_needed() -> None:
    rule = detectors.build("fixed_threshold", {"threshold": 5, "window": 2})
    verdicts = rule.judge([[1.0, np.nan, 4.0, 5.0, 6.0, np.nan, 5.0]])
    unseen, unsure, judged = Reason.NOT_OBSERVED, Reason.MISSING_IN_BASELINE, Reason.JUDGED
    assert verdicts.reason[0].tolist() == [judged, unseen, unsure, judged, judged, unseen, judged]
    assert verdicts.alarm[0].astype(int).tolist() == [0, 0, 0, 1, 1, 0, 1]
