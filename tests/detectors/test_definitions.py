"""The methods against their definitions in plain loops, and what must hold whatever the counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import betabinom, nbinom

import detectors
from detectors import Reason, beta_binomial
from detectors.likelihoods.negative_binomial import least_rare, tail
from tests.detectors import reference
from tests.detectors.cases import DATES

small_counts = arrays(np.int64, st.tuples(st.integers(1, 3), st.just(75)), elements=st.integers(0, 12))
any_counts = arrays(
    np.int64,
    st.tuples(st.integers(1, 3), st.just(75)),
    elements=st.one_of(st.integers(0, 3), st.integers(0, 2_000_000_000)),
)


@settings(max_examples=40, deadline=None)
@given(small_counts, st.sampled_from([(7, 0, 0.001, 0.5), (10, 0, 0.05, 1.0)]))
def test_c1_and_c2_by_loops(counts: NDArray[np.int64], given_: tuple[int, int, float, float]) -> None:
    baseline, _, alpha, min_sigma = given_
    parameters = {"baseline": baseline, "alpha": alpha, "min_sigma": min_sigma}
    for method, guard in (("c1", 0), ("c2", 2)):
        verdicts = detectors.build(method, parameters).judge(counts)
        for series, row in enumerate(counts.tolist()):
            for t in range(baseline + guard, 75):
                window = row[t - guard - baseline : t - guard]
                upper, alarm = reference.c2(window, row[t], alpha, min_sigma)
                assert verdicts.upper[series, t] == pytest.approx(upper, rel=1e-12)
                assert verdicts.alarm[series, t] == alarm


@settings(max_examples=40, deadline=None)
@given(small_counts)
def test_c3_by_loops(counts: NDArray[np.int64]) -> None:
    verdicts = detectors.build("c3", {}).judge(counts)
    for series, row in enumerate(counts.tolist()):
        for t in range(11, 75):
            total, alarm = reference.c3(row, t, 7, 2, 0.025, 0.5)
            assert verdicts.score[series, t] == pytest.approx(total, rel=1e-9, abs=1e-12)
            assert verdicts.alarm[series, t] == alarm
            assert verdicts.alarm[series, t] == (row[t] > verdicts.upper[series, t])


@settings(max_examples=40, deadline=None)
@given(small_counts, st.sampled_from([1e-3, 0.05]), st.integers(1, 9))
def test_w8_by_loops(counts: NDArray[np.int64], p: float, minimum: int) -> None:
    verdicts = detectors.build("w8", {"p": p, "minimum": minimum}).judge(counts)
    assert verdicts.p_value is not None
    assert (verdicts.reason[:, :64] == Reason.TOO_LITTLE_HISTORY).all()
    for series, row in enumerate(counts.tolist()):
        for t in range(64, 75):
            expected = reference.w8_p(row, t, 8, 7, 2)
            assert verdicts.p_value[series, t] == pytest.approx(expected, rel=1e-9)
            total = sum(row[t - 6 : t + 1])
            assert verdicts.alarm[series, t] == (expected < p and total >= minimum)
            assert verdicts.alarm[series, t] == (total > verdicts.upper[series, t])


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("method", ["cusum", "cusum_rossi"])
def test_monthly_cusum_by_loops(method: str, reset: bool) -> None:
    """The days of 2020-02, a leap February, with the 28 days of January before it."""
    counts = np.random.default_rng(5).poisson(1.3, (20, len(DATES)))
    counts[3] = 0
    verdicts = detectors.build(method, {"reset": reset}).judge(counts, dates=DATES)
    first = int(np.flatnonzero(np.datetime64("2020-02-01") == DATES)[0])
    for series, row in enumerate(counts.tolist()):
        expected = reference.cusum(
            row[first : first + 29], row[first - 28 : first], 1.04, 2.26, method == "cusum_rossi", reset
        )
        np.testing.assert_allclose(verdicts.score[series, first : first + 29], expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(verdicts.alarm[series, first : first + 29], np.array(expected) >= 2.26)


@pytest.mark.parametrize("method", ["cusum", "cusum_rossi"])
def test_cusum_alarms_at_its_bound(method: str) -> None:
    counts = np.random.default_rng(5).poisson(3, (200, len(DATES)))
    for transform in (
        ("anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none") if method == "cusum" else ("rossi",)
    ):
        parameters = {} if transform == "rossi" else {"transform": transform}
        verdicts = detectors.build(method, {**parameters, "h": 3.0}).judge(counts, dates=DATES, first=80)
        now = counts[:, 80:]
        near = np.abs(now - verdicts.upper) < 1e-9
        np.testing.assert_array_equal(verdicts.alarm[~near], (now >= verdicts.upper)[~near])
        assert verdicts.alarm.any()


def test_cusum_needs_dates_to_restart_monthly() -> None:
    with pytest.raises(ValueError, match="needs the date of each step"):
        detectors.build("cusum", {}).judge(np.ones((1, 60), dtype=int))


@settings(max_examples=60, deadline=None)
@given(any_counts, st.integers(2, 50))
def test_ears_scale_with_the_counts(counts: NDArray[np.int64], factor: int) -> None:
    counts = np.minimum(counts, 2_000_000_000 // factor)
    for method in ("c1", "c2", "c3"):
        one = detectors.build(method, {"min_sigma": 0.5}).judge(counts)
        many = detectors.build(method, {"min_sigma": 0.5 * factor}).judge(counts * factor)
        judged = one.reason == Reason.JUDGED
        np.testing.assert_allclose(many.upper[judged], one.upper[judged] * factor, rtol=1e-6, atol=1e-6 * factor)


@settings(max_examples=60, deadline=None)
@given(small_counts, st.integers(1, 1_000_000))
def test_c1_and_c2_shift_with_the_counts(counts: NDArray[np.int64], shift: int) -> None:
    for method in ("c1", "c2"):
        low, high = (detectors.build(method, {}).judge(counts + add) for add in (0, shift))
        np.testing.assert_allclose(high.score, low.score, rtol=1e-6, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 5000), st.floats(1.001, 400), st.sampled_from([0.05, 1e-3, 1e-6]))
def test_the_rare_count_is_the_least(mean: float, ratio: float, level: float) -> None:
    means, ratios = np.array([mean]), np.array([ratio])
    count = least_rare(means, ratios, level)
    assert tail(count, means, ratios)[0] < level
    assert count[0] == 1 or tail(count - 1, means, ratios)[0] >= level


@settings(max_examples=60, deadline=None)
@given(small_counts, st.integers(1, 6), st.integers(1, 20))
def test_counting_rules_by_loops(counts: NDArray[np.int64], k: int, window: int) -> None:
    cluster = detectors.build("k_in_window", {"k": k, "window": window}).judge(counts)
    first_case = detectors.build("single_case", {"quiet_days": window}).judge(counts)
    for series, row in enumerate(counts.tolist()):
        for t, today in enumerate(row):
            held = sum(row[max(0, t - window + 1) : t + 1])
            assert cluster.alarm[series, t] == (today > 0 and held >= k)
            assert cluster.score[series, t] == held
            assert first_case.alarm[series, t] == (today > 0 and sum(row[max(0, t - window) : t]) == 0)


def test_known_cases_suffice_in_a_window_with_a_gap() -> None:
    counts = [[2.0, np.nan, 1.0, 1.0, 0.0, 1.0]]
    verdicts = detectors.build("k_in_window", {"k": 4, "window": 4}).judge(counts)
    assert verdicts.alarm[0].tolist() == [False, False, False, True, False, False]
    judged, unseen, hidden = Reason.JUDGED, Reason.NOT_OBSERVED, Reason.MISSING_IN_BASELINE
    assert verdicts.reason[0].tolist() == [judged, unseen, hidden, judged, judged, judged]


def test_windows_of_large_counts_are_summed_exactly() -> None:
    """Counts whose squares leave 64 bits have the variance that exact arithmetic gives."""
    counts = [[2_000_000_000, 1_999_999_993, 1_999_999_999, 2_000_000_000, 1_999_999_998, 0, 1_999_999_999, 7]]
    verdicts = detectors.build("c1", {}).judge(counts, first=7)
    upper, _ = reference.c2(counts[0][:7], 7, 0.001, 0.5)
    assert verdicts.upper[0, 0] == pytest.approx(upper, rel=1e-12)


def test_methods_are_named_in_the_error() -> None:
    with pytest.raises(detectors.ParameterError, match="no method 'c4'; there are absence, bayes, beta_binomial"):
        detectors.build("c4", {})


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 60), st.floats(0.5, 60), st.floats(0.5, 300))
def test_the_beta_binomial_tail_is_scipys(x: int, more: int, alpha: float, beta: float) -> None:
    tests = x + more
    found = beta_binomial.tail(np.array([x]), np.array([tests]), np.array([alpha]), np.array([beta]))[0]
    by_terms = betabinom.pmf(np.arange(x, tests + 1), tests, alpha, beta).sum()
    assert found == pytest.approx(float(by_terms), rel=1e-8, abs=1e-13)


def test_a_wide_beta_binomial_tail_is_near() -> None:
    alpha, beta = np.array([30.5]), np.array([200.5])
    for x in (10_000, 13_000, 20_000):
        found = beta_binomial.tail(np.array([x]), np.array([100_000]), alpha, beta)[0]
        assert found == pytest.approx(float(betabinom.sf(x - 1, 100_000, 30.5, 200.5)), rel=1e-3)


def test_absence_is_the_lower_tail_of_like_weekdays() -> None:
    counts = np.random.default_rng(4).poisson(9, 70)
    verdicts = detectors.build("absence", {}).judge(counts, first=60)
    assert verdicts.p_value is not None
    for t in range(60, 70):
        past = [int(counts[t - 1 - 7 * week]) for week in range(1, 9)]
        ratio = 1.125 * max(1.0, float(np.var(past, ddof=1)) / float(np.mean(past)))
        size = (sum(past) + 0.5) / 8 / (ratio - 1)
        expected = float(nbinom.cdf(counts[t - 1], size, 1 / ratio))
        assert verdicts.p_value[0, t - 60] == pytest.approx(expected, rel=1e-9)
        assert (verdicts.upper[0, t - 60] >= counts[t - 1]) == verdicts.alarm[0, t - 60]


def test_percentile_is_numpys_over_leap_days() -> None:
    dates = np.arange(np.datetime64("2016-01-01"), np.datetime64("2020-04-01"))
    counts = np.random.default_rng(4).poisson(2, dates.size)
    day = int(np.flatnonzero(dates == np.datetime64("2020-02-29"))[0])
    verdicts = detectors.build("percentile", {"years_back": 3, "q": 0.8}).judge(counts, first=day, dates=dates)
    past = []
    for year in (2019, 2018, 2017):
        middle = int(np.flatnonzero(dates == np.datetime64(f"{year}-02-28"))[0])
        past += [counts[end - 6 : end + 1].sum() for end in range(middle - 14, middle + 15, 7)]
    assert verdicts.upper[0, 0] == pytest.approx(np.quantile(past, 0.8))
    assert verdicts.expected[0, 0] == np.median(past)


def test_beta_binomial_wants_its_tests() -> None:
    with pytest.raises(ValueError, match="needs the number of tests"):
        detectors.build("beta_binomial", {}).judge(np.ones((1, 40), dtype=int))
    with pytest.raises(ValueError, match="at least as many as it is positive"):
        detectors.build("beta_binomial", {}).judge(np.ones((1, 40), dtype=int), population=np.zeros((1, 40)))


def test_essence_by_least_squares_and_by_smoothing() -> None:
    random = np.random.default_rng(8)
    weekdays = np.tile([30, 28, 27, 29, 31, 9, 6], 6)
    counts = np.vstack([random.poisson(weekdays), random.poisson(20, 42)])
    switched = detectors.build("essence", {}).judge(counts, first=40)
    smoothed = detectors.build("essence", {"switch": 1.0}).judge(counts, first=40)
    for t in (40, 41):
        days = np.arange(t - 30, t - 2)
        design = np.column_stack([np.ones(28), days, *(days % 7 == day for day in range(6))])
        coefficients, rest, *_ = np.linalg.lstsq(design, counts[0, days])
        now = np.array([1.0, t, *(t % 7 == day for day in range(6))])
        error = np.sqrt(rest[0] / 20 * (1 + now @ np.linalg.inv(design.T @ design) @ now))
        assert switched.expected[0, t - 40] == pytest.approx(now @ coefficients)
        assert switched.score[0, t - 40] == pytest.approx((counts[0, t] - now @ coefficients) / error)
        level = float(counts[1, t - 30])
        for day in range(t - 29, t + 1):
            level = 0.6 * level + 0.4 * counts[1, day]
        spread = np.std(counts[1, days], ddof=1) * np.sqrt(0.25)
        assert smoothed.score[1, t - 40] == pytest.approx((level - counts[1, days].mean()) / spread)
