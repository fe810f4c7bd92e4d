"""The least count that alarms, for many series at once, searched outwards from a guess."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Alarms = Callable[[Rows, Floats], NDArray[np.bool_]]
"""Whether the series `rows` would alarm at these counts."""
PATIENCE = 8.0
"""From this stride on it is asked first whether any count would do."""


def least_count(alarms: Alarms, guess: Floats, largest: Floats | float) -> Floats:
    """The least count from 0 to `largest` that alarms in each series, inf where none does.

    A count above one that alarms must alarm too.
    """
    largest = np.broadcast_to(np.asarray(largest, dtype=np.float64), guess.shape)
    high = np.minimum(np.maximum(np.where(np.isfinite(guess), guess, 0.0), 0.0), largest)
    low = np.full_like(high, -1.0)
    rising = _fall(alarms, low, high)
    stride = 1.0
    while rising.size:
        low[rising] = high[rising]
        done = low[rising] >= largest[rising]
        high[rising[done]] = np.inf
        rising = rising[~done]
        if stride == PATIENCE and rising.size:
            possible = alarms(rising, largest[rising])
            high[rising[~possible]] = np.inf
            rising = rising[possible]
        if rising.size:
            high[rising] = np.minimum(high[rising] + stride, largest[rising])
            rising = rising[~alarms(rising, high[rising])]
        stride *= 2
    return _halve(alarms, low, high)


def _fall(alarms: Alarms, low: Floats, high: Floats) -> Rows:
    """Bring `low` below the bounds that are not above `high`; those that are above."""
    every = np.arange(high.size)
    found = alarms(every, high) if every.size else np.zeros(0, dtype=np.bool_)
    falling, stride = every[found & (high > 0)], 1.0
    while falling.size:
        low[falling] = np.maximum(high[falling] - stride, 0)
        below = alarms(falling, low[falling])
        high[falling[below]] = low[falling[below]]
        low[falling[below & (low[falling] == 0)]] = -1.0
        falling = falling[below & (low[falling] > 0)]
        stride *= 2
    return every[~found]


def _halve(alarms: Alarms, low: Floats, high: Floats) -> Floats:
    """The bounds from between `low`, which does not alarm, and `high`, which does."""
    while True:
        open_ = np.flatnonzero(np.isfinite(high) & (high - low > 1))
        if not open_.size:
            return high
        middle = np.floor((low[open_] + high[open_]) / 2)
        found = alarms(open_, middle)
        high[open_] = np.where(found, middle, high[open_])
        low[open_] = np.where(found, low[open_], middle)
