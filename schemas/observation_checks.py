"""What an observation must keep to, besides what every record must; see `schemas.checks`.

What is believed of a number depends on its indicator: see `schemas.indicators`.
"""

import sys
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from schemas.checks import (
    ABSENT,
    CLOCK_TOLERANCE_MS,
    CODE,
    Area,
    Checks,
    Coded,
    Columns,
    Fault,
    Items,
    Rules,
    Within,
    day_of,
)
from schemas.countries import COUNTRIES
from schemas.indicators import COUNT, SHARE, VALUE, indicators
from schemas.ports import ports

LONGEST_PERIOD = 366
"""Days; a year's figure is the longest that is reported as one."""

_FUTURE = max(indicator.future_days for indicator in indicators().values())
_NEEDED = ("port", "origin_country", "site")
_LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class _Table:
    """Indicators as arrays, one element a code, and one more at the end for the unknown (index -1)."""

    kind: NDArray[np.str_]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    future: NDArray[np.int64]
    needs: dict[str, NDArray[np.bool_]]


@cache
def _table() -> _Table:
    known = list(indicators().values())
    return _Table(
        np.array([*(i.kind for i in known), ""]),
        np.array([*(i.low for i in known), -_LARGEST]),
        np.array([*(i.high for i in known), _LARGEST]),
        np.array([*(i.future_days for i in known), _FUTURE], np.int64),
        {name: np.array([*(name in i.needs for i in known), False]) for name in _NEEDED},
    )


def _further(columns: Columns, arrival: NDArray[np.int64], reported_day: NDArray[np.int64]) -> list[Fault]:
    del reported_day
    reported, revised = columns["reported_at"], columns["revised_at"]
    count, denominator, value = columns["count"], columns["denominator"], columns["value"]
    table, indicator = _table(), columns["indicator"]
    stands = ~columns["RETRACT"]
    low, high, kind = table.low[indicator], table.high[indicator], table.kind[indicator]
    given = {"port": columns["port given"], "origin_country": columns["origin_country given"]}
    given["site"] = columns["site given"]
    counted = np.isin(kind, (COUNT, SHARE))
    today = day_of(arrival + CLOCK_TOLERANCE_MS)
    faults: list[Fault] = [
        ((revised != ABSENT) & (revised < reported), "revised_before_report", "revised_at"),
        (columns["period_start"] > today + table.future[indicator], "date_in_future", "period_start"),
    ]
    faults += [(stands & table.needs[name][indicator] & ~given[name], "missing_field", name) for name in _NEEDED]
    return [
        *faults,
        (stands & counted & (count == ABSENT), "missing_field", "count"),
        (stands & (kind == SHARE) & (denominator == ABSENT), "missing_field", "denominator"),
        (stands & (kind == VALUE) & ~columns["value given"], "missing_field", "value"),
        (counted & (count != ABSENT) & ((count < low) | (count > high)), "value_out_of_range", "count"),
        ((denominator != ABSENT) & (denominator < 0), "value_out_of_range", "denominator"),
        (
            (kind == SHARE) & (count != ABSENT) & (denominator != ABSENT) & (count > denominator),
            "count_above_denominator",
            "count",
        ),
        (columns["value given"] & ((value < low) | (value > high)) & (kind == VALUE), "value_out_of_range", "value"),
    ]


CHECKS = Checks(
    Rules(
        key="observation_id",
        patterns={"site": CODE, "conveyance": CODE},
        fields=(
            Coded("indicator", lambda: tuple(indicators()), "unknown_indicator"),
            Area("reported_area"),
            Area("area"),
            Within("period_days", 1, LONGEST_PERIOD, "bad_period"),
            Within("value", -_LARGEST, _LARGEST, "value_out_of_range"),
            Coded("port", lambda: tuple(ports()), "unknown_port"),
            Coded("origin_country", lambda: sorted(COUNTRIES)),
            Items("dimension", part="name", reason="bad_pattern"),
            Items("dimension", part="value", reason="bad_pattern"),
        ),
        integers=("count", "denominator"),
        numbers=("value",),
        present=("site",),
        days=("period_start",),
        instants=("reported_at", "revised_at"),
        later={"period_start": _FUTURE},
        anonymous=True,
        further=_further,
    )
)
