"""The replayer's own clock, read from the clock topic: it moves on through days without a report."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from schemas import registry, wire

REPLAY_CHAIN = b"replay"


class ReplayClock:
    """Follows the replayer's ticks.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    topic
        The clock topic.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._latest = 0
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "tocsin-intake-clock",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        self._consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])

    def latest(self) -> int:
        """Return the replayer's highest clock that has come so far, 0 before the first; never waits."""
        for message in self._consumer.consume(1000, 0):
            value = message.value()
            if message.error() is not None or message.key() != REPLAY_CHAIN or value is None:
                continue
            schema_id, tick = wire.decode(value)
            if schema_id == registry.CLOCK_TICK:
                self._latest = max(self._latest, tick["clock"])
        return self._latest

    def close(self) -> None:
        """Stop following."""
        self._consumer.close()
