"""MaxSPRT, Poisson and binomial: step by step in plain Python, and how often drawn sequences alarm."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detectors
from detectors import Reason
from detectors.maxsprt.limits import binomial_critical, poisson_critical
from tests.detectors.cases import DATES, cut, same


def plain(cases: float, amount: float, share: float | None) -> float:
    """The logarithm of the ratio: `amount` is expected cases, or all events where a share is given."""
    if share is None:
        return cases * math.log(cases / amount) - cases + amount if cases > amount else 0.0
    if cases <= amount * share:
        return 0.0
    rest = amount - cases
    return cases * math.log(cases / amount / share) + (rest * math.log(rest / amount / (1 - share)) if rest else 0.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.booleans(), st.booleans(), st.integers(1, 5))
def test_both_by_loops(seed: int, binomial: bool, repeat: bool, minimum: int) -> None:
    random = np.random.default_rng(seed)
    amounts = random.integers(0, 6, 80).astype(float) if binomial else random.integers(0, 7, 80) / 4
    cases = random.binomial(amounts.astype(int), 0.45) if binomial else random.poisson(1.4 * amounts)
    share = 1 / 3 if binomial else None
    critical = binomial_critical(30, 0.1, minimum, 1 / 3) if binomial else poisson_critical(12.0, 0.1, minimum)
    shared: dict[str, Any] = {"alpha": 0.1, "repeat": repeat, "minimum": minimum}
    test = (
        detectors.build("maxsprt_binomial", {"time_ratio": 2.0, "limit": 30, **shared})
        if binomial
        else detectors.build("maxsprt", {"reference": "population", "limit": 12.0, **shared})
    )
    verdicts = test.judge(cases, population=amounts[np.newaxis])
    limit, total, length, over = (30 if binomial else 12.0), 0.0, 0.0, False
    for t in range(80):
        if length + amounts[t] > limit:
            over = not repeat
            total, length = 0.0, 0.0
        if over:
            assert verdicts.reason[0, t] in (Reason.SEQUENCE_ENDED, Reason.NO_DENOMINATOR)
            continue
        before = total
        total, length = total + int(cases[t]), length + amounts[t]
        if length == 0:
            assert verdicts.reason[0, t] == Reason.NO_DENOMINATOR
            continue
        ratio = plain(total, length, share)
        assert verdicts.score[0, t] == pytest.approx(ratio, abs=1e-9)
        enough = (length if binomial else total) >= minimum
        assert verdicts.alarm[0, t] == (ratio >= critical and enough)
        assert verdicts.alarm[0, t] == (cases[t] > verdicts.upper[0, t])
        if not binomial:
            least = verdicts.upper[0, t] + 1 + before
            assert plain(least, length, None) >= critical
        if verdicts.alarm[0, t]:
            total, length, over = 0.0, 0.0, not repeat


def test_sequences_without_excess_alarm_as_often_as_alpha_says() -> None:
    """Steps of 0.004 expected cases are nearly continuous; single events are exactly so."""
    draws = 2000
    random = np.random.default_rng(8)
    test = detectors.build("maxsprt", {"reference": 0.004, "limit": 4.0, "repeat": False})
    found = test.judge(random.poisson(0.004, (draws, 1001))).alarm.any(axis=1).mean()
    # A step loses the part of the level that lies within it: 0.006 at most here, mostly of the first event.
    assert found == pytest.approx(0.05, abs=0.006 + 4 * np.sqrt(0.05 * 0.95 / draws))
    exposed = random.binomial(1, 0.25, (draws, 100))
    pair = detectors.build("maxsprt_binomial", {"time_ratio": 3.0, "limit": 100, "repeat": False})
    found = pair.judge(exposed, population=np.ones(exposed.shape)).alarm.any(axis=1).mean()
    assert 0.03 < found < 0.05 + 4 * np.sqrt(0.05 * 0.95 / draws)


def test_an_excess_is_found() -> None:
    counts = np.random.default_rng(2).poisson(0.9, (200, 60))
    test = detectors.build("maxsprt", {"reference": 0.3, "limit": 20.0, "repeat": False})
    assert test.judge(counts).alarm.any(axis=1).mean() > 0.95


def test_the_only_sequence_is_the_same_in_pieces() -> None:
    counts = np.random.default_rng(2).poisson(1.0, (20, 200))
    test = detectors.build("maxsprt", {"training": 20, "limit": 50.0, "repeat": False, "restart": "month"})
    whole = test.judge(counts, dates=DATES[:200])
    assert (whole.reason == Reason.SEQUENCE_ENDED).any()
    lookback = test.lookback
    assert lookback is not None
    for day in (70, 120, 199):
        left = day - lookback
        part = test.judge(counts[:, left : day + 1], first=lookback, dates=DATES[left : day + 1])
        same(cut(whole, slice(None), slice(day, day + 1)), part)


def test_what_is_needed_is_said() -> None:
    test = detectors.build("maxsprt", {"reference": "population", "limit": 5.0})
    with pytest.raises(ValueError, match="needs the expected cases"):
        test.judge([[1, 2]])
    with pytest.raises(ValueError, match="population must be 1 × 2"):
        test.judge([[1, 2]], population=np.ones((1, 3)))
    with pytest.raises(ValueError, match="expected cases of at least 0"):
        test.judge([[1, 2]], population=np.array([[1.0, np.nan]]))
    verdicts = test.judge([[3.0, 1.0, np.nan, 2.0]], population=np.array([[0.0, 1.0, np.nan, 9.0]]))
    expected = [Reason.NO_DENOMINATOR, Reason.JUDGED, Reason.NOT_OBSERVED, Reason.NO_BOUND]
    assert verdicts.reason[0].tolist() == expected
