"""What every likelihood-ratio chart has: settings, what it sees of a step, and the count at which it would alarm."""

from typing import Literal, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from detectors.likelihoods.least_count import Alarms, least_count

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]
HIGHEST = float(1 << 40)
"""No count is so high that the chart could not tell: a bound beyond is none."""
FIRST_GUESS = 4.0


class Chart(NamedTuple):
    """What the charts of a batch have in common; see :class:`detectors.glr.method.method.Glr`."""

    limit: float
    shift: float | None
    sign: int
    window: int | None
    least_length: int
    change: Literal["level", "epidemic"]
    strict: bool


class Look(Protocol):
    """What the charts of some series look at in a step whose counts are still open."""

    def values(self, counts: Floats) -> Floats:
        """The charts' values with these counts."""
        ...

    def some(self, which: Rows) -> Self:
        """The same of some of the series."""
        ...


class Charts(Protocol):
    """The charts of S series, as they go from step to step; `rows` says which of them are meant."""

    def remember(self, rows: Rows, counts: Floats) -> None:
        """Counts of steps that are not judged, of which the next step may want to know."""
        ...

    def look(self, rows: Rows, means: Floats) -> Look:
        """What these charts see in a step with these means."""
        ...

    def bounds(self, rows: Rows, means: Floats, counts: Floats) -> Floats:
        """The least counts that would alarm in it (for a fall the highest; -1 where none does)."""
        ...

    def add(self, rows: Rows, means: Floats, counts: Floats) -> tuple[Floats, Flags]:
        """Go on a step, anew after an alarm; the values and the alarms."""
        ...


def alarms_of(look: Look, limit: float) -> Alarms:
    """Whether counts would alarm."""
    return lambda which, counts: np.asarray(look.some(which).values(counts) >= limit)


def rise_bounds(look: Look, limit: float, guess: Floats) -> Floats:
    """The least counts that alarm, inf where none does."""
    return least_count(alarms_of(look, limit), guess, HIGHEST)


def fall_bounds(look: Look, chart: Chart, guess: Floats) -> Floats:
    """The highest counts that alarm, -1 where none does.

    R counts up from 0 until there is no alarm, and it leaves windows without any case out: its bound is -1 where 0 does
    not alarm, though 1 might.
    """
    alarms = alarms_of(look, chart.limit)
    bounds = least_count(lambda which, counts: ~alarms(which, counts), guess, HIGHEST) - 1
    if chart.strict and guess.size:
        bounds[~alarms(np.arange(guess.size), np.zeros(guess.size))] = -1
    return bounds
