"""Counting the line list again, by SQL, as it stood when the sources were at a marker."""

import datetime as dt
from collections.abc import Sequence

from catalogue.counted import Counted
from catalogue.levels import Level
from catalogue.model import Signal
from console.warehouse import Warehouse
from schemas.marker import Marker
from sinks.counted_sql import amount_sql, counting_sql, day_sql, series_sql
from sinks.records import RECORD_STAGES


class NotThereYet(RuntimeError):
    """The line list in ClickHouse has not reached the marker; ask again later."""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def before_marker_sql(marker: Marker, prefix: str = "_") -> str:
    """Return the condition on rows of a table that lie before a marker; `prefix` stands before their place columns.

    Only rows of the topics that the marker names count: one that it does not name was not contained.
    """
    parts = [
        f"({prefix}topic = {_quoted(topic)} AND {prefix}partition = {partition} AND {prefix}offset < {to})"
        for (topic, partition), to in marker.items()
    ]
    return " OR ".join(parts) or "false"


def daily_counts(
    warehouse: Warehouse, signal: Signal, area: str, level: Level, marker: Marker, upto: dt.date
) -> dict[dt.date, int]:
    """Return the days with cases and their counts.

    Parameters
    ----------
    warehouse
        Where the records are.
    signal
        Whose condition counts; the same text that the pipeline runs is run by ClickHouse here.
    area, level
        The series: the total of an area, port or whatever the code stands for, or the reports known no further than an
        area whose code ends in u.
    marker
        Source positions up to which records count.
    upto
        Last day, Asia/Shanghai.

    Raises
    ------
    NotThereYet
        The tables have not reached the marker.
    WarehouseDown
        ClickHouse does not answer.
    """
    _require(warehouse, marker)
    return _daily(warehouse, signal.counted, signal.pathogens, area, level, marker, upto)


def daily_beside(
    warehouse: Warehouse, signal: Signal, area: str, level: Level, marker: Marker, upto: dt.date
) -> dict[dt.date, int] | None:
    """Return the days with denominators and what they are, None where the signal has none.

    Parameters and errors are those of `daily_counts`.
    """
    _require(warehouse, marker)
    if signal.denominator is None:
        return None
    if isinstance(signal.denominator, Counted):
        return _daily(warehouse, signal.denominator, signal.pathogens, area, level, marker, upto)
    return _places(warehouse, signal, signal.denominator.window, area, level, marker, upto)


def _daily(
    warehouse: Warehouse,
    counted: Counted,
    pathogens: Sequence[str],
    area: str,
    level: Level,
    marker: Marker,
    upto: dt.date,
) -> dict[dt.date, int]:
    counting = counting_sql(warehouse.database, counted, before_marker_sql(marker), pathogens)
    day, amount = day_sql(counted), amount_sql(counted)
    rows = warehouse.rows(
        "recount",
        f"SELECT {day} AS day, toInt64(sum({amount})) AS cases FROM (\n{counting}\n)\n"
        f"WHERE ({counted.condition}) AND {series_sql(counted)[level]} = {{area:String}} AND {day} <= {{upto:Date32}}\n"
        "GROUP BY day",
        {"area": area, "upto": upto},
    )
    return {row["day"]: row["cases"] for row in rows}


def _places(
    warehouse: Warehouse, signal: Signal, window: int, area: str, level: Level, marker: Marker, upto: dt.date
) -> dict[dt.date, int]:
    """Return in how many places of a series something counted in the days that end on each day."""
    counted = signal.counted
    counting = counting_sql(warehouse.database, counted, before_marker_sql(marker), signal.pathogens)
    series, day = series_sql(counted), day_sql(counted)
    narrowest = next(iter(series.values()))
    rows = warehouse.rows(
        "recount_places",
        f"SELECT {day} + number AS day, uniqExact({narrowest}) AS places\n"
        f"FROM (\n{counting}\n) ARRAY JOIN range({window}) AS number\n"
        f"WHERE ({counted.condition}) AND {series[level]} = {{area:String}} AND {day} + number <= {{upto:Date32}}\n"
        "GROUP BY day",
        {"area": area, "upto": upto},
    )
    return {row["day"]: row["places"] for row in rows}


def _require(warehouse: Warehouse, marker: Marker) -> None:
    rows = warehouse.rows(
        "recount_position",
        f"SELECT topic, partition, position FROM {warehouse.database}.progress WHERE stage IN {RECORD_STAGES}",
    )
    stands = Marker({(row["topic"], row["partition"]): row["position"] for row in rows})
    if not stands.covers(marker):
        raise NotThereYet("the line list has not reached the positions that the alert was computed at")
