"""What a consumed message or error says, where the library's types leave it open."""

from confluent_kafka import KafkaError, Message

# What librdkafka reports and mends by itself.
_PASSING = frozenset((KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._RESOLVE))


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
