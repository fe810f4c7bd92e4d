"""Whether everything that lay in the source topics at one moment has reached ClickHouse."""

import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer

from schemas.marker import Marker
from schemas.topics import PARTITIONS, SOURCES, Topics
from sinks.progress import Progress
from sinks.records import RECORD_STAGES
from streams.delivery import watermarks

_TIMEOUT = 10.0


def source_ends(bootstrap: str, topics: Topics, partitions: int = PARTITIONS) -> Marker:
    """Where the source topics end now.

    Parameters
    ----------
    bootstrap : str
        Kafka's address.
    topics : Topics
        Their names.
    partitions : int
        Of each.

    Raises
    ------
    confluent_kafka.KafkaException
        No answer.
    """
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "tocsin-wait", "log_level": 0})
    try:
        ends = {}
        for source in SOURCES:
            for partition in range(partitions):
                topic = topics.inbox(source)
                # A broker that was just started may still be settling who leads.
                ends[topic, partition] = watermarks(consumer, topic, partition, _TIMEOUT)[1]
        return Marker(ends)
    finally:
        consumer.close()


def missing(target: Marker, rows: Sequence[Progress], partitions: int = PARTITIONS) -> list[str]:
    """What of `target` has not arrived.

    Parameters
    ----------
    target : Marker
        From `source_ends`.
    rows : sequence of Progress
        The newest of each stage and partition.
    partitions : int
        Of the topics that detection writes.

    Returns
    -------
    list of str
        The stages with how much they lack; empty when records, aggregates and alerts are all there.
    """
    target = Marker({chain: to for chain, to in target.items() if to})
    if not target:
        return []
    listed = {(row.topic, row.partition): row.position for row in rows if row.stage in RECORD_STAGES}
    lacking = sum(max(0, to - listed.get(chain, 0)) for chain, to in target.items())
    found = [f"records: {lacking}"] if lacking else []
    answered = {row.partition: row for row in rows if row.stage == "aggregates" and row.marker.covers(target)}
    if len(answered) < partitions:
        found.append(f"aggregates: {partitions - len(answered)} of {partitions} partitions")
        return found
    # Alert events are written before the aggregates that speak of them, which name where they end.
    ends = [max(to) for to in zip(*(row.alert_ends for row in answered.values()), strict=True)]
    told = {row.partition: row.position for row in rows if row.stage == "alerts"}
    lacking = sum(max(0, to - told.get(partition, 0)) for partition, to in enumerate(ends))
    if lacking:
        found.append(f"alerts: {lacking} events")
    return found


def wait(
    look: Callable[[], list[str]],
    *,
    patience: float,
    said: Callable[[list[str]], None] = lambda missing: None,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Look until nothing is missing, or until nothing has moved for a while.

    Parameters
    ----------
    look : callable
        Returns what is missing; raising `ConnectionError` counts as no movement.
    patience : float
        Seconds without any change that make a stall.
    said : callable
        Called with what is missing whenever it changed.
    now, pause : callable
        Clock in seconds, and how to wait.

    Returns
    -------
    list of str
        Empty, or what was missing at the stall.
    """
    before: list[str] | None = None
    moved = now()
    while True:
        try:
            lacking = look()
        except ConnectionError as problem:
            lacking = [str(problem)]
        else:
            if not lacking:
                return []
        if lacking != before:
            before, moved = lacking, now()
            said(lacking)
        if now() - moved > patience:
            return lacking
        pause(0.2)
