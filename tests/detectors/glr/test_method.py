"""GLR charts against ratios written out window by window, with SciPy's distributions and a grid."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from detectors.glr.method import Glr
from detectors.judging.parameters import ParameterError
from detectors.judging.verdicts import Reason
from detectors.likelihoods import negative_binomial_regression
from detectors.likelihoods.loglinear import seasonal_design

Floats = NDArray[np.float64]


def log_likelihood(counts: Floats, means: Floats, dispersion: float) -> Floats:
    """Of each row of means."""
    if dispersion == 0:
        return np.asarray(poisson.logpmf(counts, means).sum(axis=-1))
    return np.asarray(nbinom.logpmf(counts, 1 / dispersion, 1 / (1 + dispersion * means)).sum(axis=-1))


def best_ratio(counts: Floats, means: Floats, before: Floats, dispersion: float, change: str, sign: int) -> float:
    """The ratio of one window: the best size of a grid, which is then drawn ever closer round it."""
    left, right = {"epidemic": (0.0, 30.0), "level": (0.0, 9.0) if sign > 0 else (-40.0, 0.0)}[change]
    for _ in range(7):
        sizes = np.linspace(left, right, 101)[:, np.newaxis]
        raised = means + sizes * before if change == "epidemic" else means * np.exp(sizes)
        found = log_likelihood(counts, raised, dispersion)
        place = int(np.argmax(found))
        left, right = sizes[max(0, place - 1), 0], sizes[min(100, place + 1), 0]
    return float(found.max() - log_likelihood(counts, means, dispersion))


def chart(counts: Floats, means: Floats, dispersion: float, change: str, sign: int, method: Glr) -> Floats:
    """Values of a chart, in plain loops."""
    values, start = np.zeros(counts.size), 0
    before = np.r_[0.0, counts[:-1]]
    for now in range(counts.size):
        first = start if method.window is None else max(start, now - method.window)
        for begin in range(first, now - method.least_length + 2):
            own = slice(begin, now + 1)
            ratio = best_ratio(counts[own], means[own], before[own], dispersion, change, sign)
            values[now] = max(values[now], ratio)
        if values[now] >= method.limit:
            start = now + 1
    return values


CHARTS: list[dict[str, Any]] = [
    {},
    {"direction": "decrease"},
    {"window": 3, "least_length": 2},
    {"dispersion": 0.3},
    {"dispersion": 0.3, "direction": "decrease", "window": 4},
    {"change": "epidemic"},
    {"change": "epidemic", "dispersion": 0.3, "window": 5},
]


def drawn(seed: int, series: int = 2, steps: int = 9) -> tuple[NDArray[np.int64], Floats]:
    random = np.random.default_rng(seed)
    means = np.exp(random.normal(1.2, 0.5, (series, steps)))
    return random.poisson(means * random.choice([0.4, 1.0, 2.5], (series, steps))), means


@pytest.mark.parametrize("parameters", CHARTS, ids=str)
def test_the_score_is_the_largest_ratio_of_all_windows(parameters: dict[str, Any]) -> None:
    counts, means = drawn(3)
    method = Glr(limit=4.0, **parameters)
    found = method.judge_against(counts, means)
    sign = -1 if method.direction == "decrease" else 1
    for row in range(counts.shape[0]):
        values = chart(counts[row].astype(float), means[row], method.dispersion or 0.0, method.change, sign, method)
        np.testing.assert_allclose(found.score[row], values, atol=1e-8)
        np.testing.assert_array_equal(found.alarm[row], values >= 4)


@pytest.mark.parametrize("strict", ["none", "surveillance"])
@pytest.mark.parametrize("parameters", [*CHARTS, {"shift": 0.5}, {"shift": 0.5, "direction": "decrease"}], ids=str)
def test_the_bound_is_the_count_at_which_the_alarm_begins(parameters: dict[str, Any], strict: Any) -> None:
    counts, means = drawn(5, steps=7)
    method = Glr(limit=3.0, compatibility=strict, **parameters)
    found = method.judge_against(counts, means)
    falls = method.direction == "decrease"
    for row, step in np.ndindex(counts.shape):
        upper = found.upper[row, step]
        if strict != "none" and method.change == "epidemic":
            assert np.isinf(upper)  # R gives none
            continue
        if strict != "none" and falls and upper == -1:
            continue  # R asks no further where a count of 0 does not alarm
        assert found.alarm[row, step] == (counts[row, step] <= upper if falls else counts[row, step] >= upper)
        if strict == "none" and np.isfinite(upper) and upper >= 0:
            last = np.floor(upper) if falls else np.ceil(upper)
            for count, alarms in ((last, True), (last + 1, not falls), (last - 1, falls)):
                if count >= 0:
                    tried = np.r_[counts[row, :step], count]
                    assert (
                        method.judge_against(tried, means[row : row + 1, : step + 1], bounds=False).alarm[0, -1]
                        == alarms
                    )


def test_a_shift_down_is_written_out() -> None:
    counts, means = drawn(8)
    found = Glr(limit=1.5, shift=0.4, direction="decrease").judge_against(counts, means)
    total = np.zeros(2)
    for step in range(counts.shape[1]):
        lowered = means[:, step] * np.exp(-0.4)
        gain = poisson.logpmf(counts[:, step], lowered) - poisson.logpmf(counts[:, step], means[:, step])
        total = np.maximum(total + gain, 0)
        np.testing.assert_allclose(found.score[:, step], total, atol=1e-12)
        total[total >= 1.5] = 0


def test_cases_without_any_before_are_no_epidemic_change() -> None:
    method = Glr(limit=3.0, change="epidemic")
    means = np.full((1, 3), 2.0)
    assert (method.judge_against([[0, 9, 0]], means).score == 0).all()
    grows = method.judge_against([[2, 4, 8]], means)
    assert grows.score[0, 2] > grows.score[0, 1] > 0


def test_the_count_before_the_first_mean_is_known() -> None:
    """R takes it for 0."""
    means = np.array([[np.nan, 2.0]])
    scores = {
        strict: Glr(change="epidemic", compatibility=strict).judge_against([[5, 9]], means).score[0, 1]
        for strict in ("none", "surveillance")
    }
    share = 7 / 5
    assert scores["none"] == pytest.approx(9 * np.log((2 + share * 5) / 2) - share * 5, rel=1e-12)
    assert scores["surveillance"] == 0


@pytest.mark.parametrize("more", [{"shift": 0.5}, {"direction": "decrease"}])
def test_an_epidemic_change_has_neither_size_nor_decrease(more: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="epidemic change is an increase of unknown size"):
        Glr(change="epidemic", **more)


@pytest.mark.parametrize("strict", ["none", "surveillance"])
@pytest.mark.parametrize("parameters", [*CHARTS, {"shift": 0.5, "dispersion": 0.2}], ids=str)
def test_a_batch_is_its_series(parameters: dict[str, Any], strict: Any) -> None:
    counts, means = drawn(11, series=6, steps=10)
    method = Glr(limit=3.0, compatibility=strict, **parameters)
    whole = method.judge_against(counts, means)
    for row in range(0, 6, 2):
        alone = method.judge_against(counts[row], means[row : row + 1])
        for part in ("score", "alarm", "upper"):
            np.testing.assert_array_equal(getattr(whole, part)[row], getattr(alone, part)[0])


def test_what_r_does_not_find_is_not_found() -> None:
    """Newton's steps from a share of 1/2 miss one of 2: R gives nearly 0 where the best ratio is 0.43."""
    means = np.array([[1.0, 4.0]])
    right = Glr(change="epidemic").judge_against([[1, 6]], means).score[0, 1]
    assert right == pytest.approx(6 * np.log(6 / 4) - 2, rel=1e-12)
    assert Glr(change="epidemic", compatibility="surveillance").judge_against([[1, 6]], means).score[0, 1] < 1e-6


def test_r_takes_windows_of_any_length_once_there_have_been_enough_steps() -> None:
    means, counts = np.full((1, 3), 2.0), [[2, 2, 9]]
    ratios = {
        strict: Glr(limit=50, least_length=2, compatibility=strict).judge_against(counts, means).score[0]
        for strict in ("none", "surveillance")
    }
    assert ratios["none"][2] == pytest.approx(11 * np.log(11 / 4) - 7, rel=1e-12)
    assert ratios["surveillance"][2] == pytest.approx(9 * np.log(9 / 2) - 7, rel=1e-12)
    assert ratios["surveillance"][0] == 0


def test_r_takes_a_start_at_its_origin_for_the_end() -> None:
    """R compares the first start with a step from 0.4: a window that starts there is not searched, nor those after."""
    counts, mean = [[1, 5]], 3 / np.exp(0.4)
    strict = Glr(limit=50, dispersion=0.2, compatibility="surveillance")
    for factor, printed in ((1.0, 0.68033116907225399), (1.001, 1.0008941710014865)):
        assert strict.judge_against(counts, np.full((1, 2), mean * factor)).score[0, 1] == pytest.approx(printed)
    assert Glr(limit=50, dispersion=0.2).judge_against(counts, np.full((1, 2), mean)).score[0, 1] > 1


@pytest.mark.parametrize("dispersion", [None, 0.0, 0.2])
@pytest.mark.parametrize("places", [(328, 246), (51, 49), (270, 0)])
def test_a_regression_that_runs_away_is_told(dispersion: float | None, places: tuple[int, int]) -> None:
    counts = np.zeros((2, 390), dtype=np.int64)
    counts[0, places[0]], counts[0, places[1]] = 2_000_000_000, 7000
    counts[1] = np.random.default_rng(1).poisson(4, 390)
    found = Glr(dispersion=dispersion, window=3, training=387).judge(counts, first=387)
    judged = found.reason == Reason.JUDGED
    assert judged[1].all()
    assert np.isfinite(found.score[judged]).all()
    assert (judged | (found.reason == Reason.DID_NOT_CONVERGE)).all()
    if dispersion is None:
        assert (found.reason[0] == Reason.DID_NOT_CONVERGE).all()


@pytest.mark.parametrize("least_length", [1, 2, 5])
@pytest.mark.parametrize("direction", ["increase", "decrease"])
def test_corners_of_the_hull_are_enough(direction: Any, least_length: int) -> None:
    """Of a long past: the ratios of all windows, from their sums."""
    random = np.random.default_rng(8)
    means = np.exp(random.normal(0.5, 0.6, (5, 120)))
    counts = random.poisson(means * np.exp(random.normal(0, 0.3, (5, 120))))
    sign = 1 if direction == "increase" else -1
    found = Glr(limit=6.0, direction=direction, least_length=least_length).judge_against(counts, means)
    for row in range(5):
        start = 0
        for now in range(120):
            ratios = [0.0]
            for begin in range(start, now - least_length + 2):
                cases, expected = counts[row, begin : now + 1].sum(), means[row, begin : now + 1].sum()
                if (cases - expected) * sign > 0:
                    ratios.append((cases * np.log(cases / expected) if cases else 0.0) - cases + expected)
            assert found.score[row, now] == pytest.approx(max(ratios), abs=1e-9)
            if found.alarm[row, now]:
                start = now + 1
    assert found.alarm.any()


def test_a_window_long_enough_at_last_may_alarm_above_the_mean() -> None:
    """Nothing was told before, so that the bound of a fall may lie above the mean."""
    found = Glr(limit=5.0, direction="decrease", least_length=4).judge_against([[0, 0, 0, 3]], np.full((1, 4), 2.0))
    alarms = [
        Glr(limit=5.0, direction="decrease", least_length=4)
        .judge_against([[0, 0, 0, last]], np.full((1, 4), 2.0), bounds=False)
        .alarm[0, 3]
        for last in range(6)
    ]
    assert found.upper[0, 3] == sum(alarms) - 1
    assert (
        Glr(limit=1.0, direction="decrease", least_length=4)
        .judge_against([[0, 0, 0, 3]], np.full((1, 4), 2.0))
        .upper[0, 3]
        > 2
    )


def test_a_bound_of_r_is_searched_from_the_count_on() -> None:
    """Its Newton steps miss a factor of 15: a count of 3 is quiet where 2 alarms."""
    strict = Glr(limit=2.0, dispersion=0.2, compatibility="surveillance")
    means = np.full((1, 1), 0.2)
    alarms = [bool(strict.judge_against([[count]], means).alarm[0, 0]) for count in range(6)]
    assert alarms == [False, False, True, False, False, False]
    assert strict.judge_against([[0]], means).upper[0, 0] == 2
    assert strict.judge_against([[2]], means).upper[0, 0] == 2
    assert np.isinf(strict.judge_against([[3]], means).upper[0, 0])


def test_the_dispersion_is_fitted_once() -> None:
    """After an alarm the regression is fitted anew with the dispersion of the first fit, as in R."""
    random = np.random.default_rng(6)
    counts = random.negative_binomial(3, 0.3, (1, 90))
    counts[0, 62] = 90
    refitted = Glr(dispersion=None, training=60, refit=True, period=12).judge(counts, first=60, bounds=False)
    assert refitted.alarm[0, 2]
    from_there = Glr(dispersion=None, training=60, period=12).judge(counts, first=60, bounds=False)
    assert (refitted.expected[0, :3] == from_there.expected[0, :3]).all()
    times = np.arange(1, 91)
    design = seasonal_design(times, 12)
    dispersion = negative_binomial_regression.fit(design[:60], counts[0, :60].astype(float), None)[1]
    again = negative_binomial_regression.fit(design[:63], counts[0, :63].astype(float), dispersion)[0]
    np.testing.assert_allclose(refitted.expected[0, 3:], np.exp(design[63:] @ again)[: refitted.expected.shape[1] - 3])
