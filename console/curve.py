"""The epidemic curve of an alert: daily counts, and what each method expected and bounded on every day."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.recompute import judge
from console.warehouse import Row, Warehouse
from detectors import Verdicts, build
from schemas import registry

LEAD_DAYS = 28
"""Days shown before the first alarm, so that one sees what was usual."""

TAIL_DAYS = 28
"""Days shown after the last alarm of an alert that is over."""

_AGGREGATE_FIELDS = frozenset(field["name"] for field in registry.schema(registry.AGGREGATE_ROW)["fields"])
_PARTS = ("expected", "upper", "score", "alarm")


def _selected(methods: Sequence[str]) -> str:
    names = [f"{method}_{part}" for method in methods for part in _PARTS]
    return ", ".join(
        ["day", "count", "denominator", "alarm AS speaking_alarm", *(n for n in names if n in _AGGREGATE_FIELDS)]
    )


def _stored(warehouse: Warehouse, row: Row, methods: Sequence[str], upto: dt.date) -> list[Row]:
    return warehouse.rows(
        "curve",
        f"SELECT {_selected(methods)} FROM {warehouse.database}.aggregates "
        "WHERE signal = {signal:String} AND level = {level:String} AND area = {area:String} "
        "AND day <= {upto:Date32} ORDER BY day",
        {"signal": row["signal"], "level": row["level"], "area": row["area"], "upto": upto},
    )


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 6) for value in values]


def _band(method: str, verdicts: Verdicts, stored: Sequence[Row], first: dt.date) -> dict[str, list[Any]]:
    band = {part: np.array(getattr(verdicts, part)[0], dtype=np.float64) for part in _PARTS}
    for row in stored:
        at = (row["day"] - first).days
        if at >= 0:
            for part in _PARTS:
                value = row[f"{method}_{part}"]
                band[part][at] = np.nan if value is None else value
    alarms = [bool(value == 1) for value in band.pop("alarm")]
    return {**{part: _plain(values) for part, values in band.items()}, "alarm": alarms}


def curve(warehouse: Warehouse, row: Row, said: list[dict[str, Any]], today: dt.date) -> dict[str, Any]:
    """Return the curve around an alert.

    Days without a case are not stored, so their expectation and bound are recomputed by the same method with the
    parameters that the alert names; where a day is stored, the stored numbers are shown.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    row
        The alert, selected with `alert_rows.COLUMNS`.
    said
        Its evidence.
    today
        Civil day of the clock; the curve does not go beyond it.
    """
    last = today if row["state"] == "OPEN" else min(today, row["last_day"] + dt.timedelta(days=TAIL_DAYS))
    last = max(last, row["last_day"])
    first = row["first_day"] - dt.timedelta(days=LEAD_DAYS)
    methods = [one["method"] for one in said if f"{one['method']}_expected" in _AGGREGATE_FIELDS]
    stored = _stored(warehouse, row, methods, last)
    counts = {one["day"]: one["count"] for one in stored}
    beside = {one["day"]: one["denominator"] or 0 for one in stored}
    bands = {}
    for one in said:
        if one["method"] in methods:
            verdicts = judge(one["method"], build(one["method"], one["parameters"]), counts, first, last, beside)
            bands[one["method"]] = _band(one["method"], verdicts, stored, first)
    own = frozenset(row["days"])
    days = [first + dt.timedelta(days=i) for i in range((last - first).days + 1)]
    told = any(one["denominator"] is not None for one in stored)
    among = [beside.get(day, 0) for day in days] if told else None
    return {
        "from": first.isoformat(),
        "counts": [counts.get(day, 0) for day in days],
        "denominators": among,
        "alarm_days": [day.isoformat() for day in row["days"]],
        "other_alarm_days": [
            one["day"].isoformat()
            for one in stored
            if one["speaking_alarm"] and one["day"] not in own and one["day"] >= first
        ],
        "partial": last == today,
        "methods": bands,
    }
