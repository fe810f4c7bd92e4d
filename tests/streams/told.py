"""The topic of rejections as a sender reads it."""

from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from schemas import registry, wire
from schemas.topics import PARTITIONS, Topics
from streams.delivery import watermarks


@dataclass
class Told:
    """What the topic holds: every message, and those that a reader takes for new."""

    messages: list[tuple[bytes | None, dict[str, Any]]]
    fresh: list[dict[str, Any]]


def read_told(broker: str, topics: Topics) -> Told:
    """Read the topic as a sender would: an offset that does not rise is a resend."""
    told, seen = Told([], []), dict[tuple[str, int], int]()
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "a-sender"})
    for partition in range(PARTITIONS):
        _, end = watermarks(consumer, topics.rejections, partition)
        consumer.assign([TopicPartition(topics.rejections, partition, 0)])
        for _ in range(end):
            message = consumer.poll(30)
            assert message is not None
            assert message.error() is None
            schema_id, record = wire.decode(message.value() or b"")
            assert schema_id == registry.REJECTION
            assert record["partition"] == partition
            told.messages.append((message.key(), record))
            chain = (record["topic_id"], partition)
            if record["offset"] > seen.get(chain, -1):
                seen[chain] = record["offset"]
                told.fresh.append(record)
    consumer.close()
    return told
