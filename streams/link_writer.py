"""Writing chained topics: every message names its parent, every acknowledgement must come at the next offset."""

import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, Message, Producer

from schemas.chain import value_id
from schemas.topics import MAX_INTERNAL_BYTES
from streams.emitted import Link

_DELIVERY_MS = 60_000


class NotDelivered(RuntimeError):
    """The broker did not take a message. Whether it is in the log is not known: end, and look when starting."""


class SecondWriter(RuntimeError):
    """An acknowledgement came at another offset than the next: someone else writes to this chain."""


def producer(bootstrap: str) -> Producer:
    """Return a producer that loses, repeats and reorders nothing."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": 1,
            "compression.type": "lz4",
            "message.max.bytes": MAX_INTERNAL_BYTES,
            "queue.buffering.max.kbytes": 262_144,
            "delivery.timeout.ms": _DELIVERY_MS,
        }
    )


class LinkWriter:
    """Writes one chained topic.

    Parameters
    ----------
    sender
        The producer; several writers may share it.
    topic
        Topic.
    links
        For each partition the head of the chain and the offset at which the next message must come to lie.
    """

    def __init__(self, sender: Producer, topic: str, links: Mapping[int, Link]) -> None:
        self._sender = sender
        self._topic = topic
        self._links = links
        self._acknowledged = {partition: link.end for partition, link in links.items()}
        self._failure: Exception | None = None

    def ends(self) -> list[int]:
        """Return the offset behind the last message of each partition, with those that were sent."""
        return [self._links[partition].end for partition in sorted(self._links)]

    def end(self, partition: int) -> int:
        """Return the offset at which the next message of a partition will lie."""
        return self._links[partition].end

    def head(self, partition: int) -> bytes:
        """Return the id of the last message of a partition."""
        return self._links[partition].head

    def send(
        self,
        partition: int,
        value_of: Callable[[bytes], bytes],
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> bytes:
        """Send the next message of a partition and return its value.

        Parameters
        ----------
        partition
            Partition.
        value_of
            Makes the value from the id of the parent that it has to name.
        headers
            Of the message.
        """
        link = self._links[partition]
        value = value_of(link.head)
        while True:
            try:
                self._sender.produce(
                    self._topic, value, partition=partition, headers=list(headers), on_delivery=self._delivered
                )
                break
            except BufferError:
                self._sender.poll(0.1)
        link.head = value_id(value)
        link.end += 1
        return value

    def check(self) -> None:
        """Raise what went wrong.

        Raises
        ------
        NotDelivered, SecondWriter
            The process must end: what was written is no longer known.
        """
        if self._failure is not None:
            raise self._failure

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if error is not None or partition is None:
            self._failure = self._failure or NotDelivered(f"{self._topic}/{partition}: {error}")
            return
        expected = self._acknowledged[partition]
        if offset != expected and self._failure is None:
            self._failure = SecondWriter(f"{self._topic}/{partition}: message lies at {offset}, not at {expected}")
        self._acknowledged[partition] = expected + 1


def await_acknowledgements(sender: Producer, *writers: LinkWriter) -> None:
    """Return when everything sent is acknowledged where it must lie.

    Raises
    ------
    NotDelivered, SecondWriter
        Something is not.
    """
    deadline = time.monotonic() + 2 * _DELIVERY_MS / 1000
    while sender.flush(0.5):
        for writer in writers:
            writer.check()
        if time.monotonic() > deadline:
            raise NotDelivered("no word from the broker")
    for writer in writers:
        writer.check()
