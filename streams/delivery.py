"""What a consumed message or error says, where the library's types leave it open."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

# What librdkafka reports and mends by itself.
_PASSING = frozenset((KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._RESOLVE))

# What is said of partitions of which a broker, or the library from a broker's first words, has only just heard.
_SETTLING = frozenset(
    (
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
    )
)


def passes(error: KafkaError) -> bool:
    """Return whether an error that `consume` gave will pass by itself, as a broker that is away."""
    return not error.fatal() and (error.retriable() or error.code() in _PASSING)


def place(message: Message) -> tuple[int, int]:
    """Return partition and offset of a message that came from, or was put into, the log.

    Raises
    ------
    RuntimeError
        It has none, which the library says of messages that were never delivered.
    """
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise RuntimeError("a message without a place in the log")
    return partition, offset


def watermarks(consumer: Consumer, topic: str, partition: int, patience: float = 60.0) -> tuple[int, int]:
    """Return the first offset of a partition that is in the log, and the one behind the last.

    Parameters
    ----------
    consumer
        Any consumer.
    topic, partition
        Which partition.
    patience
        Seconds to go on asking while the answer is an error that passes: leaders change, brokers start.

    Raises
    ------
    confluent_kafka.KafkaException
        No answer in time, or an error that does not pass.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), min(patience, 10.0))
        except KafkaException as failure:
            error = failure.args[0]
            if not (passes(error) or error.code() in _SETTLING) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return low, high
