"""From alarm weeks to alerts and to what they found: an alert is a run of consecutive alarm weeks."""

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

MISSED = -1


def alert_starts(alarm: Flags) -> Flags:
    """The first week of each run of alarm weeks.

    >>> alert_starts(np.array([[True, True, False, True]])).astype(int)
    array([[1, 0, 0, 1]])
    """
    starts = alarm.copy()
    starts[..., 1:] &= ~alarm[..., :-1]
    return starts


def delays(alarm: Flags, outbreak: Flags) -> NDArray[np.int64]:
    """Weeks from an outbreak's first week to the first alarm up to its last; `MISSED` where none came.

    Parameters
    ----------
    alarm, outbreak : (S, W) bool
        Each series has one outbreak, which may have weeks without a case in it.

    >>> delays(np.array([[True, False, False, True]]), np.array([[False, True, False, True]]))
    array([2])
    """
    weeks = np.arange(outbreak.shape[1])
    first = outbreak.argmax(axis=1)
    last = outbreak.shape[1] - 1 - outbreak[:, ::-1].argmax(axis=1)
    inside = (weeks >= first[:, np.newaxis]) & (weeks <= last[:, np.newaxis])
    hit = np.asarray(alarm & inside & outbreak.any(axis=1, keepdims=True))
    return np.where(hit.any(axis=1), hit.argmax(axis=1) - first, MISSED)
