"""Sums as a transform: what a method says of them is what it says of the weekly series by themselves."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detectors
from detectors import Reason
from tests.detectors.cases import cut, same

DAYS = np.arange(np.datetime64("2010-01-04"), np.datetime64("2017-06-01"))


def weekly(counts: np.ndarray[Any, Any], end: int, length: int = 7) -> tuple[np.ndarray[Any, Any], list[int]]:
    """The disjoint sums that end at `end`, and before it as far as there are whole ones; and their first days."""
    starts = list(range(end - length + 1, -1, -length))[::-1]
    return np.array([[row[start : start + length].sum() for start in starts] for row in counts]), starts


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("c2", {"baseline": 8}),
        ("farrington_flexible", {"years_back": 3}),
        ("cusum", {"training": 10}),
        ("bayes", {"years_back": 2, "window_half_width": 2}),
        ("percentile", {"years_back": 3, "window": 1, "step_days": 7}),
        ("beta_binomial", {"baseline": 9}),
        ("binomial_cusum", {"training": 10, "restart": "none"}),
    ],
)
def test_a_day_is_judged_as_its_own_weekly_series(method: str, parameters: dict[str, Any]) -> None:
    counts = np.random.default_rng(3).poisson(np.array([[0.3], [4.0]]), (2, DAYS.size))
    tests = counts + 20.0
    first = DAYS.size - 9
    daily = detectors.build(method, {**parameters, "sum_over": 7}).judge(
        counts, first=first, dates=DAYS, population=tests
    )
    for day in range(first, DAYS.size):
        sums, starts = weekly(counts, day)
        alone = detectors.build(method, parameters).judge(
            sums, first=len(starts) - 1, dates=DAYS[starts], population=weekly(tests, day)[0]
        )
        same(cut(daily, slice(None), slice(day - first, day - first + 1)), alone)
    assert (daily.reason == Reason.JUDGED).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(0, 40), st.booleans())
def test_which_steps_are_summed(seed: int, length: int, first: int, overlapping: bool) -> None:
    random = np.random.default_rng(seed)
    counts = random.poisson(3, (2, 40)).astype(float)
    counts[1, random.integers(0, 40, 3)] = np.nan
    rule = detectors.build("c1", {"baseline": 4, "sum_over": length, "overlapping": overlapping})
    verdicts = rule.judge(counts, first=first)
    apart = 1 if overlapping else length
    for series, row in enumerate(counts):
        for t in range(first, 40):
            ends = [t - apart * back for back in range(5)]
            reason = verdicts.reason[series, t - first]
            if ends[-1] < length - 1:
                assert reason != Reason.JUDGED
                continue
            sums = [float(row[end - length + 1 : end + 1].sum()) for end in ends]
            if np.isnan(sums).any():
                assert reason in (Reason.NOT_OBSERVED, Reason.MISSING_IN_BASELINE)
                continue
            assert verdicts.expected[series, t - first] == pytest.approx(np.mean(sums[1:]))
            bound = np.mean(sums[1:]) + 3.0902323 * max(float(np.std(sums[1:], ddof=1)), 0.5)
            assert verdicts.upper[series, t - first] == pytest.approx(bound)
            assert verdicts.alarm[series, t - first] == (sums[0] > verdicts.upper[series, t - first])


def test_its_weeks_know_no_weekday() -> None:
    """C1 on days alarms on Mondays; on disjoint weekly sums hardly ever."""
    means = np.tile([40, 12, 11, 12, 10, 3, 2], 60)
    counts = np.random.default_rng(1).poisson(means, (20, means.size))
    daily = detectors.build("c1", {"alpha": 0.01}).judge(counts, first=200).alarm
    sums = detectors.build("c1", {"alpha": 0.01, "baseline": 10, "sum_over": 7}).judge(counts, first=200).alarm
    mondays = np.arange(200, means.size) % 7 == 0
    assert daily[:, mondays].mean() > 0.2
    # A normal bound from ten sums is passed by chance more often than alpha says, but alike on all days.
    assert sums.mean() < 0.05
    assert sums[:, mondays].mean() < 0.05


def test_reach_of_the_history() -> None:
    assert detectors.build("c2", {"sum_over": 7}).lookback == 10 * 7 - 1
    assert detectors.build("c2", {"sum_over": 7, "overlapping": True}).lookback == 9 + 6
    assert detectors.build("outbreak_p", {"sum_over": 7}).lookback is None
    few = detectors.build("single_case", {"sum_over": 7}).judge(np.ones((1, 8), dtype=int))
    assert few.reason[0].tolist() == [Reason.TOO_LITTLE_HISTORY] * 6 + [Reason.JUDGED] * 2


def test_its_parameters_are_checked() -> None:
    with pytest.raises(detectors.ParameterError, match="sum_over must be a whole number of at least 1"):
        detectors.build("c2", {"sum_over": 0})
    with pytest.raises(detectors.ParameterError, match="overlapping needs sum_over"):
        detectors.build("c2", {"overlapping": True})
    rule = detectors.build("c2", {"sum_over": 7})
    with pytest.raises(ValueError, match="dates must be 3 days"):
        rule.judge([[1, 2, 3]], dates=DAYS[:2])
    with pytest.raises(ValueError, match="population must be 1 × 3"):
        rule.judge([[1, 2, 3]], population=np.ones((1, 2)))
