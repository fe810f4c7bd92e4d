"""First ever against plain loops, and where tests are lacking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import detectors
from detectors import Reason

SHAPE = st.tuples(st.integers(1, 3), st.just(40))
rare = arrays(np.int64, SHAPE, elements=st.sampled_from([0, 0, 0, 0, 0, 0, 1, 3]))
tested = arrays(np.int64, st.just((3, 40)), elements=st.integers(0, 6))


@settings(max_examples=60, deadline=None)
@given(rare, tested, st.integers(1, 45), st.integers(1, 30), st.integers(0, 40))
def test_by_loops(
    counts: NDArray[np.int64], more: NDArray[np.int64], within: int, tested_within: int, least: int
) -> None:
    tests = counts + more[: len(counts)]
    rule = detectors.build("first_ever", {"within": within, "tested_within": tested_within, "least_tests": least})
    for first in (0, 33):
        verdicts = rule.judge(counts, first=first, population=tests.astype(np.float64))
        for series, row in enumerate(counts.tolist()):
            for t in range(first, len(row)):
                new = row[t] > 0 and not any(row[max(0, t - within) : t])
                asked = sum(tests[series, max(0, t - tested_within) : t]) >= least
                at = series, t - first
                assert verdicts.alarm[at] == (new and asked)
                assert (verdicts.reason[at] == Reason.TOO_LITTLE_REPORTED) == (new and not asked)
                if verdicts.reason[at] == Reason.JUDGED:
                    assert (verdicts.expected[at], verdicts.upper[at]) == (0, 0)
                    assert verdicts.score[at] == (row[t] if new else 0)


def test_tests_are_asked_only_where_they_are_given() -> None:
    counts = [[0, 0, 2, 1, 0]]
    for parameters, tests in (({}, None), ({"least_tests": 0}, np.zeros((1, 5)))):
        verdicts = detectors.build("first_ever", parameters).judge(counts, population=tests)
        assert verdicts.alarm.tolist() == [[False, False, True, False, False]]
    for wrong in (np.zeros((1, 4)), np.full((1, 5), -1.0), np.full((1, 5), 0.5), np.full((1, 5), np.inf)):
        with pytest.raises(ValueError, match="population must be"):
            detectors.build("first_ever", {}).judge(counts, population=wrong)


def test_unknown_tests_are_none() -> None:
    rule = detectors.build("first_ever", {"within": 2, "least_tests": 20})
    verdicts = rule.judge([[0, 1, 0, 0, 1]], population=np.array([[np.nan, np.nan, 20, np.nan, np.nan]]))
    assert verdicts.reason.tolist() == [[0, Reason.TOO_LITTLE_REPORTED, 0, 0, 0]]
    assert verdicts.alarm.tolist() == [[False, False, False, False, True]]


def test_an_unknown_step_hides_no_discovery() -> None:
    verdicts = detectors.build("first_ever", {}).judge([[0.0, np.nan, 4.0, 1.0]])
    assert verdicts.alarm.tolist() == [[False, False, True, False]]
    assert verdicts.reason.tolist() == [[0, Reason.NOT_OBSERVED, 0, 0]]


def test_it_looks_back_further_than_it_remembers() -> None:
    rule = detectors.build("first_ever", {"within": 50, "tested_within": 60})
    assert (rule.lookback, getattr(rule, "memory", None)) == (60, 0)
    assert detectors.build("first_ever", {"within": 50, "least_tests": 0}).lookback == 50
    weekly = detectors.build("first_ever", {"within": 50, "tested_within": 60, "sum_over": 7})
    assert (weekly.lookback, getattr(weekly, "memory", None)) == (61 * 7 - 1, 6)
    overlapping = detectors.build("c2", {"sum_over": 7, "overlapping": True})
    assert overlapping.lookback == getattr(overlapping, "memory", None) == 15
