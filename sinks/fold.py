"""What a stage does with messages: the protocol of the three folds, and what they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from schemas.marker import Marker
from sinks.progress import Progress


@dataclass(slots=True)
class Point:
    """Where a chain of one partition stands after the last message that was applied.

    Attributes
    ----------
    head, head_offset
        Id and offset of that message; offset -1 where none was applied yet.
    read_to
        Offset to read on from: behind `head_offset` there may be messages of dead writers.
    position, clock, marker, alert_ends
        As in `sinks.progress.Progress`; `marker` is that of the start, a fold tells the present one.
    """

    head: bytes
    head_offset: int = -1
    read_to: int = 0
    position: int = 0
    clock: int = 0
    marker: Marker = field(default_factory=Marker)
    alert_ends: tuple[int, ...] = ()


class Fold(Protocol):
    """One topic turned into rows of one or more tables.

    Attributes
    ----------
    stage
        Its name in progress.
    topic
        The topic that it follows.
    position_topic, position_topic_id
        The topic that positions count in: the source for the journal, else the topic itself.
    points
        By partition.
    weight
        Rows that wait to be drained.
    """

    stage: str
    topic: str
    position_topic: str
    position_topic_id: str
    points: dict[int, Point]

    @property
    def weight(self) -> int: ...

    def take(self, partition: int, offset: int, value: bytes) -> bool:
        """Apply one message; false if it extends nothing and was ignored."""
        ...

    def marker(self, partition: int) -> Marker:
        """Return the source positions that a partition has reached."""
        ...

    def drain(self) -> Mapping[str, pl.DataFrame]:
        """Return the waiting rows by table, and forget them."""
        ...


def resumed(progress: Sequence[Progress], genesis: Mapping[int, bytes]) -> dict[int, Point]:
    """Return the points that a stage goes on from: where progress was written, else the beginning."""
    points = {partition: Point(head) for partition, head in genesis.items()}
    for row in progress:
        points[row.partition] = Point(
            head=row.head,
            head_offset=row.head_offset,
            read_to=row.read_to,
            position=row.position,
            clock=row.clock,
            marker=row.marker,
            alert_ends=row.alert_ends,
        )
    return points
