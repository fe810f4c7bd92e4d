"""Alert history: every revision of every alert, as it was sent."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from schemas.marker import Marker
from sinks.placed import Placed
from sinks.table import Column, Place, Table

_CODE = "LowCardinality(String)"
_INSTANT = "DateTime64(3, 'UTC')"

EVENT_COLUMNS = (
    Column("alert_id", "String", "Identity: hash of signal, area and first day"),
    Column("revision", "UInt32", "From 1"),
    Column("kind", _CODE, "What happened: OPENED, JOINED, REVISED, ENDED, REOPENED, WITHDRAWN or MERGED"),
    Column("state", _CODE, "OPEN, ENDED, WITHDRAWN or MERGED"),
    Column("signal", _CODE, "Signal of the catalogue"),
    Column("disease", _CODE, "Disease of the signal"),
    Column("area", _CODE, "GB/T 2260 code"),
    Column("level", _CODE, "county, prefecture, province or nation"),
    Column("severity", _CODE, "low, medium, high or critical"),
    Column("first_day", "Date32", "First alarm day"),
    Column("last_day", "Date32", "Last alarm day"),
    Column("days", "Array(Date32)", "Alarm days"),
    Column("cases", "Int64", "Count from the start of the first alarm's window to the last alarm day"),
    Column("cases_7d", "Int64", "Count of the seven days that end on the last alarm day"),
    Column("peak_7d", "Int64", "Highest seven-day count on an alarm day"),
    Column("baseline_from", "Date32", "Day of the first number in baseline"),
    Column("baseline", "Array(Int32)", "Daily counts from baseline_from to the last alarm day"),
    Column("opened_at", _INSTANT, "Clock at the first event"),
    Column("deadline", f"Nullable({_INSTANT})", "opened_at plus the legal hours; null where there is no clock"),
    Column("clock_hours", "Int32", "Legal hours of verification"),
    Column("continues", "Nullable(String)", "Alert that this one renews after the cap"),
    Column("merged_into", "Nullable(String)", "Alert that took this one over"),
    Column("speaks", "Bool", "A message goes out for this revision"),
    Column("speaks_because", _CODE, "Why it speaks, or empty"),
    Column("expanded_from_counts", "Bool", "Cases are published counts expanded to records"),
    Column("catalogue", _CODE, "Version of the catalogue"),
    Column("clock", _INSTANT, "Clock at this revision"),
    Column("marker", "String", "Source positions at this revision: topic/partition=offset,..."),
    Column("marker_id", _CODE, "Id of those positions"),
    Column(
        "denominator_7d",
        "Nullable(Int64)",
        "Tests or arrivals of the seven days that end on the last alarm day, or places on it; else null",
    ),
)

EVIDENCE_COLUMNS = (
    Column("evidence.method", "Array(String)", "One element a method: its name"),
    Column("evidence.parameters", "Array(String)", "Parameters as JSON"),
    Column("evidence.speaks", "Array(Bool)", "Its alarms open alerts"),
    Column("evidence.day", "Array(Date32)", "Day judged"),
    Column("evidence.observed", "Array(Nullable(Float64))", "What was compared"),
    Column("evidence.expected", "Array(Nullable(Float64))", "Expected"),
    Column("evidence.upper", "Array(Nullable(Float64))", "Alarm bound"),
    Column("evidence.score", "Array(Nullable(Float64))", "Test statistic"),
    Column("evidence.p_value", "Array(Nullable(Float64))", "p value"),
    Column("evidence.alarm", "Array(Bool)", "Alarm on that day"),
    Column("evidence.reason", "Array(String)", "Why there is no verdict, or empty"),
    Column("evidence.alarm_days", "Array(Array(Date32))", "Days of the episode on which it alarms"),
)

_PLACE_COLUMNS = (
    Column("_topic_id", _CODE, "Kafka's id of the alert-history topic"),
    Column("_partition", "UInt16", "Partition of the alert-history topic"),
    Column("_offset", "UInt64", "Offset of the event: with topic id and partition unique"),
)

TABLE = Table(
    name="alert_history",
    columns=EVENT_COLUMNS + EVIDENCE_COLUMNS + _PLACE_COLUMNS,
    order_by=("alert_id", "revision"),
    place=Place("_topic_id", "_partition", "_offset"),
    meaning="Every revision of every alert, one row each",
)

_POLARS = {
    "String": pl.String(),
    _CODE: pl.String(),
    "Nullable(String)": pl.String(),
    "UInt32": pl.UInt32(),
    "Int32": pl.Int32(),
    "Int64": pl.Int64(),
    "Nullable(Int64)": pl.Int64(),
    "Bool": pl.Boolean(),
    "Date32": pl.Date(),
    _INSTANT: pl.Int64(),
    f"Nullable({_INSTANT})": pl.Int64(),
    "Nullable(Float64)": pl.Float64(),
    "UInt16": pl.UInt16(),
    "UInt64": pl.UInt64(),
}


def _dtype(column_type: str) -> pl.DataType:
    if column_type.startswith("Array("):
        return pl.List(_dtype(column_type[6:-1]))
    return _POLARS[column_type]


def _series(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    """Return a column; lists are built flat and cut, for polars makes a Series of each list that it is given."""
    if not isinstance(dtype, pl.List):
        if isinstance(dtype, pl.Date) and values and isinstance(values[0], int):
            return pl.Series(name, values, dtype=pl.Int32).cast(pl.Date)
        return pl.Series(name, values, dtype=dtype)
    lengths = [len(value) for value in values]
    inner = dtype.inner
    assert isinstance(inner, pl.DataType)
    flat = _series(name, list(chain.from_iterable(values)), inner)
    row = pl.Series("row", np.repeat(np.arange(len(values)), lengths))
    cut = pl.DataFrame([row, flat]).group_by("row", maintain_order=True).agg(name)
    every = pl.DataFrame([pl.Series("row", np.arange(len(values)))])
    filled = pl.col(name).fill_null(pl.lit(pl.Series([[]], dtype=dtype)))
    return every.join(cut, on="row", how="left", maintain_order="left").select(filled).to_series()


def rows(events: Sequence[Placed]) -> pl.DataFrame:
    """Return one row an event.

    Events are deep (arrays of records): they are decoded one by one, unlike reports, and turned over to columns.
    """
    markers = {e.record["marker_id"]: str(Marker.from_avro(e.record["marker"])) for e in events}
    special: dict[str, list[Any]] = {
        "marker": [markers[e.record["marker_id"]] for e in events],
        "_topic_id": [e.topic_id for e in events],
        "_partition": [e.partition for e in events],
        "_offset": [e.offset for e in events],
    }
    columns = []
    for column in TABLE.columns:
        if column.name in special:
            values = special[column.name]
        elif column.name.startswith("evidence."):
            part = column.name.removeprefix("evidence.")
            values = [[evidence[part] for evidence in event.record["evidence"]] for event in events]
        else:
            values = [event.record[column.name] for event in events]
        columns.append(_series(column.name, values, _dtype(column.type)))
    return pl.DataFrame(columns)
