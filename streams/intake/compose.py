"""From verdicts to journal entries: a flush of one partition as one entry, or several where it is large."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import privacy
from schemas.entry import Bodies, Entry, Note, encode_entry, entry_id
from schemas.verdicts import Verdict
from schemas.wire import HEADER_BYTES
from streams.intake.decide import Decisions
from streams.intake.messages import Messages
from streams.intake.screen import Screened

MAX_ENTRY_BYTES = 6_000_000
"""Where a flush is cut: the topic takes 8 MB, and the sum below knows the parts but not their framing."""

MAX_ENTRY_OFFSETS = 1_000_000
MAX_ENTRY_SENDERS = 30_000
"""Senders are numbered in 16 bits."""

UNKNOWN_SENDER = -1
_NOTE_BYTES = 120
_ROW_BYTES = 24
_CODE = re.compile(r"[0-9A-Za-z._:/-]{1,64}")


@dataclass(slots=True)
class Judged:
    """A batch with everything that is said of it, one element a message.

    `note` maps a message's number to (reason, field); `after` the numbers of accepted messages to their values;
    `before` those of them that replaced a record to that record.
    """

    partition: NDArray[np.int32]
    offset: NDArray[np.int64]
    arrival: NDArray[np.int64]
    verdict: NDArray[np.uint8]
    sender_of: NDArray[np.int64]
    senders: list[str]
    report_ids: list[str | None]
    notes: dict[int, tuple[str, str]]
    values: list[bytes | None]
    before: dict[int, bytes]

    def __len__(self) -> int:
        return len(self.values)


def _fit_to_tell(text: str) -> bool:
    """Whether a string of a rejected record may go into the journal: a plain code that names no person."""
    return bool(_CODE.fullmatch(text)) and not privacy.holds_identifier(text)


def judged(messages: Messages, arrival: NDArray[np.int64], screened: Screened, decisions: Decisions) -> Judged:
    """Bring together what screening and deciding said of a batch.

    Parameters
    ----------
    messages, arrival, screened
        The batch, when each message arrived, and what could be read of it.
    decisions
        Verdicts of the valid rows of `screened`, in order.
    """
    count = len(messages)
    numbers = screened.rows[screened.valid]
    verdict = np.full(count, Verdict.REJECTED, dtype=np.uint8)
    verdict[numbers] = decisions.verdicts
    place = numbers.tolist()
    notes = dict(screened.faults)
    notes.update({place[at]: (reason, "revision") for at, reason in decisions.conflicts.items()})
    sender = screened.frame["sender"]
    distinct = sender.unique(maintain_order=True)
    codes = sender.cast(pl.Enum(distinct)).to_physical().to_numpy() if len(sender) else np.empty(0, dtype=np.int64)
    sender_of = np.full(count, UNKNOWN_SENDER, dtype=np.int64)
    sender_of[screened.rows] = codes
    senders: list[str] = distinct.to_list()
    report_ids: list[str | None] = [None] * count
    readable = {number: at for at, number in enumerate(screened.rows.tolist())} if notes else {}
    for number in notes:
        at = readable.get(number)
        if at is None:
            continue
        report_id = screened.frame["report_id"][at]
        if verdict[number] != Verdict.REJECTED or _fit_to_tell(report_id):
            report_ids[number] = report_id
    # A sender is as far from being checked as the record that names it.
    doubtful = {int(sender_of[number]) for number in screened.faults if number in readable}
    for code in doubtful:
        if not _fit_to_tell(senders[code]):
            sender_of[sender_of == code] = UNKNOWN_SENDER
    before = {place[at]: record for at, record in decisions.before.items()}
    return Judged(
        messages.partition, messages.offset, arrival, verdict, sender_of, senders, report_ids, notes,
        messages.values, before,
    )  # fmt: skip


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
    lengths = [len(value) if value is not None else 0 for value in batch.values[first:last]]
    sizes = np.array(lengths, dtype=np.int64)
    sizes *= batch.verdict[first:last] == Verdict.ACCEPTED
    sizes += _ROW_BYTES
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
    accepted = np.flatnonzero(verdict == Verdict.ACCEPTED)
    numbers = accepted + first
    entry.after, order = _group([batch.values[number] or b"" for number in numbers.tolist()])
    entry.after_at = at[accepted[order]]
    entry.arrival = batch.arrival[numbers[order]].astype("<i8")
    if batch.before:
        replaced = [row for row, number in enumerate(numbers[order].tolist()) if number in batch.before]
        ordered = numbers[order]
        entry.before, places = _group([batch.before[int(ordered[row])] for row in replaced])
        entry.before_of = np.array(replaced, dtype="<i4")[places]
    return _seal(extent, entry)


def _name_senders(entry: Entry, at: NDArray[np.int32], batch: Judged, first: int, last: int) -> None:
    distinct, codes = np.unique(batch.sender_of[first:last], return_inverse=True)
    unknown = int(distinct[0] == UNKNOWN_SENDER)
    entry.senders = [batch.senders[code] for code in distinct[unknown:].tolist()]
    entry.sender_of[at] = (codes - unknown).astype("<i2")


def _notes(batch: Judged, at: NDArray[np.int32], first: int, last: int) -> list[Note]:
    if not batch.notes:
        return []
    here = sorted(number for number in batch.notes if first <= number < last)
    return [Note(int(at[number - first]), *batch.notes[number], batch.report_ids[number]) for number in here]


def _group(records: Sequence[bytes]) -> tuple[list[Bodies], NDArray[np.int64]]:
    """Concatenate bodies per schema id; return with them the order in which the records now stand."""
    heads = {record[:HEADER_BYTES] for record in records}
    order = np.arange(len(records))
    if len(heads) > 1:
        order = np.argsort([int.from_bytes(record[1:HEADER_BYTES]) for record in records], kind="stable")
    groups = []
    for head in sorted(heads):
        bodies = [record[HEADER_BYTES:] for record in records if record.startswith(head)]
        groups.append(Bodies(int.from_bytes(head[1:]), len(bodies), b"".join(bodies)))
    return groups, order
