"""Progress: how far each stage is, written after the rows that it speaks of.

It is a convenience and a starting point, never the truth: what a table holds is its own highest offset.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from clickhouse_connect.driver.client import Client

from schemas.marker import Marker
from sinks.database import Database
from sinks.native import encode
from sinks.table import Column, Place, Table, quoted

_CODE = "LowCardinality(String)"

TABLE = Table(
    name="progress_log",
    columns=(
        Column(
            "stage",
            _CODE,
            "line_list, lab_results, entry_declarations, observations (each with verdicts), aggregates or alerts",
        ),
        Column("topic", _CODE, "Topic that position counts in: the source for records, else the stage's own"),
        Column("partition", "UInt16", "Partition of that topic"),
        Column("position", "UInt64", "Everything before this offset is in the tables"),
        Column("marker", "String", "Source positions that the stage has reached: topic/partition=offset,..."),
        Column("marker_id", "String", "Id of those positions"),
        Column("clock", "DateTime64(3, 'UTC')", "Clock of the last message applied"),
        Column("alert_ends", "Array(Int64)", "aggregates: end of each alert-history partition at the marker"),
        Column("topic_id", _CODE, "Kafka's id of the topic that position counts in"),
        Column("read_to", "UInt64", "Where to read on in the topic that the stage follows"),
        Column("head_offset", "Int64", "Offset there of the last message applied; -1 where there is none yet"),
        Column("head", "String", "Id of that message, hexadecimal"),
        Column("in_tables", "String", "JSON: highest offset and row in each table when this was written"),
    ),
    order_by=("stage", "topic", "partition"),
    place=Place("topic_id", "partition", "position"),
    meaning="Progress of each stage; the view progress shows the newest row of each",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stage is in one partition; fields as the columns of the table."""

    stage: str
    topic: str
    partition: int
    position: int
    marker: Marker
    clock: int
    topic_id: str
    read_to: int
    head_offset: int
    head: bytes
    alert_ends: tuple[int, ...] = ()
    in_tables: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def create_sql(database: str) -> str:
    """Return the DDL: newer rows replace older ones when parts merge."""
    columns = ",\n".join(f"  `{c.name}` {c.type} COMMENT {quoted(c.meaning)}" for c in TABLE.columns)
    return (
        f"CREATE TABLE IF NOT EXISTS {database}.{TABLE.name} (\n{columns},\n"
        "  `written_at` DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'ClickHouse''s own time of the row'\n"
        f") ENGINE = ReplacingMergeTree(written_at)\nORDER BY ({', '.join(TABLE.order_by)})\n"
        f"COMMENT {quoted(TABLE.meaning)}"
    )


def save(database: Database, rows: Sequence[Progress]) -> None:
    """Write progress; the rows it speaks of must be in."""
    frame = pl.DataFrame(
        {
            "stage": [r.stage for r in rows],
            "topic": [r.topic for r in rows],
            "partition": [r.partition for r in rows],
            "position": [r.position for r in rows],
            "marker": [str(r.marker) for r in rows],
            "marker_id": [r.marker.marker_id() for r in rows],
            "clock": [r.clock for r in rows],
            "alert_ends": pl.Series([list(r.alert_ends) for r in rows], dtype=pl.List(pl.Int64)),
            "topic_id": [r.topic_id for r in rows],
            "read_to": [r.read_to for r in rows],
            "head_offset": [r.head_offset for r in rows],
            "head": [r.head.hex() for r in rows],
            "in_tables": [json.dumps({k: list(v) for k, v in sorted(r.in_tables.items())}) for r in rows],
        }
    )
    body = encode(frame, TABLE.columns)
    names = TABLE.column_names
    database.patiently(lambda client: client.raw_insert(f"{database.name}.{TABLE.name}", names, body, fmt="Native"))


def read(client: Client, database: str, stage: str | None = None) -> list[Progress]:
    """Return the newest progress of each stage and partition.

    Parameters
    ----------
    client
        May be read-only.
    database
        Name of the database.
    stage
        Only this one; None is all.
    """
    names = [f.name for f in TABLE.columns if f.name not in ("marker_id", "clock")]
    where = f"WHERE stage = {quoted(stage)} " if stage else ""
    found = client.query(
        f"SELECT {', '.join(names)}, toUnixTimestamp64Milli(clock) AS clock FROM {database}.progress {where}"
        "ORDER BY stage, topic, partition"
    )
    return [
        Progress(
            **{
                **row,
                "marker": Marker.parse(row["marker"]),
                "head": bytes.fromhex(row["head"]),
                "alert_ends": tuple(row["alert_ends"]),
                "in_tables": {k: (v[0], v[1]) for k, v in json.loads(row["in_tables"]).items()},
            }
        )
        for row in found.named_results()
    ]
