"""Whether a sender reports as usual: its last closed days against its own like weekdays of the weeks before."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors import Verdicts, build

State = Literal["silent", "less", "usual", "gone"]

STATES: tuple[State, ...] = ("silent", "less", "usual", "gone")
"""From the one that calls for a telephone to the one that is history."""

BLOCKS = 5
WEEK = 7
DAYS = BLOCKS * WEEK + WEEK + 1
"""Days that are shown: the open one, the week before it, and the five weeks that those are compared with."""

HISTORY = 92
"""Days that must be known: a silence is remembered until it ends, not only while the weeks before it were loud."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a sender's last closed days compare with its habit.

    Attributes
    ----------
    state
        ``silent``: nothing has come since, and that was unlikely; ``less``: unlikely few came lately; ``gone``: nothing
        in all the days shown, of one that had no habit before; ``usual`` otherwise, as always of a sender that rarely
        reports.
    by
        Which comparison says so: ``day``, a closed day against its like weekdays, or ``week``, seven closed days
        against the weeks before.
    back
        How many days ago that day was, or those seven ended: 1 is yesterday. Of a silence, where it first told.
    observed, expected
        Records of that day or week, and the mean of those compared with.
    """

    state: State
    by: Literal["day", "week"]
    back: int
    observed: int
    expected: float


def habits(counts: NDArray[np.int64]) -> list[Habit]:
    """Judge senders, one a row.

    Parameters
    ----------
    counts
        Records a day, S × `HISTORY`; the last column is today, which is not over and not judged.

    Examples
    --------
    >>> mondays = np.zeros((1, HISTORY), np.int64)
    >>> mondays[0, np.arange(HISTORY - 4, -1, -7)] = 40
    >>> habits(mondays)[0].state
    'usual'
    >>> mondays[0, HISTORY - 4] = 0
    >>> habits(mondays)[0]
    Habit(state='silent', by='day', back=3, observed=0, expected=40.1)
    """
    if not len(counts):
        return []
    day, week = (_Compared.of(by, window, counts) for by, window in (("day", 1), ("week", WEEK)))
    return [_habit(row, at, day, week) for at, row in enumerate(counts)]


@dataclass(frozen=True, slots=True)
class _Compared:
    """One comparison over all senders; step k judges the `window` days that closed before it."""

    by: Literal["day", "week"]
    window: int
    first: int
    verdicts: Verdicts

    @classmethod
    def of(cls, by: Literal["day", "week"], window: int, counts: NDArray[np.int64]) -> "_Compared":
        first = BLOCKS * WEEK + window
        return cls(by, window, first, build("absence", {"blocks": BLOCKS, "window": window}).judge(counts, first=first))

    def habit(self, state: State, row: NDArray[np.int64], at: int, step: int) -> Habit:
        observed = int(row[step - self.window : step].sum())
        expected = float(self.verdicts.expected[at, step - self.first])
        return Habit(state, self.by, HISTORY - step, observed, round(expected, 1))

    def silent(self, row: NDArray[np.int64], at: int) -> Habit | None:
        """Return what first told of a silence that lasts, if it does."""
        heard = np.flatnonzero(row)
        steps = np.arange(self.first, HISTORY)
        within = steps - self.window > (heard[-1] if heard.size else -1)
        told = np.flatnonzero(self.verdicts.alarm[at] & within)
        return self.habit("silent", row, at, int(steps[told[0]])) if told.size else None


def _habit(row: NDArray[np.int64], at: int, day: _Compared, week: _Compared) -> Habit:
    if (silence := day.silent(row, at) or week.silent(row, at)) is not None:
        return silence
    # The latest day on which nothing at all would have been unlikely: for who reports on weekdays not the Sunday.
    telling = np.flatnonzero(day.verdicts.upper[at, -WEEK:] >= 0)
    if telling.size and day.verdicts.alarm[at, int(telling[-1]) - WEEK]:
        return day.habit("less", row, at, HISTORY - WEEK + int(telling[-1]))
    if week.verdicts.alarm[at, -1]:
        return week.habit("less", row, at, HISTORY - 1)
    return week.habit("usual" if row[-DAYS:].any() else "gone", row, at, HISTORY - 1)
