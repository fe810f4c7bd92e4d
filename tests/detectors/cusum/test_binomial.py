"""The binomial CUSUM against likelihoods by scipy, and against what its limit promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import detectors
from detectors import Reason
from tests.detectors.cases import DATES

WHOLE = {"training": 0, "restart": "none"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.02, 0.6), st.floats(1.2, 5), st.floats(1, 6), st.booleans())
def test_the_sum_is_of_log_likelihood_ratios(seed: int, p0: float, odds: float, h: float, reset: bool) -> None:
    random = np.random.default_rng(seed)
    tests = random.integers(0, 30, 60)
    positives = random.binomial(tests, min(1.5 * p0, 0.9))
    chart = detectors.build("binomial_cusum", {"p0": p0, "odds_ratio": odds, "h": h, "reset": reset, **WHOLE})
    verdicts = chart.judge(positives, population=tests[np.newaxis].astype(float))
    p1 = odds * p0 / (1 + p0 * (odds - 1))
    total = 0.0
    for t, (x, n) in enumerate(zip(positives, tests, strict=True)):
        if n == 0:
            assert verdicts.reason[0, t] == Reason.NO_DENOMINATOR
            continue
        before, total = total, max(0.0, total + float(binom.logpmf(x, n, p1) - binom.logpmf(x, n, p0)))
        assert verdicts.score[0, t] == pytest.approx(total, abs=1e-9)
        assert verdicts.expected[0, t] == pytest.approx(n * p0)
        if abs(total - h) > 1e-9:
            assert verdicts.alarm[0, t] == (total >= h) == (x > verdicts.upper[0, t])
        enough = [k for k in range(n + 1) if before + binom.logpmf(k, n, p1) - binom.logpmf(k, n, p0) >= h + 1e-9]
        if enough:
            assert verdicts.upper[0, t] in (enough[0] - 1, enough[0] - 2)
        else:
            assert verdicts.upper[0, t] >= n - 1
        if reset and verdicts.alarm[0, t]:
            total = 0.0


def test_the_run_length_without_a_rise_by_its_markov_chain() -> None:
    """One test a step, odds and share chosen so that a positive lifts the sum by four times what a negative lowers."""
    down, height = 0.4, 8
    odds = np.exp(5 * down)
    share = float(np.expm1(down) / (odds - 1))
    chain = np.zeros((height, height))
    for state in range(height):
        chain[state, max(state - 1, 0)] += 1 - share
        if state + 4 < height:
            chain[state, state + 4] += share
    exact = float(np.linalg.solve(np.eye(height) - chain, np.ones(height))[0])
    h = (height - 0.5) * down
    assert exact >= np.exp(h)
    runs = 400
    positives = np.random.default_rng(5).binomial(1, share, (runs, 3000))
    chart = detectors.build("binomial_cusum", {"p0": share, "odds_ratio": float(odds), "h": h, **WHOLE})
    alarm = chart.judge(positives, population=np.ones(positives.shape)).alarm
    assert alarm.any(axis=1).all()
    # A run length is nearly geometric: its deviation is about its mean.
    assert (alarm.argmax(axis=1) + 1).mean() == pytest.approx(exact, abs=4 * exact / np.sqrt(runs))


def test_the_share_is_that_of_the_training_before_the_month() -> None:
    random = np.random.default_rng(2)
    tests = random.integers(20, 40, 100)
    positives = random.binomial(tests, 0.1)
    verdicts = detectors.build("binomial_cusum", {}).judge(
        positives, dates=DATES[:100], population=tests[np.newaxis].astype(float)
    )
    march = int(np.flatnonzero(np.datetime64("2019-04-01") == DATES)[0])
    past = slice(march - 28, march)
    share = (positives[past].sum() + 0.5) / (tests[past].sum() + 1)
    assert verdicts.expected[0, march] == pytest.approx(tests[march] * share)
    assert (verdicts.reason[0, :march] == Reason.TOO_LITTLE_HISTORY).all()
    assert (verdicts.reason[0, march:] == Reason.JUDGED).all()


def test_a_lasting_rise_is_found_that_no_single_day_shows() -> None:
    tests = np.full((1, 100), 50.0)
    positives = np.full((1, 100), 5)
    positives[:, 60:] = 8
    chart = detectors.build("binomial_cusum", {"training": 28, "restart": "none"})
    assert chart.judge(positives, first=60, population=tests).alarm.argmax() < 14
    daily = detectors.build("beta_binomial", {}).judge(positives, first=60, population=tests)
    assert not daily.alarm[0, :14].any()


def test_what_it_needs_is_said() -> None:
    chart = detectors.build("binomial_cusum", {})
    ones = np.ones((1, 40))
    with pytest.raises(ValueError, match="needs the number of tests"):
        chart.judge(ones, dates=DATES[:40])
    with pytest.raises(ValueError, match=r'restart "month" needs the date'):
        chart.judge(ones, population=ones)
    with pytest.raises(ValueError, match="population must be 1 × 40"):
        chart.judge(ones, dates=DATES[:40], population=np.ones((2, 40)))
    with pytest.raises(ValueError, match="whole numbers of tests"):
        chart.judge(ones, dates=DATES[:40], population=ones * 1.5)
    few = detectors.build("binomial_cusum", {"restart": "none"}).judge(np.zeros((1, 40)), population=np.ones((1, 40)))
    assert (few.reason[0, 28:] == Reason.NO_DENOMINATOR).all()
