"""From verdicts to journal entries: a flush of one partition as one entry, or several where it is large."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from schemas.entry import Bodies, Entry, Note, encode_entry, entry_id
from schemas.verdicts import Verdict
from schemas.wire import HEADER_BYTES
from streams.intake.judged import UNKNOWN_SENDER, Judged

MAX_ENTRY_BYTES = 6_000_000
"""Where a flush is cut: the topic takes 8 MB, and the sum below knows the parts but not their framing."""

MAX_ENTRY_OFFSETS = 1_000_000
MAX_ENTRY_SENDERS = 30_000
"""Senders are numbered in 16 bits."""

_NOTE_BYTES = 120
_ROW_BYTES = 24


@dataclass(slots=True)
class Composed:
    """An entry ready to be sent, and what it stands for."""

    entry: Entry
    value: bytes
    entry_id: str


@dataclass(slots=True)
class Extent:
    """Where a chain stands while entries are composed: each extends the one before."""

    topic: str
    topic_id: str
    partition: int
    parent: bytes
    next_offset: int
    clock: int


def _seal(extent: Extent, entry: Entry) -> Composed:
    value = encode_entry(entry)
    extent.parent = entry_id(value)
    extent.next_offset = entry.to_offset
    extent.clock = entry.clock
    return Composed(entry, value, extent.parent.hex())


def _blank(extent: Extent, to_offset: int, clock: int) -> Entry:
    size = to_offset - extent.next_offset
    return Entry(
        topic=extent.topic,
        topic_id=extent.topic_id,
        partition=extent.partition,
        from_offset=extent.next_offset,
        to_offset=to_offset,
        clock=max(extent.clock, clock),
        parent=extent.parent,
        verdicts=np.zeros(size, dtype=np.uint8),
        sender_of=np.full(size, UNKNOWN_SENDER, dtype="<i2"),
    )


def void_entries(extent: Extent, to_offset: int, clock: int) -> Iterator[Composed]:
    """Yield entries that say of every offset before `to_offset` that it holds nothing; none if there is none."""
    while extent.next_offset < to_offset:
        yield _seal(extent, _blank(extent, min(to_offset, extent.next_offset + MAX_ENTRY_OFFSETS), clock))


def day_entry(extent: Extent, clock: int) -> Composed:
    """Return an entry of no offsets, which says only that the clock moved."""
    return _seal(extent, _blank(extent, extent.next_offset, clock))


def entries(extent: Extent, batch: Judged, first: int, last: int) -> Iterator[Composed]:
    """Yield the entries of one partition's part of a batch.

    Parameters
    ----------
    extent
        The partition's chain; moved on.
    batch
        The whole batch.
    first, last
        The partition's messages are those numbered from `first` to before `last`.
    """
    accepted = batch.verdict[first:last] == Verdict.ACCEPTED
    sizes = np.where(accepted, batch.lengths[first:last], 0) + _ROW_BYTES
    for number, record in batch.before.items():
        if first <= number < last:
            sizes[number - first] += len(record)
    for number in batch.notes:
        if first <= number < last:
            sizes[number - first] += _NOTE_BYTES
    filled = np.cumsum(sizes)
    at = first
    while at < last:
        done = int(filled[at - first - 1]) if at > first else 0
        cut = first + int(np.searchsorted(filled, done + MAX_ENTRY_BYTES, side="right"))
        cut = min(max(cut, at + 1), last, at + MAX_ENTRY_SENDERS)
        # A gap wider than an entry may be is told of in entries of its own.
        if int(batch.offset[at]) - extent.next_offset > MAX_ENTRY_OFFSETS:
            yield from void_entries(extent, int(batch.offset[at]), 0)
        wide = np.flatnonzero(batch.offset[at:cut] - extent.next_offset >= 2 * MAX_ENTRY_OFFSETS)
        cut = at + int(wide[0]) if wide.size else cut
        yield _entry(extent, batch, at, cut)
        at = cut


def _entry(extent: Extent, batch: Judged, first: int, last: int) -> Composed:
    entry = _blank(extent, int(batch.offset[last - 1]) + 1, int(batch.arrival[first:last].max()))
    at = (batch.offset[first:last] - entry.from_offset).astype("<i4")
    verdict = batch.verdict[first:last]
    entry.verdicts[at] = verdict
    _name_senders(entry, at, batch, first, last)
    entry.notes = _notes(batch, at, first, last)
    accepted = verdict == Verdict.ACCEPTED
    entry.after, order = _group(
        list(compress(batch.values[first:last], accepted.tolist())), batch.schema_ids[first:last][accepted]
    )
    rows = np.flatnonzero(accepted)[order]
    entry.after_at = at[rows]
    entry.arrival = batch.arrival[first:last][rows].astype("<i8")
    replaced = [row for row, number in enumerate((rows + first).tolist()) if number in batch.before]
    if replaced:
        records = [batch.before[number] for number in (rows[replaced] + first).tolist()]
        ids = np.array([int.from_bytes(record[1:HEADER_BYTES]) for record in records])
        entry.before, places = _group(records, ids)
        entry.before_of = np.array(replaced, dtype="<i4")[places]
    return _seal(extent, entry)


def _name_senders(entry: Entry, at: NDArray[np.int32], batch: Judged, first: int, last: int) -> None:
    # Renumbered, so that an entry names those of its own range only.
    codes = batch.sender_of[first:last]
    used = np.bincount(codes + 1, minlength=len(batch.senders) + 1)[1:] > 0
    renumbered = np.concatenate([[UNKNOWN_SENDER], np.cumsum(used) - 1])
    entry.senders = list(compress(batch.senders, used.tolist()))
    entry.sender_of[at] = renumbered[codes + 1].astype("<i2")


def _notes(batch: Judged, at: NDArray[np.int32], first: int, last: int) -> list[Note]:
    if not batch.notes:
        return []
    here = sorted(number for number in batch.notes if first <= number < last)
    return [Note(int(at[number - first]), *batch.notes[number], batch.report_ids.get(number)) for number in here]


def _group(records: Sequence[bytes | None], schema_ids: NDArray[np.int64]) -> tuple[list[Bodies], NDArray[np.int64]]:
    """Concatenate bodies per schema id; return with them the order in which the records now stand."""
    bodies = [record[HEADER_BYTES:] for record in records if record is not None]
    order = np.argsort(schema_ids, kind="stable")
    groups = []
    for schema_id in np.unique(schema_ids).tolist():
        members = schema_ids == schema_id
        of_id = bodies if members.all() else list(compress(bodies, members.tolist()))
        groups.append(Bodies(schema_id, len(of_id), b"".join(of_id)))
    return groups, order
