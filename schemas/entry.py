"""Journal entries: one flush of intake for one source partition, as a value object and as a message.

The rows inside stay packed (integers little endian, Avro bodies as they came): an entry is written once and
read by everyone, and what is read of ten million of them is columns. `after_rows` and `before_rows` decode
the bodies of many entries together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import registry, wire
from schemas.chain import value_id
from schemas.columns import conform, decode_block, dtypes
from schemas.sources import CASE_REPORTS, Source
from schemas.verdicts import Verdict

__all__ = [
    "Bodies",
    "Entry",
    "Note",
    "Verdict",
    "after_rows",
    "before_rows",
    "decode_entry",
    "encode_entry",
    "entry_id",
]


@dataclass(frozen=True, slots=True)
class Note:
    """Why an offset was rejected or conflicted; `field` is the one at fault, or empty."""

    at: int
    reason: str
    field: str = ""
    report_id: str | None = None


@dataclass(frozen=True, slots=True)
class Bodies:
    """Avro bodies of one schema, concatenated as they came."""

    schema_id: int
    count: int
    bodies: bytes


@dataclass(slots=True, eq=False)
class Entry:
    """One journal entry; fields as in ``journal_entry.avsc``, packed integers as arrays.

    `after_at`, `arrival` run over the rows of `after` in order, `before_of` over those of `before`.
    """

    topic: str
    topic_id: str
    partition: int
    from_offset: int
    to_offset: int
    clock: int
    parent: bytes
    verdicts: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, "u1"))
    senders: list[str] = field(default_factory=list)
    sender_of: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, "<i2"))
    notes: list[Note] = field(default_factory=list)
    after: list[Bodies] = field(default_factory=list)
    after_at: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, "<i4"))
    arrival: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, "<i8"))
    before: list[Bodies] = field(default_factory=list)
    before_of: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, "<i4"))


def _bodies(groups: Iterable[Bodies]) -> list[dict[str, Any]]:
    return [{"schema_id": g.schema_id, "count": g.count, "bodies": g.bodies} for g in groups]


def encode_entry(entry: Entry) -> bytes:
    """Return the framed message value of an entry."""
    return wire.encode(
        registry.JOURNAL_ENTRY,
        {
            "topic": entry.topic,
            "topic_id": entry.topic_id,
            "partition": entry.partition,
            "from_offset": entry.from_offset,
            "to_offset": entry.to_offset,
            "clock": entry.clock,
            "parent": entry.parent,
            "verdicts": entry.verdicts.astype("u1", copy=False).tobytes(),
            "senders": entry.senders,
            "sender_of": entry.sender_of.astype("<i2", copy=False).tobytes(),
            "notes": [
                {"at": note.at, "reason": note.reason, "field": note.field, "report_id": note.report_id}
                for note in entry.notes
            ],
            "after": _bodies(entry.after),
            "after_at": entry.after_at.astype("<i4", copy=False).tobytes(),
            "arrival": entry.arrival.astype("<i8", copy=False).tobytes(),
            "before": _bodies(entry.before),
            "before_of": entry.before_of.astype("<i4", copy=False).tobytes(),
        },
    )


def decode_entry(value: bytes) -> Entry:
    """Return the entry in a message value.

    Raises
    ------
    schemas.wire.WireError
        The value is no journal entry.
    """
    schema_id, record = wire.decode(value)
    if schema_id != registry.JOURNAL_ENTRY:
        raise wire.WireError("unknown_schema")
    packed = {
        name: np.frombuffer(record[name], dtype=dtype)
        for name, dtype in (
            ("verdicts", "u1"),
            ("sender_of", "<i2"),
            ("after_at", "<i4"),
            ("arrival", "<i8"),
            ("before_of", "<i4"),
        )
    }
    return Entry(
        **{
            **record,
            **packed,
            "notes": [Note(**note) for note in record["notes"]],
            "after": [Bodies(**group) for group in record["after"]],
            "before": [Bodies(**group) for group in record["before"]],
        }
    )


def entry_id(value: bytes) -> bytes:
    """Return the id of an entry: blake2b-16 of its whole message value."""
    return value_id(value)


def _decode_groups(groups: Sequence[tuple[int, Bodies]], source: Source) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Decode (entry number, bodies) together per schema id; return rows and, for each, its place in order."""
    frames: list[pl.DataFrame] = []
    places: list[NDArray[np.int64]] = []
    counts = np.array([group.count for _, group in groups], dtype=np.int64)
    starts = np.cumsum(counts) - counts
    ids = np.array([group.schema_id for _, group in groups], dtype=np.int64)
    for schema_id in np.unique(ids).tolist():
        members = np.flatnonzero(ids == schema_id)
        block = b"".join([groups[i][1].bodies for i in members.tolist()])
        total = int(counts[members].sum())
        frames.append(conform(decode_block(schema_id, block, total), schema_id))
        first = np.repeat(starts[members], counts[members])
        within = np.arange(total) - np.repeat(np.cumsum(counts[members]) - counts[members], counts[members])
        places.append(first + within)
    if not frames:
        return pl.DataFrame(schema=dtypes(source.schema_id)), np.empty(0, dtype=np.int64)
    return pl.concat(frames), np.concatenate(places)


def _rows(
    groups: Sequence[tuple[int, Bodies]],
    partition: NDArray[Any],
    offset: NDArray[Any],
    arrival: NDArray[Any],
    source: Source,
) -> pl.DataFrame:
    frame, places = _decode_groups(groups, source)
    frame = frame.with_columns(
        pl.Series("_partition", partition[places], dtype=pl.Int32),
        pl.Series("_offset", offset[places], dtype=pl.Int64),
        pl.Series("_arrival", arrival[places], dtype=pl.Int64),
    )
    # Rows of one schema id come out in order; only a mixture needs putting back.
    return frame if len({g.schema_id for _, g in groups}) < 2 else frame[np.argsort(places, kind="stable")]


def _joined(arrays: list[NDArray[Any]], dtype: str) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=dtype)


def after_rows(entries: Sequence[Entry], source: Source = CASE_REPORTS) -> pl.DataFrame:
    """Return the rows that entries accepted, in order of entry and row.

    Parameters
    ----------
    entries
        Entries of any partitions of one journal, in the order in which they were applied.
    source
        The type of record that the journal is of.

    Returns
    -------
    DataFrame
        The columns of the newest version, then ``_partition`` (Int32), ``_offset`` (Int64, source offset)
        and ``_arrival`` (Int64, milliseconds UTC).
    """
    groups = [(i, group) for i, entry in enumerate(entries) for group in entry.after]
    rows = np.array([entry.after_at.size for entry in entries], dtype=np.int64)
    partition = np.repeat(np.array([entry.partition for entry in entries], dtype=np.int32), rows)
    start = np.repeat(np.array([entry.from_offset for entry in entries], dtype=np.int64), rows)
    offset = start + _joined([entry.after_at for entry in entries], "<i4")
    return _rows(groups, partition, offset, _joined([entry.arrival for entry in entries], "<i8"), source)


def before_rows(entries: Sequence[Entry], source: Source = CASE_REPORTS) -> pl.DataFrame:
    """Return the rows that entries replaced: what stood before the accepted ones, where something did.

    Parameters
    ----------
    entries
        Entries of any partitions of one journal, in the order in which they were applied.
    source
        The type of record that the journal is of.

    Returns
    -------
    DataFrame
        As `after_rows`; ``_partition``, ``_offset`` and ``_arrival`` are those of the row that replaced this one.
    """
    groups = [(i, group) for i, entry in enumerate(entries) for group in entry.before]
    rows = np.array([entry.before_of.size for entry in entries], dtype=np.int64)
    partition = np.repeat(np.array([entry.partition for entry in entries], dtype=np.int32), rows)
    offset = _joined([entry.from_offset + entry.after_at[entry.before_of].astype(np.int64) for entry in entries], "<i8")
    arrival = _joined([entry.arrival[entry.before_of] for entry in entries], "<i8")
    return _rows(groups, partition, offset, arrival, source)
