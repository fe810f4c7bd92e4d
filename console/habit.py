"""Whether a sender reports as usual: its last closed day, and its last seven, against its own like weekdays."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors import build

State = Literal["usual", "less", "silent"]

BLOCKS = 5
WEEK = 7
DAYS = BLOCKS * WEEK + WEEK + 1
"""Days that are looked at: the judged one, which is still open, and six weeks before it."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a sender's last closed days compare with its habit.

    Attributes
    ----------
    state
        ``silent``: nothing has come since, and that is unlikely; ``less``: unlikely few came; ``usual`` otherwise, as
        always of a sender that rarely reports.
    by
        Which comparison says so: ``day``, the last closed day on which nothing at all would have been unlikely (for who
        reports on weekdays a Friday, on a Sunday), against its like weekdays; or ``week``, the last seven closed days
        against the weeks before. Of a usual one the week.
    back
        How many days ago that day was, or the week ended: 1 is yesterday.
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
        Records a day, S × `DAYS`; the last column is today, which is not over and not judged.

    Examples
    --------
    >>> every_monday = np.zeros((1, DAYS), np.int64)
    >>> every_monday[0, np.arange(DAYS - 4, -1, -7)] = 40
    >>> habits(every_monday)[0].state
    'usual'
    >>> every_monday[0, DAYS - 4] = 0
    >>> habits(every_monday)[0]
    Habit(state='silent', by='day', back=3, observed=0, expected=40.1)
    """
    if not len(counts):
        return []
    # Step k judges the closed day before it: the last seven of them.
    day = build("absence", {"blocks": BLOCKS}).judge(counts, first=DAYS - WEEK)
    week = build("absence", {"blocks": BLOCKS, "window": WEEK}).judge(counts, first=DAYS - 1)
    telling = day.upper >= 0
    back = np.where(telling.any(axis=1), telling[:, ::-1].argmax(axis=1), 0) + 1
    found = []
    for row, ago in enumerate(back.tolist()):
        judged = WEEK - ago
        by_day = bool(day.alarm[row, judged])
        alarm = by_day or bool(week.alarm[row, 0])
        since = counts[row, -1 - (ago if by_day else WEEK) : -1]
        observed = int(since[0] if by_day else since.sum())
        expected = float(day.expected[row, judged] if by_day else week.expected[row, 0])
        state: State = "usual" if not alarm else "less" if since.any() else "silent"
        found.append(Habit(state, "day" if by_day else "week", ago if by_day else 1, observed, round(expected, 1)))
    return found
