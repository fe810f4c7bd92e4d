"""Start-up: bring the ledger to the end of the journal, or make it anew where it does not belong to it."""

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import fastavro
import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas import registry
from schemas.chain import Chain, ChainBroken, genesis
from schemas.columns import conform, decode_block
from schemas.entry import Bodies, Entry, decode_entry, entry_id
from schemas.wire import frame
from streams.delivery import passes, place, watermarks
from streams.identity import meet
from streams.ledger import Head, Ledger

log = logging.getLogger(__name__)

_FLUSH_BYTES = 32_000_000


class JournalDamaged(RuntimeError):
    """The journal does not begin at its beginning, or an entry in it contradicts the one before."""


class _Stale(Exception):
    """The ledger does not belong to the journal as it is."""


@dataclass(slots=True)
class CaughtUp:
    """Partition to the head of its chain, and to the end offset of its journal partition."""

    heads: dict[int, Head]
    ends: dict[int, int]


def catch_up(bootstrap: str, journal: str, ledger: Ledger, source_id: str, partitions: Sequence[int]) -> CaughtUp:
    """Apply the entries that the ledger lacks; delete and refold a ledger that the journal does not bear out.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    journal
        Topic of the journal.
    ledger
        Moved on to the journal's end.
    source_id
        Kafka's id of the source topic, from which chains begin.
    partitions
        Which partitions are this process's.

    Raises
    ------
    JournalDamaged
        Even from the beginning the journal makes no sense.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "tocsin-intake-journal",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": 16_000_000,
            "queued.max.messages.kbytes": 65_536,
        }
    )
    try:
        try:
            return _apply_missing(consumer, journal, ledger, source_id, partitions)
        except (_Stale, ChainBroken) as reason:
            log.warning("the ledger does not fit the journal (%s): it is deleted and made again from it", reason)
            ledger.wipe()
        try:
            return _apply_missing(consumer, journal, ledger, source_id, partitions)
        except (_Stale, ChainBroken) as error:
            raise JournalDamaged(f"{journal}: {error}") from error
    finally:
        consumer.close()


def _apply_missing(
    consumer: Consumer, journal: str, ledger: Ledger, source_id: str, partitions: Sequence[int]
) -> CaughtUp:
    heads, ends = {}, {}
    for partition in partitions:
        stored = ledger.head(partition)
        low, end = watermarks(consumer, journal, partition)
        if low > 0:
            raise JournalDamaged(f"{journal}/{partition} begins at {low}: entries were deleted")
        if stored is None:
            heads[partition] = Head(-1, genesis(source_id, partition).hex(), 0, 0)
        else:
            _prove(consumer, journal, partition, stored, end)
            heads[partition] = stored
        ends[partition] = end
    starts = {partition: head.journal_offset + 1 for partition, head in heads.items()}
    batch: list[tuple[int, int, Entry, str]] = []
    held = 0
    chains = {p: Chain(bytes.fromhex(head.entry_id), head.to_offset) for p, head in heads.items()}
    for message in _messages(consumer, journal, starts, ends):
        value, (partition, offset) = message.value() or b"", place(message)
        entry = decode_entry(value)
        if entry.topic_id != source_id:
            # To start another chain behind the old one would silently drop every case in it.
            raise JournalDamaged(f"{journal} was made from a source topic that has since been created anew")
        if not chains[partition].offer(value, entry.parent, entry.from_offset, entry.to_offset):
            log.warning("entry %s/%d@%d is a dead writer's: ignored", journal, partition, offset)
            continue
        batch.append((partition, offset, entry, entry_id(value).hex()))
        held += len(value)
        if held > _FLUSH_BYTES:
            _apply(ledger, heads, batch)
            batch, held = [], 0
    _apply(ledger, heads, batch)
    return CaughtUp(heads, ends)


def _prove(consumer: Consumer, journal: str, partition: int, head: Head, end: int) -> None:
    """Raise unless the last entry that the ledger applied is where it was."""
    if head.journal_offset < 0:
        return
    if head.journal_offset >= end:
        raise _Stale(f"partition {partition} was applied to {head.journal_offset}, the journal ends at {end}")
    at = head.journal_offset
    for message in _messages(consumer, journal, {partition: at}, {partition: at + 1}):
        if entry_id(message.value() or b"").hex() != head.entry_id:
            raise _Stale(f"partition {partition} has another entry at {at}")


def _messages(consumer: Consumer, topic: str, starts: Mapping[int, int], ends: Mapping[int, int]) -> Iterator[Message]:
    """Yield every message from the starts to the ends."""
    waiting = {partition for partition, start in starts.items() if start < ends[partition]}
    if not waiting:
        return
    consumer.assign([TopicPartition(topic, partition, starts[partition]) for partition in sorted(waiting)])
    try:
        while waiting:
            for message in consumer.consume(1000, 1.0):
                error = message.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    if not passes(error):
                        raise KafkaException(error)
                    continue
                # An end of partition carries the offset behind the last message, or behind transaction markers.
                partition, offset = place(message)
                if error is None and partition in waiting and offset < ends[partition]:
                    yield message
                if offset + (error is None) >= ends[partition]:
                    waiting.discard(partition)
    finally:
        consumer.unassign()


def _apply(ledger: Ledger, heads: dict[int, Head], batch: Sequence[tuple[int, int, Entry, str]]) -> None:
    if not batch:
        return
    for _, _, entry, _ in batch:
        for group in entry.after:
            put_bodies(ledger, group)
    for partition, offset, entry, name in batch:
        heads[partition] = Head(offset, name, entry.to_offset, entry.clock)
    ledger.commit({partition: heads[partition] for partition, *_ in batch})


def put_bodies(ledger: Ledger, group: Bodies) -> None:
    """Let accepted bodies stand for their identities, a later one of the same identity for the earlier."""
    rows = conform(decode_block(group.schema_id, group.bodies, group.count), group.schema_id)
    records = _records(group)
    numbers = meet(rows, ledger).numbers
    distinct, last = np.unique(numbers[::-1], return_index=True)
    ledger.put(distinct, [records[len(records) - 1 - at] for at in last.tolist()])


def _records(group: Bodies) -> list[bytes]:
    schema = registry.parsed(group.schema_id)
    stream = io.BytesIO(group.bodies)
    records = []
    for _ in range(group.count):
        start = stream.tell()
        fastavro.schemaless_reader(stream, schema, None)
        records.append(frame(group.schema_id, group.bodies[start : stream.tell()]))
    return records
