"""What stands in a topic, read by a plain consumer that shares nothing with the pipeline."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from schemas.topics import PARTITIONS


def inbox(bootstrap: str, topic: str) -> list[tuple[int, bytes, bytes]]:
    """Return partition, key and value of every message."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "inbox", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(PARTITIONS)])
    found: list[tuple[int, bytes, bytes]] = []
    ended: set[int] = set()
    while len(ended) < PARTITIONS:
        message = consumer.poll(30)
        assert message is not None, "the broker does not answer"
        error, partition = message.error(), message.partition()
        assert partition is not None
        if error is not None:
            assert error.code() == KafkaError._PARTITION_EOF, error
            ended.add(partition)
            continue
        key, value = message.key(), message.value()
        assert isinstance(key, bytes)
        assert isinstance(value, bytes)
        found.append((partition, key, value))
    consumer.close()
    return found
