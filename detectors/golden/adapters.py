"""From R's control lists to our detectors, and back to what R calls upperbound and alarm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.glr.method import Glr
from detectors.golden.folder import Rows, Run, Series
from detectors.judging.verdicts import Reason, Verdicts
from detectors.methods import build, methods

Floats = NDArray[np.float64]
CLOSED = 1e-9
ITERATED = 1e-6


class NotBuilt(Exception):
    """R has a method, an option or a value of one that is not here."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Our answer for the rows of a run, missing as NaN; `tolerance` is the relative difference that parity allows."""

    upper: Floats
    alarm: Floats
    tolerance: float


Adapter = Callable[[Mapping[str, Any], Series, Run, Rows], Answer]


def given(control: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The entries of a control list under our names; R's NULL is not given."""
    return {ours: control[theirs] for theirs, ours in names.items() if control.get(theirs) is not None}


def answer(verdicts: Verdicts, first: int, rows: Rows, tolerance: float) -> Answer:
    """The rows that R gave, out of verdicts whose first column is `first`."""
    at = rows["t"].astype(np.int64) - 1 - first
    judged = verdicts.reason[0, at] == Reason.JUDGED
    return Answer(verdicts.upper[0, at], np.where(judged, verdicts.alarm[0, at], np.nan), tolerance)


_HARMLESS = frozenset({"range", "verbose", "plot", "glmWarnings"})
"""Options that change nothing in what R gives; the range of a run is told with the run."""


def knows(*options: str) -> Callable[[Adapter], Adapter]:
    """An adapter that refuses every option that it would not look at."""
    known = _HARMLESS.union(options)

    def careful(adapter: Adapter) -> Adapter:
        def checked(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
            unknown = sorted(control.keys() - known)
            if unknown:
                raise NotBuilt(f"{run.detector} with {', '.join(unknown)}")
            return adapter(control, series, run, rows)

        return checked

    return careful


def choose(control: Mapping[str, Any], option: str, meanings: Mapping[Any, Any]) -> Any:
    """What the value of an option means; the first meaning where it is not given.

    Raises
    ------
    NotBuilt
        It means nothing here.
    """
    value = control.get(option)
    if value is None:
        return next(iter(meanings.values()))
    if value not in meanings:
        raise NotBuilt(f"{option} = {value!r}")
    return meanings[value]


@knows("method", "baseline", "minSigma", "alpha")
def _ears(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    parameters = given(control, {"baseline": "baseline", "alpha": "alpha"})
    parameters["min_sigma"] = control.get("minSigma") or 0
    parameters["compatibility"] = "surveillance"
    detector = build(choose(control, "method", {"C1": "c1", "C2": "c2", "C3": "c3"}), parameters)
    return answer(detector.judge(series.counts), 0, rows, CLOSED)


@knows("k", "h", "m", "trans", "alpha")
def _cusum(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    parameters = given(control, {"k": "k", "h": "h", "trans": "transform", "alpha": "dispersion", "m": "reference"})
    regression = parameters.get("reference") == "glm"
    if regression:
        parameters |= {"reference": "seasonal regression", "period": series.frequency, "position": series.position}
    first = run.range_from - 1
    parameters |= {"training": first, "restart": "none", "reset": False, "compatibility": "surveillance"}
    return answer(
        build("cusum", parameters).judge(series.counts, first=first), first, rows, ITERATED if regression else CLOSED
    )


_SAME_SEASON = {"b": "years_back", "w": "window_half_width", "actY": "current_year", "alpha": "alpha"}
_NUMBERED: dict[str, dict[str, Any]] = {
    "1": {"years_back": 0, "window_half_width": 6, "current_year": True},
    "2": {"years_back": 1, "window_half_width": 6, "current_year": True},
    "3": {"years_back": 2, "window_half_width": 4, "current_year": False},
}


def _same_season(method: str, number: str) -> Adapter:
    @knows(*_SAME_SEASON)
    def adapter(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
        # The numbered functions of R overwrite what the control list says of the windows.
        parameters = given(control, _SAME_SEASON) | _NUMBERED.get(number, {}) | {"period": series.frequency}
        if method == "rki":
            parameters.pop("alpha", None)
        return answer(build(method, parameters).judge(series.counts), 0, rows, CLOSED)

    return adapter


@knows("b", "m", "alpha")
def _cdc(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    detector = build("cdc", given(control, {"b": "years_back", "m": "months", "alpha": "alpha"}))
    return answer(detector.judge(series.counts), 0, rows, CLOSED)


@knows("k", "ret", "maxUpperboundCases")
def _outbreak_p(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    parameters = given(control, {"k": "k", "maxUpperboundCases": "largest"}) | {"compatibility": "surveillance"}
    verdicts = build("outbreak_p", parameters).judge(series.counts)
    found = answer(verdicts, 0, rows, CLOSED)
    if choose(control, "ret", {"value": False, "cases": True}):
        # R looks for the bound step by step from the count on, and finds neither 0 nor one beyond the largest.
        return replace(found, upper=np.where(np.isinf(found.upper) | (found.upper == 0), np.nan, found.upper))
    return replace(found, upper=verdicts.score[0, rows["t"].astype(np.int64) - 1])


_FITS = {
    "algo.farrington.fitGLM.fast": False,
    "algo.farrington.fitGLM": False,
    "algo.farrington.fitGLM.populationOffset": True,
}
"""Whether R's function takes the population into account."""


@knows("b", "w", "alpha", "powertrans", "trend", "reweight", "limit54", "fitFun")
def _farrington(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    names = {"b": "years_back", "w": "window_half_width", "alpha": "alpha", "powertrans": "power", "trend": "trend"}
    parameters = given(control, names | {"reweight": "reweight"}) | _limits(control)
    offset = choose(control, "fitFun", _FITS)
    parameters |= {"population_offset": offset, "period": series.frequency, "compatibility": "surveillance"}
    first = int(rows["t"].min()) - 1
    population = series.population[np.newaxis] if offset else None
    verdicts = build("farrington", parameters).judge(
        series.counts, first=first, dates=series.dates, population=population
    )
    found = answer(verdicts, first, rows, ITERATED)
    # R sums the last weeks for its limit of cases, and has no verdict where one of them is missing.
    weeks, at = parameters.get("limit_weeks", 4), rows["t"].astype(np.int64)
    unknown = np.array([np.isnan(series.counts[max(0, step - weeks) : step]).any() for step in at])
    return replace(found, upper=np.where(unknown, np.nan, found.upper), alarm=np.where(unknown, np.nan, found.alarm))


_FLEXIBLE = {
    "b": "years_back",
    "w": "window_half_width",
    "alpha": "alpha",
    "powertrans": "power",
    "trend": "trend",
    "reweight": "reweight",
    "weightsThreshold": "weights_threshold",
    "pThresholdTrend": "p_trend",
    "noPeriods": "no_periods",
    "pastWeeksNotIncluded": "past_weeks_excluded",
    "thresholdMethod": "threshold_method",
    "populationOffset": "population_offset",
}


@knows(*_FLEXIBLE, "limit54", "fitFun")
def _farrington_flexible(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    defaults: dict[str, Any] = {"no_periods": 1, "alpha": 0.05, "threshold_method": "delta", "p_trend": 0.05}
    parameters = defaults | given(control, _FLEXIBLE) | _limits(control)
    choose(control, "fitFun", {"algo.farrington.fitGLM.flexible": None})
    if series.frequency == 12:
        # A month has no room for the weekly windows and groups: the folders' monthly runs have these instead.
        parameters["window_half_width"] = 1
        parameters["no_periods"] = min(parameters["no_periods"], 4)
        if "past_weeks_excluded" in parameters:
            parameters["past_weeks_excluded"] = 6
    parameters.setdefault("past_weeks_excluded", parameters.get("window_half_width", 3))
    parameters |= {"period": series.frequency, "compatibility": "surveillance"}
    first = int(rows["t"].min()) - 1
    population = series.population[np.newaxis] if parameters.get("population_offset") else None
    verdicts = build("farrington_flexible", parameters).judge(
        series.counts, first=first, dates=series.dates, population=population
    )
    found = answer(verdicts, first, rows, ITERATED)
    # R leaves only a fit that failed without an alarm of 0 or 1.
    failed = verdicts.reason[0, rows["t"].astype(np.int64) - 1 - first] == Reason.DID_NOT_CONVERGE
    return replace(found, alarm=np.where(np.isnan(found.alarm) & ~failed, 0.0, found.alarm))


@knows("c.ARL", "mu0", "alpha", "Mtilde", "M", "change", "theta", "dir", "ret", "xMax")
def _glr(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    poisson = run.detector.endswith("glrpois")
    model, dispersion = control.get("mu0"), 0.0 if poisson else control.get("alpha")
    change = choose(control, "change", {"intercept": "level", "epi": "epidemic"})
    falls, cases = choose(control, "dir", {"inc": False, "dec": True}), choose(control, "ret", _GLR_RETURNS)
    parameters = given(control, {"c.ARL": "limit", "Mtilde": "least_length"})
    parameters |= {"dispersion": None if dispersion is None else float(dispersion), "change": change}
    parameters |= {"compatibility": "surveillance", "period": series.frequency}
    window = -1 if control.get("M") is None else int(control["M"])
    # Of the windows of 0 steps back, R takes the level of Poisson counts as of any length.
    if window > 0 or (window == 0 and not (poisson and change == "level")):
        parameters["window"] = window
    # R asks for the direction only where it looks for a lasting change of unknown size.
    shift = None if change == "epidemic" else control.get("theta")
    if shift is not None:
        parameters["shift"], falls = abs(float(shift)), shift < 0
    if falls and change == "level":
        parameters["direction"] = "decrease"
    first = run.range_from - 1
    if model is None or isinstance(model, Mapping):
        own = given(model or {}, {"S": "harmonics", "trend": "trend", "refit": "refit"})
        verdicts = Glr(**parameters | own | {"training": first}).judge(series.counts, first=first, bounds=cases)
    else:
        means = np.full((1, series.counts.size), np.nan)
        means[0, rows["t"].astype(np.int64) - 1] = rows["mu0"]
        verdicts = Glr(**parameters).judge_against(series.counts, means, first=first, bounds=cases)
    found = answer(verdicts, first, rows, ITERATED)
    at = rows["t"].astype(np.int64) - 1
    if not cases:
        return replace(found, upper=verdicts.score[0, at - first])
    if poisson and falls and shift is None:
        # R's bound for a fall is the least count without an alarm.
        return replace(found, upper=found.upper + 1)
    if poisson or shift is not None:
        return replace(found, upper=np.where(np.isinf(found.upper), 0, np.maximum(found.upper, 0)))
    return replace(found, upper=_counted_bounds(found, series.counts[at], falls, control.get("xMax") or 1e4))


_GLR_RETURNS = {"value": False, "cases": True}


def _counted_bounds(found: Answer, counts: Floats, falls: bool, highest: float) -> Floats:
    """The bounds where R counts up from a quiet count or down from an alarming one, until the alarm changes.

    It counts up even where fewer cases would alarm, does not begin at 0, and gives up beyond `highest`.
    """
    alarms = found.alarm == 1
    never = alarms if falls else np.zeros_like(alarms)
    beyond = ~alarms & ((counts == 0) | (found.upper > highest + 1) | falls)
    return np.where(never, 0.0, np.where(beyond, 1e99, found.upper))


def _limits(control: Mapping[str, Any]) -> dict[str, Any]:
    limits = control.get("limit54")
    return {} if limits is None else {"limit_cases": int(limits[0]), "limit_weeks": int(limits[1])}


_ADAPTERS: dict[str, Adapter] = {
    "earsC": _ears,
    "cusum": _cusum,
    "algo.cusum": _cusum,
    "cdc": _cdc,
    "algo.cdc": _cdc,
    "farrington": _farrington,
    "algo.farrington": _farrington,
    "farringtonFlexible": _farrington_flexible,
    "glrpois": _glr,
    "glrnb": _glr,
    "algo.glrpois": _glr,
    "algo.glrnb": _glr,
    "outbreakP": _outbreak_p,
    "algo.outbreakP": _outbreak_p,
} | {
    f"{prefix}{method}{number}": _same_season(method, number)
    for prefix in ("", "algo.")
    for method in ("rki", "bayes")
    for number in ("", "1", "2", "3")
}


def adapter_of(detector: str) -> Adapter:
    """The adapter of one of R's functions.

    Raises
    ------
    NotBuilt
        It has none yet.
    """
    if detector not in _ADAPTERS:
        raise NotBuilt(f"{detector}; built are {', '.join(methods())}")
    return _ADAPTERS[detector]
