"""A journal as intake would have written it, made fast and without intake: for refolds of ten million reports.

A chain is bound to be written one entry after the other, each naming the hash of the last. An entry of one row, as an
ordinary year's are, is spliced from parts at 4 µs; a test compares it with the schema's own encoder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np
from confluent_kafka import Producer

from schemas import registry
from schemas.chain import genesis, value_id
from schemas.container import zigzag
from schemas.entry import Bodies, Entry, encode_entry
from schemas.topics import MAX_INTERNAL_BYTES, PARTITIONS
from schemas.verdicts import Verdict
from schemas.wire import HEADER_BYTES, frame

_NOTHING = b"\0"
_AT_ZERO = zigzag(4) + bytes(4)
_ONE = zigzag(1)

Change = tuple[bytes, bytes | None, int]
"""Framed value of a report that now stands, of the one that it replaced, and its arrival in milliseconds."""


def issuer_of(value: bytes) -> bytes:
    """Encoded issuer: the first field of a report, a string shorter than 64 bytes."""
    return value[HEADER_BYTES : HEADER_BYTES + 1 + (value[HEADER_BYTES] >> 1)]


def reported_at(value: bytes) -> int:
    """Report time of a value of `bench.nation`: issuer, revision and action of a byte each, sender, then the time."""
    at = HEADER_BYTES + 2 * len(issuer_of(value)) + 2
    raw = shift = 0
    while True:
        byte = value[at]
        raw |= (byte & 0x7F) << shift
        if byte < 0x80:
            return raw >> 1
        at += 1
        shift += 7


def changes(values: Iterator[tuple[bytes, bytes]], remembered: int = 4_000) -> Iterator[tuple[int, Change]]:
    """Yield for each report of `bench.nation` its partition and what it changed; a revision replaces a recent one."""
    recent: dict[bytes, bytes] = {}
    clock = 0
    for key, value in values:
        clock = max(clock, reported_at(value))
        before = recent.pop(key, None)
        recent[key] = value
        if len(recent) > remembered:
            del recent[next(iter(recent))]
        yield int(key[-8:]) % PARTITIONS, (value, before, clock)


class ChainWriter:
    """Writes the entries of one partition.

    Parameters
    ----------
    topic, topic_id
        Source topic.
    partition
        Of it.
    """

    def __init__(self, topic: str, topic_id: str, partition: int) -> None:
        self.topic, self.topic_id, self.partition = topic, topic_id, partition
        self.head = genesis(topic_id, partition)
        self.next_offset = 0
        self.clock = 0
        texts = b"".join(zigzag(len(text)) + text.encode() for text in (topic, topic_id))
        self._prefix = frame(registry.JOURNAL_ENTRY, texts + zigzag(partition))

    def single(self, change: Change) -> bytes:
        """Return an entry of one accepted report."""
        value, before, arrival = change
        self.clock = max(self.clock, arrival)
        body = value[HEADER_BYTES:]
        schema_id = zigzag(int.from_bytes(value[1:HEADER_BYTES]))
        at = self.next_offset
        parts = [
            self._prefix,
            zigzag(at), zigzag(at + 1), zigzag(self.clock),
            zigzag(len(self.head)), self.head,
            _ONE, b"\1",
            _ONE, issuer_of(value), _NOTHING,
            zigzag(2), b"\0\0",
            _NOTHING,
            _ONE, schema_id, _ONE, zigzag(len(body)), body, _NOTHING,
            _AT_ZERO,
            zigzag(8), struct.pack("<q", arrival),
        ]  # fmt: skip
        if before is None:
            parts += [_NOTHING, _NOTHING]
        else:
            old = before[HEADER_BYTES:]
            parts += [_ONE, schema_id, _ONE, zigzag(len(old)), old, _NOTHING, _AT_ZERO]
        return self._link(b"".join(parts), 1)

    def several(self, changes: Sequence[Change]) -> bytes:
        """Return an entry of any number of accepted reports, all of one schema."""
        self.clock = max(self.clock, *(arrival for _, _, arrival in changes))
        senders = [issuer_of(value)[1:].decode() for value, _, _ in changes]
        numbers = {sender: number for number, sender in enumerate(dict.fromkeys(senders))}
        replaced = [(row, old) for row, (_, old, _) in enumerate(changes) if old is not None]
        count = len(changes)
        entry = Entry(
            topic=self.topic,
            topic_id=self.topic_id,
            partition=self.partition,
            from_offset=self.next_offset,
            to_offset=self.next_offset + count,
            clock=self.clock,
            parent=self.head,
            verdicts=np.full(count, Verdict.ACCEPTED, np.uint8),
            senders=list(numbers),
            sender_of=np.array([numbers[sender] for sender in senders], "<i2"),
            after=[_bodies([value for value, _, _ in changes])],
            after_at=np.arange(count, dtype="<i4"),
            arrival=np.array([arrival for _, _, arrival in changes], "<i8"),
            before=[_bodies([old for _, old in replaced])] if replaced else [],
            before_of=np.array([row for row, _ in replaced], "<i4"),
        )
        return self._link(encode_entry(entry), count)

    def _link(self, value: bytes, count: int) -> bytes:
        self.head = value_id(value)
        self.next_offset += count
        return value


def _bodies(values: Sequence[bytes]) -> Bodies:
    schema_id = int.from_bytes(values[0][1:HEADER_BYTES])
    return Bodies(schema_id, len(values), b"".join([value[HEADER_BYTES:] for value in values]))


def entries(
    reports: Iterator[tuple[int, Change]], writers: Sequence[ChainWriter], rows: int
) -> Iterator[tuple[int, bytes, int]]:
    """Yield partition, value and number of rows of each entry.

    Parameters
    ----------
    reports
        See `changes`.
    writers
        One a partition.
    rows
        Reports of an entry: 1 in an ordinary year, some thousands in a backfill.
    """
    if rows == 1:
        for partition, change in reports:
            yield partition, writers[partition].single(change), 1
        return
    held: list[list[Change]] = [[] for _ in writers]
    for partition, change in reports:
        held[partition].append(change)
        if len(held[partition]) == rows:
            yield partition, writers[partition].several(held[partition]), rows
            held[partition].clear()
    for partition, rest in enumerate(held):
        if rest:
            yield partition, writers[partition].several(rest), len(rest)


def write(bootstrap: str, journal: str, made: Iterator[tuple[int, bytes, int]], *, apart: bool) -> tuple[int, int]:
    """Produce entries; return how many rows and bytes they hold.

    Parameters
    ----------
    apart
        One record batch for each entry, as intake writes them; without it librdkafka packs many together, which is
        quicker to write and to read.

    Raises
    ------
    RuntimeError
        The broker did not take them all.
    """
    failed: list[str] = []
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "compression.type": "lz4",
            "message.max.bytes": MAX_INTERNAL_BYTES,
            "linger.ms": 0 if apart else 50,
            "batch.num.messages": 1 if apart else 10_000,
            "enable.idempotence": True,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 262_144,
            "on_delivery": lambda error, _: failed.append(str(error)) if error else None,
        }
    )
    count = size = 0
    for partition, value, rows in made:
        while True:
            try:
                producer.produce(journal, value, partition=partition)
                break
            except BufferError:
                producer.poll(0.05)
        count += rows
        size += len(value)
    if producer.flush(300) or failed:
        raise RuntimeError(f"the broker did not take everything: {failed[:3]}")
    return count, size
