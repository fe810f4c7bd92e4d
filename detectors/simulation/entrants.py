"""The methods that take part: as the published comparison set them in R, and as they are by default here."""

import math

import numpy as np
from scipy.stats import norm

from detectors.simulation.contestants import ByParameter, ByStatistic, Contestant
from detectors.simulation.scenarios import JUDGED_FROM

SHORT = 26
"""Weeks of history that a method may want to be tried on short series too."""
YEARS = 5 * 52


def _one_sided(z: float) -> str:
    return f"α = {norm.sf(z):.2g}"


def _two_sided(z: float) -> str:
    return f"α = {2 * norm.sf(z):.2g}"


def _p(level: float) -> str:
    return f"p ≤ {10**-level:.2g}"


def _two_sided_p(level: float) -> str:
    return f"α = {2 * 10**-level:.2g}"


def _z(alpha_name: str = "alpha") -> ByStatistic:
    return ByStatistic("score", _one_sided, {alpha_name: 0.5})


_RKI = ByStatistic("score", lambda level: f"bound × {level:.2f}")
_BAYES = ByStatistic("p", _p, {"alpha": 0.5})
_H = ByParameter("h", np.geomspace(40, 0.8, 20).tolist())
_Z = ByParameter("z", np.geomspace(20, 1, 24).tolist())
_WEEKS = {"baseline": 20, "guard": 2}
_LIMIT = ByParameter("limit", np.geomspace(80, 4, 9).tolist())

_R = {"compatibility": "surveillance"}
_R_CUSUM = {**_R, "restart": "none", "reset": False, "training": JUDGED_FROM}
_R_EARS = {**_R, "alpha": 0.01, "min_sigma": 0.0}
_SEASONS = {
    1: {"years_back": 0, "window_half_width": 6, "current_year": True},
    2: {"years_back": 1, "window_half_width": 6, "current_year": True},
    3: {"years_back": 2, "window_half_width": 4, "current_year": False},
}

PUBLISHED = (
    Contestant("EARS C1", "c1", _R_EARS),
    Contestant("EARS C2", "c2", _R_EARS),
    Contestant("EARS C3", "c3", _R_EARS),
    Contestant("CUSUM Rossi", "cusum_rossi", _R_CUSUM),
    Contestant("CUSUM Rossi, seasonal", "cusum_rossi", {**_R_CUSUM, "reference": "seasonal regression"}),
    *(Contestant(f"RKI {kind}", "rki", settings) for kind, settings in _SEASONS.items()),
    *(Contestant(f"Bayes {kind}", "bayes", settings) for kind, settings in _SEASONS.items()),
    Contestant("CDC", "cdc", {"alpha": 0.01}),
    Contestant("Farrington", "farrington", {**_R, "alpha": 0.01}),
    Contestant("Farrington flexible", "farrington_flexible", {**_R, "alpha": 0.01, "p_trend": 0.05}),
    Contestant("outbreakP", "outbreak_p", _R, history=0),
    Contestant("GLR Poisson", "glr", {**_R, "training": JUDGED_FROM}, options={"bounds": False}),
)
"""The settings of R's `surveillance` that the published comparison names, or R's own where it names none."""

CONTEST = (
    Contestant("EARS C1", "c1", knob=_z(), history=SHORT),
    Contestant("EARS C2", "c2", knob=_z(), history=SHORT),
    Contestant("EARS C3", "c3", knob=_z(), history=SHORT),
    Contestant(
        "Shewhart", "shewhart", _WEEKS, ByStatistic("score", lambda level: f"z = {level:.1f}", {"z": 0.1}), SHORT
    ),
    Contestant("Shewhart Poisson", "shewhart", {**_WEEKS, "distribution": "poisson"}, _Z, SHORT),
    Contestant("EWMA", "essence", {**_WEEKS, "switch": 1.0}, ByStatistic("p", _p, {"alpha": 0.5}), SHORT),
    Contestant("W8", "w8", {"window": 1, "guard": 0}, ByStatistic("p", _p, {"p": 0.5}), SHORT),
    Contestant("CUSUM Rossi, 26 weeks", "cusum_rossi", {"restart": "none", "training": SHORT}, _H, SHORT),
    Contestant("RKI 1", "rki", _SEASONS[1], _RKI, SHORT),
    Contestant("Bayes 1", "bayes", _SEASONS[1], _BAYES, SHORT),
    Contestant("outbreakP", "outbreak_p", {}, ByStatistic("score", lambda level: f"k = {math.exp(level):.2g}"), 0),
    Contestant(
        "3 in a week", "k_in_window", {"window": 1}, ByStatistic("score", lambda level: f"k = {int(level) + 1}"), SHORT
    ),
    Contestant("RKI 2", "rki", _SEASONS[2], _RKI),
    Contestant("RKI 3", "rki", _SEASONS[3], _RKI),
    Contestant("Bayes 2", "bayes", _SEASONS[2], _BAYES),
    Contestant("Bayes 3", "bayes", _SEASONS[3], _BAYES),
    Contestant("CDC", "cdc", {}, ByStatistic("score", _two_sided, {"alpha": 0.99})),
    Contestant(
        "moving percentile",
        "percentile",
        {"step_days": 7, "window": 1},
        ByParameter("q", (0.999, 0.99, 0.98, 0.96, 0.93, 0.9, 0.85, 0.8, 0.7, 0.5)),
    ),
    Contestant(
        "CUSUM Rossi, seasonal",
        "cusum_rossi",
        {"restart": "none", "training": YEARS, "reference": "seasonal regression"},
        _H,
        YEARS,
    ),
    Contestant("GLR Poisson", "glr", {"training": YEARS, "trend": True}, _LIMIT, YEARS, options={"bounds": False}),
    Contestant("Farrington", "farrington", {}, ByStatistic("p", _two_sided_p, {"alpha": 0.99})),
    Contestant("Farrington flexible, 3 years", "farrington_flexible", {"years_back": 3}, _BAYES),
    Contestant("Farrington flexible", "farrington_flexible", {}, _BAYES),
)
"""Every method that judges weekly counts, by its defaults where weeks allow them; the first want little history."""
