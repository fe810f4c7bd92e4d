"""Aggregates: what was counted and judged for each signal, area and day, in every version that was sent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from schemas import registry
from schemas.columns import decode_block, dtypes
from sinks.placed import Placed
from sinks.table import Column, Place, Table

_CODE = "LowCardinality(String)"
_INSTANT = "DateTime64(3, 'UTC')"

KEY_COLUMNS = (
    Column("signal", _CODE, "Signal of the catalogue"),
    Column("disease", _CODE, "Disease of the signal"),
    Column(
        "area",
        _CODE,
        "GB/T 2260 code (with a u: cases of that area whose county is unknown), port, country of origin, "
        "port/conveyance or area/type",
    ),
    Column("level", _CODE, "county, prefecture, province, nation, port, origin or conveyance"),
    Column("day", "Date32", "Civil day in Asia/Shanghai"),
    Column("count", "Int64", "Cases of the day"),
    Column(
        "count_7d", "Nullable(Int64)", "Cases of the seven days that end on the day; null in a row that was taken back"
    ),
    Column("alarm", "Bool", "A method that speaks alarms on the day"),
)

DENOMINATOR = Column("denominator", "Nullable(Int64)", "Tests, arrivals or places beside the count, or null")

_MEANINGS = {
    "expected": "expected by",
    "upper": "alarm bound of",
    "score": "test statistic of",
    "alarm": "alarm of",
    "reason": "why there is no verdict, or null, by",
    "p_value": "p value of",
}
_TYPES = {
    "expected": "Nullable(Float64)",
    "upper": "Nullable(Float64)",
    "score": "Nullable(Float64)",
    "p_value": "Nullable(Float64)",
    "alarm": "Nullable(Bool)",
    "reason": "LowCardinality(Nullable(String))",
}


def _method_columns() -> tuple[Column, ...]:
    """Return the columns of every method in the row schema: one that the schema gains appears here by itself."""
    known = {column.name for column in (*KEY_COLUMNS, DENOMINATOR)}
    columns = []
    for name in dtypes(registry.AGGREGATE_ROW):
        if name in known:
            continue
        part = next(part for part in _TYPES if name.endswith("_" + part))
        method = name.removesuffix("_" + part)
        columns.append(Column(name, _TYPES[part], f"{_MEANINGS[part]} method {method}"))
    return tuple(columns)


METHOD_COLUMNS = _method_columns()

_PLACE_COLUMNS = (
    Column("clock", _INSTANT, "Clock of the batch"),
    Column("marker_id", _CODE, "Id of the source positions that the row was computed at"),
    Column("catalogue", _CODE, "Version of the catalogue"),
    Column("_topic_id", _CODE, "Kafka's id of the aggregates topic"),
    Column("_partition", "UInt16", "Partition of the aggregates topic"),
    Column("_offset", "UInt64", "Offset of the batch"),
    Column("_row", "UInt32", "Row within the batch: with topic id, partition and offset unique"),
)

TABLE = Table(
    name="aggregate_revisions",
    columns=(*KEY_COLUMNS, DENOMINATOR, *METHOD_COLUMNS, *_PLACE_COLUMNS),
    order_by=("signal", "level", "area", "day"),
    place=Place("_topic_id", "_partition", "_offset", "_row"),
    meaning="Every version of every signal x area x day that was sent, one row each",
)


def rows(batches: Sequence[Placed]) -> pl.DataFrame:
    """Return the rows of a run of batches, decoded together.

    Raises
    ------
    schemas.columns.BlockError
        A batch does not hold the rows that it says.
    """
    counts = np.array([batch.record["count"] for batch in batches], dtype=np.int64)
    block = b"".join([batch.record["rows"] for batch in batches])
    frame = decode_block(registry.AGGREGATE_ROW, block, int(counts.sum()))

    def repeated(name: str, values: list[Any], dtype: pl.DataType) -> pl.Series:
        return pl.Series(name, values, dtype=dtype).gather(np.repeat(np.arange(len(batches)), counts))

    firsts = np.cumsum(counts) - counts
    return frame.with_columns(
        repeated("clock", [b.record["clock"] for b in batches], pl.Int64()),
        repeated("marker_id", [b.record["marker_id"] for b in batches], pl.String()),
        repeated("catalogue", [b.record["catalogue"] for b in batches], pl.String()),
        repeated("_topic_id", [b.topic_id for b in batches], pl.String()),
        repeated("_partition", [b.partition for b in batches], pl.Int32()),
        repeated("_offset", [b.offset for b in batches], pl.Int64()),
        pl.Series("_row", (np.arange(frame.height) - np.repeat(firsts, counts)).astype(np.uint32)),
    )
