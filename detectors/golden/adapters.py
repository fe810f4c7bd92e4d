"""From R's control lists to our detectors, and back to what R calls upperbound and alarm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.cusum_transforms import TRANSFORMS
from detectors.golden.folder import Rows, Run, Series
from detectors.methods import build, methods
from detectors.verdicts import Reason, Verdicts

Floats = NDArray[np.float64]
CLOSED = 1e-9
ITERATED = 1e-6


class NotBuilt(Exception):
    """R has a method or setting that is not here yet."""


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


def _ears(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    parameters = given(control, {"baseline": "baseline", "alpha": "alpha"})
    parameters["min_sigma"] = control.get("minSigma") or 0
    parameters["compatibility"] = "surveillance"
    detector = build(str(control.get("method", "C1")).lower(), parameters)
    return answer(detector.judge(series.counts), 0, rows, CLOSED)


def _cusum(control: Mapping[str, Any], series: Series, run: Run, rows: Rows) -> Answer:
    parameters = given(control, {"k": "k", "h": "h", "trans": "transform", "alpha": "dispersion", "m": "reference"})
    transform = parameters.get("transform", "standard")
    if transform not in TRANSFORMS:
        raise NotBuilt(f"cusum transform {transform}")
    if parameters.get("reference") == "glm":
        raise NotBuilt("cusum with a regression mean")
    first = run.range_from - 1
    parameters |= {"training": first, "restart": "none", "reset": False, "compatibility": "surveillance"}
    return answer(build("cusum", parameters).judge(series.counts, first=first), first, rows, CLOSED)


_ADAPTERS: dict[str, Adapter] = {
    "earsC": _ears,
    "cusum": _cusum,
    "algo.cusum": _cusum,
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
