"""Topics whose messages are linked without source ranges, as rows: aggregate batches, alert events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas import wire
from schemas.chain import LinkChain
from schemas.marker import Marker
from sinks.fold import Point
from sinks.placed import Placed
from sinks.table import Table


@dataclass(frozen=True, slots=True)
class Linked:
    """What tells one such topic from the other.

    Attributes
    ----------
    stage
        Its name in progress.
    schema_id
        Of its messages.
    table
        What they fill.
    weight
        How many rows a message's record makes.
    rows
        Makes them.
    """

    stage: str
    schema_id: int
    table: Table
    weight: Callable[[Mapping[str, Any]], int]
    rows: Callable[[Sequence[Placed]], pl.DataFrame]


class LinkFold:
    """See `sinks.fold.Fold`.

    Parameters
    ----------
    kind
        Which of the topics.
    topic, topic_id
        Its name, and Kafka's id of it.
    points
        Where each partition's chain stands.
    """

    def __init__(self, kind: Linked, topic: str, topic_id: str, points: dict[int, Point]) -> None:
        self.stage = kind.stage
        self.topic = self.position_topic = topic
        self.position_topic_id = topic_id
        self.points = points
        self.weight = 0
        self._kind = kind
        self._chains = {p: LinkChain(point.head) for p, point in points.items()}
        self._markers: dict[int, list[dict[str, Any]]] = {p: point.marker.to_avro() for p, point in points.items()}
        self._waiting: list[Placed] = []

    def take(self, partition: int, offset: int, value: bytes) -> bool:
        """Apply one message.

        Raises
        ------
        schemas.wire.WireError
            The message is none of this topic's.
        """
        point = self.points[partition]
        point.read_to = point.position = offset + 1
        schema_id, record = wire.decode(value)
        if schema_id != self._kind.schema_id:
            raise wire.WireError("unknown_schema")
        chain = self._chains[partition]
        if not chain.offer(value, record["parent"]):
            return False
        point.head, point.head_offset = chain.head, offset
        point.clock = record["clock"]
        point.alert_ends = tuple(record.get("alert_ends", ()))
        self._markers[partition] = record["marker"]
        weight = self._kind.weight(record)
        if weight:
            self._waiting.append(Placed(self.position_topic_id, partition, offset, record))
            self.weight += weight
        return True

    def marker(self, partition: int) -> Marker:
        """Return the source positions that the last message of a partition names."""
        return Marker.from_avro(self._markers[partition])

    def drain(self) -> Mapping[str, pl.DataFrame]:
        """Return the rows of the waiting messages and forget them."""
        waiting, self._waiting, self.weight = self._waiting, [], 0
        return {self._kind.table.name: self._kind.rows(waiting)} if waiting else {}
