"""A method as it takes part: which of its settings, how much history, and what makes it stricter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import detectors
from detectors.judging.verdicts import Verdicts
from detectors.simulation.scenarios import JUDGED_FROM

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SHARES = np.geomspace(2e-4, 0.4, 80)
"""Shares of training weeks above the levels that are tried."""


@dataclass(frozen=True, slots=True)
class ByStatistic:
    """Stricter by asking more of the method's own statistic, judged once.

    Parameters
    ----------
    statistic : "score" or "p"
        The score, or -log10 of the p-value.
    tell : callable
        The level in the method's own parameter, as text.
    loosest : mapping or None
        Settings under which the method alarms most easily: what is no alarm then (too few cases, say) never is one.
        None where any score may alarm.
    """

    statistic: Literal["score", "p"]
    tell: Callable[[float], str]
    loosest: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ByParameter:
    """Stricter by another value of one parameter, judged for each: for methods whose memory depends on it.

    Parameters
    ----------
    parameter : str
    values : sequence of float
        From strict to loose.
    """

    parameter: str
    values: Sequence[float]

    def tell(self, level: float) -> str:
        """The parameter and its value."""
        return f"{self.parameter} = {level:.3g}"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A method with its settings.

    Parameters
    ----------
    label : str
        As the tables show it.
    method, parameters
        As `detectors.build` takes them.
    knob : ByStatistic, ByParameter or None
        None for settings that are judged as they are.
    history : int or None
        Weeks before the first judged one that it is shown; None: all there are.
    options : mapping
        Further arguments of its `judge`.

    Examples
    --------
    >>> two = Contestant("EARS C2", "c2", {"alpha": 0.01})
    >>> two.alarms(np.array([[1, 0, 2, 1, 0, 1, 2, 1, 1, 9]]), first=9)
    array([[ True]])
    """

    label: str
    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    knob: ByStatistic | ByParameter | None = None
    history: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, counts: Integers, first: int = JUDGED_FROM, **changed: Any) -> Verdicts:
        """The verdicts on the columns from `first` on, with some parameters `changed`."""
        shown = 0 if self.history is None else max(0, first - self.history)
        detector: Any = detectors.build(self.method, {**self.parameters, **changed})
        return detector.judge(counts[:, shown:], first=first - shown, **self.options)  # type: ignore[no-any-return]

    def alarms(self, counts: Integers, first: int = JUDGED_FROM) -> Flags:
        """Where the method alarms as it is set."""
        return self.judge(counts, first).alarm

    def levels(self, quiet: Integers) -> Floats:
        """The levels to try, from strict to loose, by series without outbreak."""
        if isinstance(self.knob, ByParameter):
            return np.array(self.knob.values, dtype=np.float64)
        statistic = self._statistic(quiet, JUDGED_FROM)[0]
        quantiles = np.quantile(statistic[np.isfinite(statistic)], 1 - SHARES, method="higher")
        return np.unique(quantiles)[::-1]

    def grade(self, counts: Integers, levels: Floats, first: int = JUDGED_FROM) -> Flags:
        """Alarms at each level, (levels, series, weeks)."""
        if isinstance(self.knob, ByParameter):
            parameter = self.knob.parameter
            return np.stack([self.judge(counts, first, **{parameter: float(level)}).alarm for level in levels])
        statistic, possible = self._statistic(counts, first)
        return np.asarray((statistic > levels[:, np.newaxis, np.newaxis]) & possible)

    def tell(self, level: float) -> str:
        """The level in the method's own terms."""
        return "" if self.knob is None else self.knob.tell(level)

    def _statistic(self, counts: Integers, first: int) -> tuple[Floats, Flags]:
        """The statistic, -inf where there is no verdict, and where an alarm is possible at all."""
        assert isinstance(self.knob, ByStatistic)
        found = self.judge(counts, first, **(self.knob.loosest or {}))
        if self.knob.statistic == "p":
            assert found.p_value is not None
            statistic = -np.log10(np.maximum(found.p_value, 1e-300))
        else:
            statistic = found.score
        possible = found.alarm if self.knob.loosest is not None else found.reason == detectors.Reason.JUDGED
        return np.where(np.isnan(statistic), -np.inf, statistic), np.asarray(possible)
