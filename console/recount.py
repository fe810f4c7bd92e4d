"""Counting the line list again, by SQL, as it stood when the sources were at a marker."""

import datetime as dt

from catalogue.levels import Level
from catalogue.model import Signal
from console.warehouse import Warehouse
from schemas.marker import Marker
from sinks.records import RECORD_STAGES, RECORD_TABLES
from sinks.views import standing_sql

_COLUMN_OF_LEVEL = {"county": "county", "prefecture": "prefecture", "province": "province"}


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
        Where the line list is.
    signal
        Whose condition counts; the same text that the pipeline runs is run by ClickHouse here.
    area, level
        The series: an area's total, or the reports known no further than an area whose code ends in u.
    marker
        Source positions up to which reports count.
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
    place = f"{_COLUMN_OF_LEVEL[level]} = {{area:String}}" if level in _COLUMN_OF_LEVEL else "true"
    records = next(records for records in RECORD_TABLES if records.source.name == signal.source)
    standing = standing_sql(warehouse.database, records, before_marker_sql(marker))
    rows = warehouse.rows(
        "recount",
        f"SELECT report_day, count() AS cases FROM (\n{standing}\n)\n"
        f"WHERE ({signal.condition}) AND {place} AND report_day <= {{upto:Date32}}\nGROUP BY report_day",
        {"area": area, "upto": upto},
    )
    return {row["report_day"]: row["cases"] for row in rows}


def _require(warehouse: Warehouse, marker: Marker) -> None:
    rows = warehouse.rows(
        "recount_position",
        f"SELECT topic, partition, position FROM {warehouse.database}.progress WHERE stage IN {RECORD_STAGES}",
    )
    stands = Marker({(row["topic"], row["partition"]): row["position"] for row in rows})
    if not stands.covers(marker):
        raise NotThereYet("the line list has not reached the positions that the alert was computed at")
