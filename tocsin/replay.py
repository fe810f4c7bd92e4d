"""Records sent again in the order and, at a chosen speed, at the pace of their own times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from schemas import registry, wire
from schemas.sources import CASE_REPORTS, sources
from schemas.topics import Topics
from streams.casting import Refused
from streams.delivery import watermarks
from streams.publisher import Publisher

REPLAY_CHAIN = "replay"
_STEP_SECONDS = 0.1
"""Records are sent and the clock is told ten times a second: finer than anybody can see on a page."""


class Sender(Protocol):
    """What a replay needs of a publisher."""

    def send_all(
        self, records: Iterable[Mapping[str, object]], *, replay_clocks: Sequence[int]
    ) -> list[Refused | None]:
        """Queue records, each with the replay's clock in milliseconds UTC; say for each why it was refused."""

    def flush(self) -> None:
        """Return once every queued record is acknowledged."""


@dataclass(frozen=True, slots=True)
class Released:
    """A record of a source and the moment, in milliseconds UTC, at which it became known."""

    moment: int
    record: Mapping[str, Any]
    source: str = CASE_REPORTS.name


@contextmanager
def publishers(bootstrap: str, topics: Topics | None = None) -> Iterator[dict[str, Publisher]]:
    """Start a publisher for each source, by the source's name.

    Parameters
    ----------
    bootstrap : str
        Address of a broker.
    topics : Topics, optional
        Where to; the default is an installation's own.
    """
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Publisher(bootstrap, source=source, topics=topics or Topics()))
            for name, source in sources().items()
        }


def _send(
    due: Sequence[Released],
    senders: Mapping[str, Sender],
    after: int,
    refused: Callable[[Released, Refused], None] | None,
) -> int:
    """Send what is due, each to its source, and wait for all acknowledgements; return how many were sent."""
    sent = 0
    for name in sorted({item.source for item in due}):
        own = [item for item in due if item.source == name]
        outcome = senders[name].send_all(
            [item.record for item in own], replay_clocks=[max(item.moment, after) for item in own]
        )
        for item, why in zip(own, outcome, strict=True):
            if why is None:
                sent += 1
            elif refused is None:
                raise why
            else:
                refused(item, why)
    for sender in senders.values():
        sender.flush()
    return sent


def replay(
    released: Iterable[Released],
    *,
    senders: Mapping[str, Sender],
    tick: Callable[[int], None],
    speed: float,
    after: int = 0,
    resend: bool = False,
    until: int | None = None,
    stop: threading.Event | None = None,
    refused: Callable[[Released, Refused], None] | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> int:
    """Send records at `speed` times the pace of their moments.

    The clock is told only after everything up to it was acknowledged, so a replay that was killed goes on from the
    last tick and loses nothing; what it sends twice is a duplicate.

    Parameters
    ----------
    released : iterable of Released
        In ascending order of moments.
    senders : mapping of str to Sender
        A started publisher for each source.
    tick : callable
        Tells the replay's clock.
    speed : float
        Replayed seconds a second; 86,400 is a day a second.
    after : int
        Where the replay's clock stands. Moments up to it were sent before, by this replay or another.
    resend : bool
        Send those too, at once and as late as they are, instead of passing over them.
    until : int, optional
        Clock to go on to after the last record.
    stop : threading.Event, optional
        Ends the replay at the next step.
    refused : callable, optional
        Told of records that the sender's own checks refuse; without it such a record ends the replay.
    monotonic : callable
        Seconds of a clock that never goes back.

    Returns
    -------
    int
        Records sent.
    """
    stop = stop or threading.Event()
    pending = (item for item in released if resend or item.moment > after)
    item = next(pending, None)
    if item is None and (until is None or until <= after):
        return 0
    origin = after or (item.moment if item else 0)
    began, sent, told = monotonic(), 0, after
    while not stop.is_set() and (item is not None or (until is not None and told < until)):
        clock = origin + int((monotonic() - began) * speed * 1000)
        if until is not None:
            clock = min(clock, until)
        due: list[Released] = []
        while item is not None and item.moment <= clock:
            due.append(item)
            item = next(pending, None)
        sent += _send(due, senders, after, refused)
        tick(clock)
        told = clock
        stop.wait(_STEP_SECONDS)
    return sent


class ReplayTicks:
    """The replay's clock on the clock topic: told here, honoured by intake in replay directories only.

    Parameters
    ----------
    bootstrap : str
        Address of a broker.
    topic : str
        The clock topic.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap, self._topic = bootstrap, topic
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 0})

    def __call__(self, clock: int) -> None:
        """Tell the clock, milliseconds UTC."""
        value = wire.encode(registry.CLOCK_TICK, {"chain": REPLAY_CHAIN, "clock": clock})
        self._producer.produce(self._topic, key=REPLAY_CHAIN.encode(), value=value)
        self._producer.flush(30)

    def last(self) -> int:
        """Return the last tick of an earlier replay, 0 if there was none."""
        consumer = Consumer({"bootstrap.servers": self._bootstrap, "group.id": "replay", "enable.auto.commit": False})
        try:
            partition = TopicPartition(self._topic, 0, OFFSET_BEGINNING)
            end = watermarks(consumer, self._topic, 0)[1]
            consumer.assign([partition])
            latest = 0
            while end and consumer.position([TopicPartition(self._topic, 0)])[0].offset < end:
                for message in consumer.consume(1000, 0.5):
                    value = message.value()
                    if message.error() is None and message.key() == REPLAY_CHAIN.encode() and value is not None:
                        latest = max(latest, int(wire.decode(value)[1]["clock"]))
            return latest
        finally:
            consumer.close()
