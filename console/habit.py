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
    ago = np.where(counts.any(axis=1), (counts[:, ::-1] > 0).argmax(axis=1), HISTORY)
    day, week = _Compared.of("day", counts, HISTORY - 1), _Compared.of("week", counts, HISTORY - 1)
    found = [_lately(row, at, day, week) for at, row in enumerate(counts)]
    # Only who was not heard yesterday can be silent, and only since it was heard last: the methods cost ten
    # microseconds a step, and a nation has thousands of senders.
    for rows, first in (
        (np.flatnonzero((ago > 1) & (ago <= WEEK)), HISTORY - WEEK),
        (np.flatnonzero(ago > WEEK), BLOCKS * WEEK + 1),
    ):
        if rows.size:
            compared = [_Compared.of("day", counts[rows], first)]
            if first < HISTORY - WEEK:
                compared.append(_Compared.of("week", counts[rows], first + WEEK - 1))
            for at, row in enumerate(rows.tolist()):
                told = (one.silent(counts[row], at, int(ago[row])) for one in compared)
                found[row] = next((habit for habit in told if habit is not None), found[row])
    return found


@dataclass(frozen=True, slots=True)
class _Compared:
    """One comparison over some senders; step k judges the `window` days that closed before it."""

    by: Literal["day", "week"]
    window: int
    first: int
    verdicts: Verdicts

    @classmethod
    def of(cls, by: Literal["day", "week"], counts: NDArray[np.int64], first: int) -> "_Compared":
        window = 1 if by == "day" else WEEK
        return cls(by, window, first, build("absence", {"blocks": BLOCKS, "window": window}).judge(counts, first=first))

    def habit(self, state: State, row: NDArray[np.int64], at: int, step: int) -> Habit:
        observed = int(row[step - self.window : step].sum())
        expected = float(self.verdicts.expected[at, step - self.first])
        return Habit(state, self.by, HISTORY - step, observed, round(expected, 1))

    def silent(self, row: NDArray[np.int64], at: int, ago: int) -> Habit | None:
        """Return what first told of the silence since the sender was heard, `ago` days before today, if anything."""
        heard = HISTORY - 1 - ago
        steps = np.arange(self.first, HISTORY)
        told = np.flatnonzero(self.verdicts.alarm[at] & (steps - self.window > heard))
        return self.habit("silent", row, at, int(steps[told[0]])) if told.size else None


def _lately(row: NDArray[np.int64], at: int, day: _Compared, week: _Compared) -> Habit:
    for compared in (day, week):
        if compared.verdicts.alarm[at, -1]:
            return compared.habit("less", row, at, HISTORY - 1)
    return week.habit("usual" if row[-DAYS:].any() else "gone", row, at, HISTORY - 1)
