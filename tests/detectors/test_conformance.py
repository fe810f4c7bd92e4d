"""What every method must do, without exception."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import detectors
from detectors import Counts, Detector, Reason, Verdicts
from tests.detectors.cases import JUDGED, SETTINGS, STEPS, cut, dates_of, example, falls, population_of, same

pytestmark = pytest.mark.parametrize(
    ("method", "parameters"), SETTINGS, ids=[f"{name} {given or 'defaults'}" for name, given in SETTINGS]
)


def judge(method: str, parameters: dict[str, Any], counts: Any, **more: Any) -> Verdicts:
    checked = Counts.of(counts)
    dates = more.pop("dates", dates_of(method, parameters)[: checked.shape[1]])
    more.setdefault("population", population_of(method, checked.values))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return detectors.build(method, parameters).judge(counts, dates=dates, **more)


def well_formed(verdicts: Verdicts, series: int, steps: int) -> None:
    floats = [verdicts.expected, verdicts.upper, verdicts.score]
    if verdicts.p_value is not None:
        floats.append(verdicts.p_value)
        known = verdicts.p_value[verdicts.reason == 0]
        assert ((known >= 0) & (known <= 1)).all()
    for part in floats:
        assert part.dtype == np.float64
        assert part.shape == (series, steps)
        assert not np.isnan(part[verdicts.reason == Reason.JUDGED]).any()
    assert verdicts.alarm.dtype == np.bool_
    assert verdicts.reason.dtype == np.uint8
    assert verdicts.alarm.shape == verdicts.reason.shape == (series, steps)
    assert set(np.unique(verdicts.reason)) <= set(Reason)
    silent = verdicts.reason != Reason.JUDGED
    assert not verdicts.alarm[silent].any()
    assert np.isnan(verdicts.score[silent]).all()


def test_is_a_detector(method: str, parameters: dict[str, Any]) -> None:
    detector = detectors.build(method, parameters)
    assert isinstance(detector, Detector)
    assert detector.name == method
    assert detector.lookback is None or detector.lookback >= 0
    memory = getattr(detector, "memory", detector.lookback)
    assert memory is None or (memory >= 0 and (detector.lookback is None or memory <= detector.lookback))


def test_cases_are_forgotten(method: str, parameters: dict[str, Any]) -> None:
    """Beyond its memory a method sees a step without cases as in a series that never had one."""
    detector = detectors.build(method, parameters)
    memory = getattr(detector, "memory", detector.lookback)
    if memory is None or memory >= JUDGED:
        return
    counts = example()
    counts[:, JUDGED - memory :] = 0
    tests = population_of(method, np.zeros_like(counts))
    if tests is not None:
        tests += counts.max()
    never = judge(method, parameters, np.zeros_like(counts), first=JUDGED, population=tests)
    same(never, judge(method, parameters, counts, first=JUDGED, population=tests))


def test_judges_an_ordinary_example(method: str, parameters: dict[str, Any]) -> None:
    verdicts = judge(method, parameters, example(), first=JUDGED)
    well_formed(verdicts, 10, STEPS - JUDGED)
    strict = "compatibility" in parameters or parameters.get("min_sigma") == 0
    assert (verdicts.reason == Reason.JUDGED).mean() > (0.7 if strict else 0.85)
    assert verdicts.alarm.any()


def test_every_first_column_gives_the_same_verdicts(method: str, parameters: dict[str, Any]) -> None:
    whole = judge(method, parameters, example())
    well_formed(whole, 10, STEPS)
    for first in (1, JUDGED, STEPS):
        same(cut(whole, slice(None), slice(first, None)), judge(method, parameters, example(), first=first))


def test_only_the_lookback_matters(method: str, parameters: dict[str, Any]) -> None:
    """Bit for bit: a new day on a known series is judged as the batch of all days judges it."""
    counts = example()
    whole = judge(method, parameters, counts)
    lookback = detectors.build(method, parameters).lookback
    for day in (389, STEPS - 1):
        left = 0 if lookback is None else max(0, day - lookback)
        alone = judge(
            method,
            parameters,
            counts[:, left : day + 1],
            first=day - left,
            dates=dates_of(method, parameters)[left : day + 1],
        )
        same(cut(whole, slice(None), slice(day, day + 1)), alone)


def test_a_series_does_not_see_its_neighbours(method: str, parameters: dict[str, Any]) -> None:
    counts = np.vstack([example(), example(12, seed=3)])
    whole = judge(method, parameters, counts, first=JUDGED)
    order = np.random.default_rng(1).permutation(len(counts))
    same(cut(whole, order, slice(None)), judge(method, parameters, counts[order], first=JUDGED))
    for series in (0, 5, 15):
        alone = judge(method, parameters, counts[series], first=JUDGED)
        same(cut(whole, slice(series, series + 1), slice(None)), alone)


def test_forms_of_the_same_counts_agree(method: str, parameters: dict[str, Any]) -> None:
    counts = example()
    whole = judge(method, parameters, Counts.of(counts), first=STEPS - 3)
    for form in (counts.astype(np.uint16), counts.astype(np.float32), np.asfortranarray(counts), counts.tolist()):
        same(whole, judge(method, parameters, form, first=STEPS - 3))


def test_missing_steps_have_a_reason(method: str, parameters: dict[str, Any]) -> None:
    counts = example().astype(np.float64)
    counts[3] = np.nan
    counts[4, 393] = np.nan
    counts[5, ::3] = np.nan
    verdicts = judge(method, parameters, counts)
    well_formed(verdicts, 10, STEPS)
    # Absence judges the last closed day, `grace` steps before its own.
    grace = parameters.get("grace", 1) if method == "absence" else 0
    unknown = np.isnan(counts)[:, : STEPS - grace]
    assert (verdicts.reason[:, grace:][unknown] != Reason.JUDGED).all()
    late = judge(method, parameters, np.ma.masked_invalid(counts), first=JUDGED)
    same(cut(verdicts, slice(None), slice(JUDGED, None)), late)
    untouched = [0, 1, 2, *range(6, 10)]
    complete = judge(method, parameters, example(), first=JUDGED)
    same(cut(late, untouched, slice(None)), cut(complete, untouched, slice(None)))


def test_inputs_stay_as_they_were(method: str, parameters: dict[str, Any]) -> None:
    counts = example().astype(np.float64)
    counts[2, 380] = np.nan
    before, dates = counts.copy(), dates_of(method, parameters).copy()
    counts.flags.writeable = False
    judge(method, parameters, counts, dates=dates, first=JUDGED)
    np.testing.assert_array_equal(counts, before)
    np.testing.assert_array_equal(dates, dates_of(method, parameters))


@pytest.mark.parametrize("value", [0, 1, 7, 1_000_000, 2_000_000_000])
def test_constant_series(method: str, parameters: dict[str, Any], value: int) -> None:
    verdicts = judge(method, parameters, np.full((2, STEPS), value), first=JUDGED)
    well_formed(verdicts, 2, STEPS - JUDGED)
    if value == 0:
        assert not verdicts.alarm.any()


def test_one_huge_count(method: str, parameters: dict[str, Any]) -> None:
    counts = example()
    counts[:, -5] = 2_000_000_000
    verdicts = judge(method, parameters, counts, first=JUDGED)
    well_formed(verdicts, 10, STEPS - JUDGED)
    # R's C3 does not look at the count itself, a later case of a spell or of years is no first one, once is not twice,
    # and no case before means no epidemic change.
    unmoved = parameters.keys() & {"quiet_days", "times", "change", "within"}
    blind = unmoved or (method, "compatibility" in parameters) == ("c3", True)
    if not blind and not falls(method, parameters) and method != "beta_binomial":
        assert verdicts.alarm[verdicts.reason[:, -5] == Reason.JUDGED, -5].all()


def test_too_short_history(method: str, parameters: dict[str, Any]) -> None:
    for steps in (0, 1, 2, 9):
        well_formed(judge(method, parameters, example()[:3, :steps]), 3, steps)
    well_formed(judge(method, parameters, np.zeros((0, 30), dtype=np.int64)), 0, 30)


def test_more_cases_never_lower_the_score(method: str, parameters: dict[str, Any]) -> None:
    """Nor, where too few are looked for, raise it."""
    counts = example()
    more: dict[str, Any] = {"first": STEPS - 1, "population": population_of(method, counts + 100)}
    sign = -1 if falls(method, parameters) else 1
    less = judge(method, parameters, counts, **more)
    for more_cases in (1, 3, 50):
        counts[:, -1] += more_cases
        now = judge(method, parameters, counts, **more)
        both = (less.reason == Reason.JUDGED) & (now.reason == Reason.JUDGED)
        assert (sign * now.score[both] >= sign * less.score[both]).all()
        if "quiet_days" not in parameters:
            assert (sign * now.alarm[both].astype(int) >= sign * less.alarm[both].astype(int)).all()
        less = now


def test_threads_share_a_detector(method: str, parameters: dict[str, Any]) -> None:
    detector = detectors.build(method, parameters)
    batches = [example(8, seed=seed) for seed in range(3)]

    def work(counts: NDArray[np.int64]) -> Verdicts:
        return detector.judge(
            counts, first=STEPS - 3, dates=dates_of(method, parameters), population=population_of(method, counts)
        )

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(work, batches))
    for counts, verdicts in zip(batches, together, strict=True):
        same(verdicts, work(counts))


@pytest.mark.parametrize("bad", [[[-1, 2]], [[0.5, 1]], [[np.inf, 1]], [[3_000_000_000, 1]], [[["a"]]], [["a", "b"]]])
def test_what_is_no_count_is_refused(method: str, parameters: dict[str, Any], bad: Any) -> None:
    with pytest.raises(ValueError, match="count"):
        detectors.build(method, parameters).judge(bad, dates=dates_of(method, parameters)[:2])


def test_first_beyond_the_counts_is_refused(method: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="first must lie between 0 and 400"):
        detectors.build(method, parameters).judge(
            example(), first=401, dates=dates_of(method, parameters), population=population_of(method, example())
        )


def test_unknown_and_absurd_parameters_are_named(method: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(detectors.ParameterError, match=f"{method} has no parameter 'colour'"):
        detectors.build(method, {**parameters, "colour": 1})
    for name in parameters:
        with pytest.raises(detectors.ParameterError, match=name):
            detectors.build(method, {**parameters, name: "absurd"})
