"""Telling senders: the notes of the journals, one message each, in a topic of their own.

What is said is a function of the journal alone, and the notes of a source partition go into the partition of the same
number in the order of their offsets. So this topic needs no chain: a process that died while sending, or was replaced,
can only repeat what is there, and a repetition is known by an offset that does not rise. At start the topic's own end
says how far it has come, with the journal entry to go on from; nothing is kept beside it.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from prometheus_client import Counter, Gauge

from schemas import registry, wire
from schemas.chain import Chain, genesis, value_id
from schemas.entry import decode_entry
from schemas.topics import Topics
from schemas.wire import WireError
from streams.admin import topic_ids
from streams.delivery import passes, place
from streams.journal_batch import JournalBatch
from streams.journal_chain import JournalChain
from streams.link_writer import NotDelivered, producer
from streams.log_reader import LogReader

log = logging.getLogger(__name__)

_TOLD = Counter("tocsin_rejections_told", "Rejections and conflicts told to senders.", ["topic"])
_LAG = Gauge("tocsin_rejections_lag_entries", "Journal entries whose notes were not told.", ["topic", "partition"])

_BATCH = 5_000
_WAIT_SECONDS = 0.1
_DELIVERY_SECONDS = 120.0

Place = tuple[str, int]
"""A journal topic and partition."""


@dataclass(slots=True)
class _Reading:
    """Where the reading of one journal partition stands.

    Attributes
    ----------
    chain
        Which entries count.
    next_entry
        Journal offset to read on from.
    told
        Source offset of the last note that was told, -1 for none.
    """

    chain: JournalChain
    next_entry: int
    told: int = -1


def tell_rejections(
    bootstrap: str,
    topics: Topics,
    sources: Sequence[str],
    partitions: Sequence[int],
    *,
    failpoint: Callable[[str], None],
    halted: Callable[[], bool],
) -> None:
    """Follow the journals and tell every note, until halted.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    topics
        Names of the topics.
    sources
        Whose journals, as in `schemas.topics.SOURCES`.
    partitions
        Which partitions are this process's.
    failpoint
        Reached with ``rejections.sent``: messages are on their way, and none is acknowledged for certain.
    halted
        Asked several times a second.

    Raises
    ------
    NotDelivered
        The broker did not take a message.
    confluent_kafka.KafkaException
        The journal is not what it was, or the broker refused.
    """
    telling = _Telling(bootstrap, topics, failpoint)
    try:
        telling.resume(sources, partitions, halted)
        while not halted():
            telling.step()
    finally:
        telling.close()


class _Telling:
    def __init__(self, bootstrap: str, topics: Topics, failpoint: Callable[[str], None]) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._failpoint = failpoint
        self._readings: dict[Place, _Reading] = {}
        self._failure: KafkaError | None = None
        self._producer: Producer = producer(bootstrap)
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "tocsin-rejections",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.message.max.bytes": 16_000_000,
                "queued.max.messages.kbytes": 32_768,
            }
        )

    def resume(self, sources: Sequence[str], partitions: Sequence[int], halted: Callable[[], bool]) -> None:
        """Find out how far the topic has come, and go on from there."""
        inboxes = {self._topics.inbox(source): self._topics.journal(source) for source in sources}
        ids = topic_ids(self._bootstrap, inboxes)
        with LogReader(self._bootstrap, halted) as reader:
            for partition in partitions:
                told = _told(reader, self._topics.rejections, partition)
                for inbox, journal in inboxes.items():
                    offset, entry = told.get((inbox, ids[inbox]), (-1, -1))
                    self._readings[journal, partition] = _reading(reader, journal, partition, ids[inbox], offset, entry)
        self._consumer.assign([TopicPartition(t, p, r.next_entry) for (t, p), r in self._readings.items()])

    def step(self) -> None:
        """Tell the notes of what has come."""
        came: dict[Place, list[Message]] = {}
        for message in self._consumer.consume(_BATCH, _WAIT_SECONDS):
            error = message.error()
            if error is None:
                came.setdefault((message.topic() or "", message.partition() or 0), []).append(message)
            elif not passes(error):
                raise KafkaException(error)
        sent = sum(self._send(journal, messages) for journal, messages in came.items())
        if sent:
            self._failpoint("rejections.sent")
            self._await()
        for (topic, partition), reading in self._readings.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            if end >= 0:
                _LAG.labels(topic, str(partition)).set(max(0, end - reading.next_entry))

    def close(self) -> None:
        """Close the connections; what was not acknowledged is told again after the next start."""
        self._consumer.close()

    def _send(self, journal: Place, messages: Sequence[Message]) -> int:
        reading = self._readings[journal]
        values = [message.value() or b"" for message in messages]
        batch = JournalBatch(values)
        keep = reading.chain.take(values, batch)
        reading.next_entry = place(messages[-1])[1] + 1
        sent = 0
        for noted in batch.notes(keep):
            if noted.offset <= reading.told:
                continue
            reading.told = noted.offset
            record = {
                "topic": batch.topic[noted.entry],
                "topic_id": batch.topic_id[noted.entry],
                "partition": journal[1],
                "offset": noted.offset,
                "verdict": noted.verdict.name.lower(),
                "reason": noted.note.reason,
                "field": noted.note.field,
                "sender": noted.sender,
                "record_id": noted.note.report_id,
                "clock": int(batch.clock[noted.entry]),
                "entry": place(messages[noted.entry])[1],
            }
            self._produce(noted.sender, wire.encode(registry.REJECTION, record), journal[1])
            _TOLD.labels(record["topic"]).inc()
            sent += 1
        return sent

    def _produce(self, sender: str, value: bytes, partition: int) -> None:
        while True:
            try:
                # A key of no bytes would be a sender's, too.
                key = sender.encode() if sender else None
                self._producer.produce(
                    self._topics.rejections, value, key, partition=partition, on_delivery=self._delivered
                )
                return
            except BufferError:
                self._producer.poll(0.1)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self._failure = self._failure or error

    def _await(self) -> None:
        deadline = time.monotonic() + _DELIVERY_SECONDS
        while self._producer.flush(0.5) and self._failure is None:
            if time.monotonic() > deadline:
                raise NotDelivered("no word from the broker")
        if self._failure is not None:
            raise NotDelivered(f"{self._topics.rejections}: {self._failure}")


def _told(reader: LogReader, topic: str, partition: int) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Return, by source topic and its id, the highest source offset that was told and the journal entry of it."""
    told: dict[tuple[str, str], tuple[int, int]] = {}
    first, end = reader.bounds(topic, partition)
    for messages in reader.batches(topic, partition, first, end):
        for message in messages:
            _, record = wire.decode(message.value() or b"")
            source = record["topic"], record["topic_id"]
            told[source] = max(told.get(source, (-1, -1)), (record["offset"], record["entry"]))
    return told


def _reading(reader: LogReader, journal: str, partition: int, source_id: str, told: int, entry: int) -> _Reading:
    """Begin behind the entry that was told last, if it still lies there, else at the journal's beginning."""
    _, end = reader.bounds(journal, partition)
    if 0 <= entry < end:
        for messages in reader.batches(journal, partition, entry, entry + 1):
            value = messages[0].value() or b""
            try:
                found = decode_entry(value)
            except WireError:
                break
            if found.topic_id == source_id and found.from_offset <= told < found.to_offset:
                chain = JournalChain(partition, Chain(value_id(value), found.to_offset))
                if all(found.from_offset + note.at <= told for note in found.notes):
                    return _Reading(chain, entry + 1, told)
                # It was told in part: read it again, as what extends its own parent.
                chain = JournalChain(partition, Chain(found.parent, found.from_offset))
                return _Reading(chain, entry, told)
    if entry >= 0:
        log.warning("%s/%d has no entry at %d of what was told: read from its beginning", journal, partition, entry)
    return _Reading(JournalChain(partition, Chain(genesis(source_id, partition), 0)), 0, told)
