"""Entries on their way into the journal: sent in order, acknowledged at consecutive offsets, or the process ends."""

import time
from collections import deque
from contextlib import suppress

from confluent_kafka import KafkaError, Message, Producer

from schemas.topics import MAX_INTERNAL_BYTES
from streams.delivery import place

_DELIVERY_MS = 120_000


class DeliveryFailed(RuntimeError):
    """The broker did not take an entry. Whether it is in the journal is not known: start again and look."""


class AnotherWriter(RuntimeError):
    """An entry was acknowledged at another offset than the next: somebody else writes to this journal."""


class JournalWriter:
    """Writes one journal topic.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    topic
        The journal.
    next_offset
        Partition to the offset at which the next entry must come to lie.
    """

    def __init__(self, bootstrap: str, topic: str, next_offset: dict[int, int]) -> None:
        self._topic = topic
        self._next = dict(next_offset)
        self._awaited: deque[tuple[int, int]] = deque()
        self._failure: Exception | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 0,
                "message.max.bytes": MAX_INTERNAL_BYTES,
                "delivery.timeout.ms": _DELIVERY_MS,
                "compression.type": "lz4",
            }
        )

    def send(self, partition: int, value: bytes) -> int:
        """Send an entry; return the offset at which it must come to lie."""
        offset = self._next[partition]
        self._next[partition] = offset + 1
        self._awaited.append((partition, offset))
        self._producer.produce(self._topic, value, partition=partition, on_delivery=self._delivered)
        return offset

    def tick(self, topic: str, key: bytes, value: bytes) -> None:
        """Send to another topic without waiting; a tick that fails is followed by the next."""
        # The buffer is full only while the broker is away: ticks are no news then.
        with suppress(BufferError):
            self._producer.produce(topic, value, key=key)
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failure = self._failure or DeliveryFailed(f"{message.topic()}/{message.partition()}: {error.str()}")
            return
        expected = place(message)
        if expected in self._awaited:
            self._awaited.remove(expected)
        elif self._failure is None:
            self._failure = AnotherWriter(f"entry acknowledged at {message.partition()}/{message.offset()}")

    def await_all(self) -> None:
        """Return when every entry sent is acknowledged where it must lie.

        Raises
        ------
        DeliveryFailed, AnotherWriter
            One is not. The process must end: what it holds is no longer known to be true.
        """
        deadline = time.monotonic() + 2 * _DELIVERY_MS / 1000
        while self._awaited and self._failure is None:
            self._producer.poll(0.05)
            if time.monotonic() > deadline:
                raise DeliveryFailed(f"no word on {len(self._awaited)} entries")
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Let the last ticks out."""
        self._producer.flush(5)
