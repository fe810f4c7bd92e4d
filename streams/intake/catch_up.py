"""Start-up: bring the ledger to the end of the journal, or make it anew where it does not belong to it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.chain import Chain, ChainBroken, genesis
from schemas.entry import entry_id
from streams.delivery import passes, place, watermarks
from streams.intake.restore import restore
from streams.journal_batch import JournalBatch
from streams.journal_chain import JournalChain
from streams.ledger import Head, Ledger

log = logging.getLogger(__name__)

_FLUSH_BYTES = 32_000_000
_MESSAGE_BYTES = 200
"""What a message costs in memory besides its value."""


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
            "fetch.wait.max.ms": 20,
            "fetch.queue.backoff.ms": 20,
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
    chains = {p: JournalChain(p, Chain(bytes.fromhex(head.entry_id), head.to_offset)) for p, head in heads.items()}
    waiting: dict[int, list[tuple[int, bytes]]] = {p: [] for p in partitions}
    held = 0

    def apply_all() -> None:
        for partition, placed in waiting.items():
            if placed:
                head = _apply(ledger, chains[partition], source_id, placed)
                heads[partition] = head or heads[partition]
                placed.clear()
        ledger.commit({partition: head for partition, head in heads.items() if head.journal_offset >= 0})

    for message in _messages(consumer, journal, starts, ends):
        value, (partition, offset) = message.value() or b"", place(message)
        waiting[partition].append((offset, value))
        held += len(value) + _MESSAGE_BYTES
        if held > _FLUSH_BYTES:
            apply_all()
            held = 0
    if held:
        apply_all()
    return CaughtUp(heads, ends)


def _apply(ledger: Ledger, chain: JournalChain, source_id: str, placed: Sequence[tuple[int, bytes]]) -> Head | None:
    """Apply the next entries of a partition; return its new head, None if they extend nothing."""
    values = [value for _, value in placed]
    batch = JournalBatch(values)
    if set(batch.topic_id) != {source_id}:
        # To start another chain behind the old one would silently drop every case in it.
        raise JournalDamaged("the journal was made from a source topic that has since been created anew")
    keep = chain.take(values, batch)
    for row in np.flatnonzero(~keep).tolist():
        log.warning("journal entry at %d of partition %d is a dead writer's: ignored", placed[row][0], chain.partition)
    if not keep.any():
        return None
    restore(ledger, batch, keep)
    last = int(np.flatnonzero(keep)[-1])
    offset, value = placed[last]
    return Head(offset, entry_id(value).hex(), int(batch.to_offset[last]), int(batch.clock[last]))


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
    missing = sum(ends[partition] - starts[partition] for partition in waiting)
    try:
        while waiting:
            # Fewer than asked for are waited for to the last moment.
            for message in consumer.consume(max(1, min(10_000, missing)), 0.2):
                error = message.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:
                    if not passes(error):
                        raise KafkaException(error)
                    continue
                # An end of partition carries the offset behind the last message, or behind transaction markers.
                partition, offset = place(message)
                if error is None and partition in waiting and offset < ends[partition]:
                    missing -= 1
                    yield message
                if offset + (error is None) >= ends[partition]:
                    waiting.discard(partition)
    finally:
        consumer.unassign()
