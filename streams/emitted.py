"""What the outputs say already: their chains proved, the newest alerts, and how far the aggregates go."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl
from confluent_kafka import Message

from alerts.state import AlertState
from schemas import registry, wire
from schemas.chain import ID_BYTES, LinkChain, genesis
from schemas.columns import decode_block
from schemas.marker import Marker
from schemas.topics import Topics
from streams.aggregate_rows import KEY
from streams.civil_day import civil_day
from streams.link_bookmarks import Bookmark, Bookmarks
from streams.log_reader import LogReader

_LOG = logging.getLogger(__name__)

JUDGEMENT_HEADER = "tocsin-judgement"
"""Header of an aggregate batch: which methods made its rows."""

_PARENT_AT = wire.HEADER_BYTES + 1
_ID_AT = _PARENT_AT + ID_BYTES


@dataclass(slots=True)
class Link:
    """End of one output partition: id of its last valid message, and the offset behind its last message."""

    head: bytes
    end: int


@dataclass(slots=True)
class Spoken:
    """What one partition of aggregates says.

    Attributes
    ----------
    marker : Marker
        Source positions at which its rows are complete, empty where they are so nowhere.
    today : int or None
        Day up to which it was judged then.
    catalogue, judgement : str
        Versions of the catalogue and of the methods.
    tail : list
        Rows behind that, of an evaluation that was not sent whole.
    """

    marker: Marker = field(default_factory=Marker)
    today: int | None = None
    catalogue: str = ""
    judgement: str = ""
    tail: list[pl.DataFrame] = field(default_factory=list)


@dataclass(slots=True)
class Emitted:
    """Everything that the outputs say.

    Attributes
    ----------
    history, aggregates : dict
        Ends of the partitions of both topics.
    alerts : dict
        By alert id the partition and the value of the newest valid event.
    spoken : dict
        By partition of the aggregates.
    """

    history: dict[int, Link] = field(default_factory=dict)
    aggregates: dict[int, Link] = field(default_factory=dict)
    alerts: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    spoken: dict[int, Spoken] = field(default_factory=dict)

    def states(self) -> list[AlertState]:
        """Return the newest state of every alert."""
        return [AlertState.from_record(wire.decode(value)[1]) for _, value in self.alerts.values()]


def read_emitted(
    reader: LogReader, topics: Topics, ids: dict[str, str], partitions: int, bookmarks: Bookmarks
) -> Emitted:
    """Fold the outputs.

    Parameters
    ----------
    reader
        Reads.
    topics
        Names.
    ids
        Kafka's ids of the output topics.
    partitions
        Of the output topics.
    bookmarks
        Where the aggregates need not be read from their beginning.
    """
    emitted = Emitted()
    for partition in range(partitions):
        origin = genesis(ids[topics.alert_history], partition)
        link = Link(origin, 0)
        for value, _ in _valid(reader, topics.alert_history, partition, 0, link):
            emitted.alerts[_alert_id(value)] = (partition, value)
        emitted.history[partition] = link
        emitted.aggregates[partition], emitted.spoken[partition] = _read_aggregates(
            reader, topics.aggregates, ids[topics.aggregates], partition, bookmarks
        )
    return emitted


def read_rows(reader: LogReader, topics: Topics, ids: dict[str, str], partitions: int) -> pl.DataFrame:
    """Return the newest emitted row of every signal, area and day: slow, for when the rules changed."""
    newest: list[pl.DataFrame] = []
    for partition in range(partitions):
        frames: list[pl.DataFrame] = []
        height = 0
        link = Link(genesis(ids[topics.aggregates], partition), 0)
        for value, _ in _valid(reader, topics.aggregates, partition, 0, link):
            frame = _rows(value)
            frames.append(frame)
            height += frame.height
            if height > 2_000_000:
                frames = [pl.concat(frames).unique(KEY, keep="last", maintain_order=True)]
                height = 0
        if frames:
            newest.append(pl.concat(frames).unique(KEY, keep="last", maintain_order=True))
    return pl.concat(newest) if newest else decode_block(registry.AGGREGATE_ROW, b"", 0)


def stale_alerts(reader: LogReader, topic: str, partitions: int, emitted: Emitted) -> dict[str, tuple[int, bytes]]:
    """Return the newest events that the compacted topic does not hold as its newest."""
    current: dict[bytes, bytes | None] = {}
    for partition in range(partitions):
        first, end = reader.bounds(topic, partition)
        for messages in reader.batches(topic, partition, first, end):
            current.update((message.key() or b"", message.value()) for message in messages)
    return {
        name: (part, value) for name, (part, value) in emitted.alerts.items() if current.get(name.encode()) != value
    }


def parent_of(value: bytes) -> bytes:
    """Return the parent that an event or batch names; it is the first field of both schemas."""
    return value[_PARENT_AT:_ID_AT]


def _alert_id(value: bytes) -> str:
    """Return the alert of an event without decoding the rest: histories are long, and the last one counts."""
    length, shift, at = 0, 0, _ID_AT
    while True:
        byte = value[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value[at : at + (length >> 1)].decode()


def _valid(reader: LogReader, topic: str, partition: int, start: int, link: Link) -> Iterator[tuple[bytes, Message]]:
    """Yield the messages that extend the chain, moving the link behind them."""
    chain = LinkChain(link.head)
    _, end = reader.bounds(topic, partition)
    link.end = end
    for messages in reader.batches(topic, partition, start, end):
        for message in messages:
            value = message.value() or b""
            if chain.offer(value, parent_of(value)):
                link.head = chain.head
                yield value, message
            else:
                _LOG.warning("%s/%d@%s is a dead writer's: ignored", topic, partition, message.offset())


def _read_aggregates(
    reader: LogReader, topic: str, topic_id: str, partition: int, bookmarks: Bookmarks
) -> tuple[Link, Spoken]:
    origin = Bookmark(0, genesis(topic_id, partition))
    marked = bookmarks.of(topic_id, partition)
    for begin in (marked, origin) if marked is not None else (origin,):
        link, spoken = Link(begin.parent, 0), Spoken()
        taken = 0
        for value, message in _valid(reader, topic, partition, begin.offset, link):
            taken += 1
            _speak(spoken, value, message)
        if taken or begin is origin:
            break
        _LOG.warning("the bookmark of %s/%d does not fit: read from the beginning", topic, partition)
    return link, spoken


def _speak(spoken: Spoken, value: bytes, message: Message) -> None:
    _, record = wire.decode(value)
    marker = Marker.from_avro(record["marker"])
    if record["marker_id"] != marker.marker_id():
        if record["count"]:
            spoken.tail.append(_rows(value))
        return
    spoken.marker = marker
    spoken.today = civil_day(record["clock"])
    spoken.catalogue = record["catalogue"]
    spoken.judgement = _judgement(message)
    spoken.tail.clear()


def _judgement(message: Message) -> str:
    headers: list[tuple[str, bytes]] = list(message.headers() or ())  # type: ignore[arg-type]  # a list, never text
    return dict(headers).get(JUDGEMENT_HEADER, b"").decode()


def _rows(value: bytes) -> pl.DataFrame:
    _, record = wire.decode(value)
    return decode_block(registry.AGGREGATE_ROW, record["rows"], record["count"])
