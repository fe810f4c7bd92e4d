"""How far each stage is, all in one unit: source offsets, read from the broker's own end and the tails of topics."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # untold by its stubs

from schemas import wire
from schemas.entry import decode_entry
from schemas.marker import Marker
from schemas.topics import SOURCES, Topics

_PATIENCE = 3.0


class BrokerDown(RuntimeError):
    """Kafka does not answer, or the topics are not there yet."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Source offsets, exclusive: what has arrived, what intake has judged, what detection has answered.

    Attributes
    ----------
    arrived
        End of each source partition.
    decided
        What the journal holds a verdict on.
    answered
        Marker of the newest aggregates.
    """

    arrived: Marker
    decided: Marker
    answered: Marker


class BrokerPositions:
    """Reads `Positions`; one object a thread.

    Parameters
    ----------
    bootstrap
        Kafka's address.
    topics
        Names of the topics.
    """

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._topics = topics
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                # Assigned by hand and never committed: the name only has to be nobody else's.
                "group.id": f"tocsin-console-{uuid.uuid4().hex}",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "log_level": 0,
            }
        )
        self._partitions: dict[str, int] = {}
        self._tails: dict[tuple[str, int], tuple[int, bytes]] = {}

    def read(self) -> Positions:
        """Return the positions of this moment.

        Raises
        ------
        BrokerDown
            No answer in time.
        """
        try:
            return self._read()
        except (KafkaException, TimeoutError) as error:
            self._partitions.clear()
            raise BrokerDown("Kafka does not answer") from error

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _read(self) -> Positions:
        sources = [self._topics.inbox(source) for source in SOURCES]
        journals = [self._topics.journal(source) for source in SOURCES]
        ends = self._ends([*sources, *journals, self._topics.aggregates])
        self._refresh_tails(
            {chain: end for chain, end in ends.items() if chain[0] in (*journals, self._topics.aggregates)}
        )
        decided, answered = Marker(), Marker()
        for (topic, _), (_, value) in self._tails.items():
            if topic in journals:
                entry = decode_entry(value)
                decided = decided.advanced(entry.topic, entry.partition, entry.to_offset)
            else:
                answered = _furthest(answered, Marker.from_avro(wire.decode(value)[1]["marker"]))
        arrived = Marker({chain: end for chain, end in ends.items() if chain[0] in sources})
        return Positions(arrived, decided, answered)

    def _ends(self, topics: Iterable[str]) -> dict[tuple[str, int], int]:
        asked = {
            TopicPartition(topic, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]
            for topic in topics
            for partition in range(self._partition_count(topic))
        }
        found = self._admin.list_offsets(asked, request_timeout=_PATIENCE)
        return {(tp.topic, tp.partition): future.result(_PATIENCE).offset for tp, future in found.items()}

    def _partition_count(self, topic: str) -> int:
        if topic not in self._partitions:
            described = self._consumer.list_topics(topic, timeout=_PATIENCE).topics[topic]
            if described.error is not None:
                raise KafkaException(described.error)
            self._partitions[topic] = len(described.partitions)
        return self._partitions[topic]

    def _refresh_tails(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Read the last message of every partition that has grown (or was made anew) since it was last read."""
        stale = {chain: end for chain, end in ends.items() if end and self._tails.get(chain, (0, b""))[0] != end}
        for chain in self._tails.keys() - {chain for chain, end in ends.items() if end}:
            del self._tails[chain]
        if not stale:
            return
        self._consumer.assign([TopicPartition(topic, partition, end - 1) for (topic, partition), end in stale.items()])
        try:
            waiting = dict(stale)
            while waiting:
                message = self._consumer.poll(_PATIENCE)
                if message is None:
                    raise TimeoutError("the end of a topic did not arrive")
                if message.error():
                    raise KafkaException(message.error())
                chain = (str(message.topic()), int(message.partition() or 0))
                if chain in waiting:
                    # Under steady writing a newer message may follow at once; this one is new enough.
                    self._tails[chain] = (waiting.pop(chain), bytes(message.value() or b""))
        finally:
            self._consumer.unassign()


def _furthest(one: Marker, other: Marker) -> Marker:
    return Marker({chain: max(one.get(chain, 0), other.get(chain, 0)) for chain in one.keys() | other.keys()})
