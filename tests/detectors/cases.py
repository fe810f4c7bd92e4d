"""What the conformance suite runs: every method by its defaults, and the further settings that behave differently.

A new method is in the suite as soon as `detectors.methods()` names it; further settings are added here.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import detectors

SHORTER: dict[str, dict[str, Any]] = {"percentile": {"years_back": 1}, "first_ever": {"within": 5}}
"""For methods whose defaults look further back than the example goes."""

SETTINGS: list[tuple[str, dict[str, Any]]] = [(name, SHORTER.get(name, {})) for name in detectors.methods()] + [
    ("absence", {"grace": 0, "window": 7, "p": 0.01}),
    ("beta_binomial", {"baseline": 7, "guard": 0, "p": 0.01}),
    ("binomial_cusum", {"p0": 0.02, "odds_ratio": 1.5, "h": 8.0, "restart": "none", "reset": False}),
    ("binomial_cusum", {"restart": "year", "least_tests": 5, "training": 20}),
    ("maxsprt", {"reference": "population", "limit": 100.0, "minimum": 4}),
    ("maxsprt", {"reference": 2.0, "limit": 50.0, "restart": "month"}),
    ("maxsprt_binomial", {"time_ratio": 3.0, "limit": 1000, "restart": "month"}),
    ("percentile", {"years_back": 1, "half_width": 1, "window": 3, "q": 0.5, "minimum": 0}),
    ("c1", {"min_sigma": 0.0, "compatibility": "surveillance"}),
    ("c2", {"baseline": 28, "guard": 3, "min_sigma": 0.0}),
    ("c3", {"min_sigma": 0.0, "compatibility": "surveillance"}),
    ("bayes", {"years_back": 2, "window_half_width": 3, "current_year": False, "alpha": 0.001}),
    ("cdc", {"years_back": 2, "months": 2, "alpha": 0.001}),
    ("essence", {"switch": 1.0, "smoothing": 0.9, "alpha": 0.05}),
    ("farrington", {"years_back": 3, "power": "1/2", "reweight": False}),
    ("essence", {"switch": 1.0, "smoothing": 0.9, "alpha": 0.05}),
    ("farrington", {"years_back": 2, "limit_cases": 0, "trend": False, "compatibility": "surveillance"}),
    ("farrington_flexible", {"years_back": 3, "threshold_method": "muan", "alpha": 0.05, "p_trend": 0.05}),
    ("farrington_flexible", {"no_periods": 1, "past_weeks_excluded": 3, "threshold_method": "delta"}),
    ("farrington_flexible", {"years_back": 4, "limit_cases": 0, "compatibility": "surveillance"}),
    ("glr", {"dispersion": None, "window": 3, "training": 387}),
    ("glr", {"shift": 0.7, "refit": True, "harmonics": 0, "training": 385}),
    ("glr", {"direction": "decrease", "window": 20, "training": 300}),
    ("glr", {"change": "epidemic", "window": 5, "training": 380}),
    ("outbreak_p", {"k": 20.0, "largest": 500, "compatibility": "surveillance"}),
    ("rki", {"years_back": 0, "window_half_width": 6, "current_year": True}),
    ("shewhart", {"distribution": "poisson", "baseline": 14, "guard": 0}),
    ("shewhart", {"z": 4.0, "min_sigma": 0.0}),
    ("fixed_threshold", {"threshold": 2.5, "window": 7, "times": 2, "among": 3}),
    ("fixed_threshold", {"threshold": 50.0, "per": 100, "window": 3}),
    ("single_case", {"quiet_days": 7}),
    ("first_ever", {"within": 3, "least_tests": 0}),
    ("first_ever", {"within": 2, "sum_over": 7}),
    ("k_in_window", {"k": 2, "window": 14}),
    ("k_places", {"k": 5, "window": 7, "places": 3}),
    ("w8", {"p": 1e-4, "minimum": 5, "blocks": 5, "window": 3, "guard": 0}),
    ("cusum", {"restart": "none", "reset": False}),
    ("cusum", {"transform": "anscombe", "reference": 2.0}),
    ("cusum", {"transform": "anscombe2nd"}),
    ("cusum", {"transform": "pearsonNegBin", "dispersion": 0.5}),
    ("cusum", {"transform": "anscombeNegBin", "h": 1.5}),
    ("cusum", {"transform": "anscombe", "reference": "seasonal regression", "restart": "none", "training": 80}),
    ("cusum", {"transform": "none", "h": 20.0, "k": 2.0}),
    ("c2", {"sum_over": 7}),
    ("c3", {"sum_over": 5, "overlapping": True, "guard": 5}),
    ("k_in_window", {"k": 4, "window": 1, "sum_over": 7, "overlapping": True}),
    ("percentile", {"years_back": 1, "step_days": 7, "window": 1, "sum_over": 7}),
    ("farrington_flexible", {"years_back": 1, "window_half_width": 1, "past_weeks_excluded": 3, "sum_over": 7}),
    ("beta_binomial", {"baseline": 8, "guard": 0, "sum_over": 7}),
    ("cusum", {"training": 12, "sum_over": 7}),
    ("cusum", {"training": 12, "sum_over": 7, "restart": "none"}),
    ("outbreak_p", {"sum_over": 7}),
    ("absence", {"grace": 0, "stride": 1, "sum_over": 7}),
    ("cusum_rossi", {"restart": "none", "compatibility": "surveillance", "reset": False}),
]

STEPS = 400
JUDGED = 388
DATES = np.arange(np.datetime64("2019-02-10"), np.datetime64("2019-02-10") + STEPS)
"""Days over a new year and a leap day."""
WEEKS = np.arange(np.datetime64("2015-02-02"), np.datetime64("2015-02-02") + 7 * STEPS, 7)
"""Mondays of six years, two of which have a 29 February and two a week 53."""


def population_of(method: str, counts: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Denominators for the methods that want them, of which a series' own depend on its counts alone."""
    if method in ("fixed_threshold", "maxsprt"):
        return np.full(counts.shape, 20.0, dtype=np.float64)
    if method == "k_places":
        return np.full(counts.shape, 3.0)
    if method == "maxsprt_binomial":
        return counts + 5.0
    return counts + 50.0 if method in ("beta_binomial", "binomial_cusum", "first_ever") else None


def falls(method: str, parameters: dict[str, Any]) -> bool:
    """Whether the setting looks for too few cases."""
    return method == "absence" or parameters.get("direction") == "decrease"


def dates_of(method: str, parameters: dict[str, Any]) -> NDArray[np.datetime64]:
    """Steps as long as the method wants them."""
    return WEEKS if method.startswith("farrington") and "sum_over" not in parameters else DATES


def example(series: int = 10, steps: int = STEPS, seed: int = 7) -> NDArray[np.int64]:
    """Seeded counts from silent to busy series, with an outbreak in each second one."""
    random = np.random.default_rng(seed)
    means = np.geomspace(0.02, 40, series)[:, np.newaxis]
    counts = random.poisson(random.gamma(3, means / 3, (series, steps)))
    counts[::2, -10:-4] += random.poisson(means[::2] + 4, (counts[::2].shape[0], 6))
    counts[1::2, -9:-4] = 0
    return counts.astype(np.int64)


def same(one: detectors.Verdicts, other: detectors.Verdicts) -> None:
    """Two answers are the same, bit for bit."""
    for part in ("expected", "upper", "score", "alarm", "reason", "p_value"):
        mine, theirs = getattr(one, part), getattr(other, part)
        assert (mine is None) == (theirs is None), part
        if mine is not None:
            np.testing.assert_array_equal(mine, theirs, err_msg=part, strict=True)


def cut(verdicts: detectors.Verdicts, rows: Any, columns: slice) -> detectors.Verdicts:
    """Some series and some steps of an answer."""
    parts = (verdicts.expected, verdicts.upper, verdicts.score, verdicts.alarm, verdicts.reason, verdicts.p_value)
    return detectors.Verdicts(*(part if part is None else part[rows][:, columns] for part in parts))  # type: ignore[arg-type]
