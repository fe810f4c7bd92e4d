"""Reading a topic from given offsets, without a group: which partitions are whose is configuration."""

import time
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.chain import value_id
from schemas.topics import MAX_INTERNAL_BYTES
from sinks.faults import Diverged, Refold

_CONFIG: dict[str, object] = {
    "group.id": "tocsin-sink",
    "enable.auto.commit": False,
    "enable.partition.eof": False,
    # A position that the log does not have means that it lost its tail or its head: never skip that silently.
    "auto.offset.reset": "error",
    "fetch.message.max.bytes": MAX_INTERNAL_BYTES + 1_000_000,
    "fetch.wait.max.ms": 100,
    "queued.max.messages.kbytes": 32_768,
    "reconnect.backoff.max.ms": 2_000,
}
_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
_MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}


def _checked(message: Message, topic: str) -> Message | None:
    error = message.error()
    if error is None:
        return message
    if error.code() in _GONE:
        raise Diverged(f"topic {topic} no longer has the offset that the tables reached")
    if error.code() in _MISSING:
        raise Refold(f"topic {topic} is gone")
    if error.fatal():
        raise KafkaException(error)
    return None  # librdkafka is at work on it


class Follower:
    """One topic, read in the order of each partition.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    topic
        Which topic.
    starts
        Offset to read from, by partition.
    """

    def __init__(self, bootstrap: str, topic: str, starts: Mapping[int, int]) -> None:
        self.topic = topic
        self._consumer = Consumer({**_CONFIG, "bootstrap.servers": bootstrap})
        self._consumer.assign([TopicPartition(topic, p, offset) for p, offset in sorted(starts.items())])

    def read(self, limit: int, wait: float) -> list[Message]:
        """Return what is there: after up to `wait` seconds for the first message, the rest at once.

        Raises
        ------
        Diverged
            The log does not have the offset.
        Refold
            The topic is gone.
        """
        first = self._consumer.poll(wait)
        if first is None:
            return []
        messages = [first, *self._consumer.consume(limit - 1, 0.0)]
        return [m for m in (_checked(message, self.topic) for message in messages) if m is not None]

    def end(self, partition: int) -> int | None:
        """Return the end of a partition as the last fetch told it, or None before that."""
        _, high = self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), cached=True)
        return int(high) if high >= 0 else None

    def holds(self, partition: int, offset: int, timeout: float) -> bool:
        """Return whether a partition has an offset, as the broker says now.

        Raises
        ------
        confluent_kafka.KafkaException
            The broker does not answer.
        """
        low, high = self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), timeout=timeout)
        return bool(low <= offset < high)

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()


def head_stands(bootstrap: str, topic: str, partition: int, offset: int, head: bytes, timeout: float = 30.0) -> bool:
    """Return whether the message with id `head` still lies at `offset`.

    Raises
    ------
    Refold
        The broker gave no answer in time.
    """
    follower = Follower(bootstrap, topic, {partition: offset})
    try:
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if not follower.holds(partition, offset, timeout):
                return False
            for message in follower.read(1, 1.0):
                return message.offset() == offset and value_id(message.value() or b"") == head
    except Diverged:
        return False
    except KafkaException:
        pass
    finally:
        follower.close()
    raise Refold(f"no answer about topic {topic}")


def topic_shape(bootstrap: str, topics: list[str], timeout: float = 10.0) -> dict[str, tuple[str, int]]:
    """Return (Kafka's id, number of partitions) of each topic.

    Raises
    ------
    confluent_kafka.KafkaException
        A topic does not exist.
    Refold
        The broker does not answer.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    futures = admin.describe_topics(TopicCollection(topics), request_timeout=timeout)
    try:
        found = {name: future.result(timeout + 5) for name, future in futures.items()}
    except TimeoutError:
        raise Refold("Kafka does not answer") from None
    return {name: (str(topic.topic_id), len(topic.partitions)) for name, topic in found.items()}
