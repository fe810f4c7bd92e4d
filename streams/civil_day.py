"""Civil days in Asia/Shanghai, as days since 1970-01-01."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

SHANGHAI = ZoneInfo("Asia/Shanghai")

_DAY_MS = 86_400_000
_OFFSET_MS = 8 * 3_600_000
# Summer time was in force for the last time in 1991; from then on the day is plain arithmetic.
_PLAIN_SINCE_MS = int(dt.datetime(1992, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)


def civil_day(instant_ms: int) -> int:
    """Return the civil day of an instant (milliseconds UTC)."""
    if instant_ms >= _PLAIN_SINCE_MS:
        return (instant_ms + _OFFSET_MS) // _DAY_MS
    local = dt.datetime.fromtimestamp(instant_ms / 1000, SHANGHAI).date()
    return (local - dt.date(1970, 1, 1)).days


def civil_days(instants: pl.Series) -> NDArray[np.int32]:
    """Return the civil day of each instant of a column of ``Datetime("ms", "UTC")`` without nulls."""
    milliseconds = instants.cast(pl.Int64).to_numpy()
    if milliseconds.size and milliseconds.min() < _PLAIN_SINCE_MS:
        local = instants.dt.convert_time_zone("Asia/Shanghai").dt.date()
        return local.cast(pl.Int32).to_numpy()
    return ((milliseconds + _OFFSET_MS) // _DAY_MS).astype(np.int32)
