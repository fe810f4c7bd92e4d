"""The loop of an intake process: consume, judge, write, acknowledge, remember.

The order of writes is what makes every verdict final: a flush is decided against the ledger, its entries are
sent, and only when each is acknowledged at the offset where it must lie does the ledger move on. The ledger's
rows are put while the broker works, and the next messages are fetched and decoded; neither is seen by anyone
before the commit.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np
from confluent_kafka import Consumer, TopicPartition
from numpy.typing import NDArray
from prometheus_client import start_http_server

from schemas import registry, wire
from schemas.sources import Source, sources
from streams.admin import TopicMismatch, partition_counts, topic_ids
from streams.civil_day import civil_day
from streams.delivery import watermarks
from streams.identity import identified
from streams.intake.catch_up import catch_up
from streams.intake.clock import Clock
from streams.intake.compose import Composed, Extent, day_entry, entries, void_entries
from streams.intake.config import IntakeConfig
from streams.intake.decide import decide
from streams.intake.journal import JournalWriter
from streams.intake.judged import Judged, judged
from streams.intake.messages import Messages, columns_of
from streams.intake.metrics import REPLAY, IntakeMetrics
from streams.intake.replay_clock import ReplayClock
from streams.intake.screen import Screened, screen
from streams.ledger import Head, Ledger
from streams.rejections import tell_rejections

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
_EMPTY_FETCH_MS = 200
_GC_ALLOCATIONS = 50_000


class SourceTruncated(RuntimeError):
    """The source topic ends before the offset up to which it was judged: it is not the topic that it was."""


def run_intake(
    config: IntakeConfig,
    *,
    failpoint: Callable[[str], None],
    stop: threading.Event,
    wall_clock: Callable[[], int],
) -> int:
    """Judge the records of all sources, and tell senders what was rejected, until told to stop.

    Parameters
    ----------
    config
        See `IntakeConfig`.
    failpoint
        Called at ``intake.sent.<source>``, ``intake.acknowledged.<source>`` and ``ledger.committed.<source>``, and by
        the telling of rejections at ``rejections.sent``.
    stop
        Set it to end after the flush in hand.
    wall_clock
        Milliseconds UTC.

    Returns
    -------
    int
        0 when stopped.

    Raises
    ------
    Exception
        Whatever is not a sender's fault ends the process; started again, it takes up where the journal ends.
    """
    # A batch allocates tens of thousands of objects and no cycles: at the default the collector runs through all
    # of them dozens of times a batch.
    gc.freeze()
    gc.set_threshold(_GC_ALLOCATIONS, 50, 100)
    if config.metrics_port is not None:
        start_http_server(config.metrics_port, addr="127.0.0.1")
    REPLAY.set(config.replay)
    halt = threading.Event()

    def judge(source: str) -> None:
        intake = _Intake(config, sources()[source], failpoint, wall_clock)
        try:
            while not (stop.is_set() or halt.is_set()):
                intake.step()
            intake.settle()
        finally:
            intake.close()

    def tell() -> None:
        tell_rejections(
            config.bootstrap, config.topics, config.sources, config.assigned,
            failpoint=failpoint, halted=lambda: stop.is_set() or halt.is_set(),
        )  # fmt: skip

    with ThreadPoolExecutor(len(config.sources) + 1, thread_name_prefix="intake") as threads:
        judging = [*(threads.submit(judge, source) for source in config.sources), threads.submit(tell)]
        # One that fails takes the process with it: started again, all take up where their journals end.
        wait(judging, return_when=FIRST_EXCEPTION)
        halt.set()
    for each in judging:
        each.result()
    return 0


@dataclass(slots=True)
class _Pending:
    """A flush on its way: entries sent, rows put, nothing committed."""

    heads: dict[int, Head] = field(default_factory=dict)
    began: float = 0.0


class _Intake:
    """Intake of one source.

    Parameters
    ----------
    source
        The type of record; the others are as in `run_intake`.
    """

    def __init__(
        self,
        config: IntakeConfig,
        source: Source,
        failpoint: Callable[[str], None],
        wall_clock: Callable[[], int],
    ) -> None:
        self._config = config
        self._source = source
        self._failpoint = failpoint
        self._wall_clock = wall_clock
        self._topic = config.topics.inbox(source.name)
        journal = config.topics.journal(source.name)
        ids = topic_ids(config.bootstrap, [self._topic, journal])
        count = partition_counts(config.bootstrap, [self._topic])[self._topic]
        if count != config.partitions:
            raise TopicMismatch(f"{self._topic} has {count} partitions, configured are {config.partitions}")
        self._source_id = ids[self._topic]
        self._ledger = Ledger(config.folder / source.name, ids)
        caught_up = catch_up(config.bootstrap, journal, self._ledger, self._source_id, config.assigned)
        self._heads = caught_up.heads
        self._metrics = IntakeMetrics(self._topic)
        self._writer = JournalWriter(config.bootstrap, journal, caught_up.ends)
        seen = max(head.clock for head in self._heads.values())
        self._clock = Clock(replay=config.replay, wall_clock=wall_clock, seen=seen)
        self._replay_clock = ReplayClock(config.bootstrap, config.topics.clock) if config.replay else None
        self._consumer = self._consumer_from_heads()
        self._pending: _Pending | None = None
        self._last_tick = 0.0

    def _consumer_from_heads(self) -> Consumer:
        consumer = Consumer(
            {
                "bootstrap.servers": self._config.bootstrap,
                # Required by the library; partitions are assigned, the group neither joins nor commits.
                "group.id": "tocsin-intake",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                # The broker answers at the first byte; only how often it says that there is none depends on this.
                "fetch.wait.max.ms": max(_EMPTY_FETCH_MS, self._config.linger_ms),
                # The library fetches until this many wait, and then by default not for a second: longer than they
                # last.
                "queued.min.messages": 10 * self._config.batch,
                "fetch.queue.backoff.ms": 5,
                "fetch.message.max.bytes": 4_000_000,
            }
        )
        starts = []
        for partition, head in self._heads.items():
            low, high = watermarks(consumer, self._topic, partition)
            if head.to_offset > high:
                raise SourceTruncated(f"{self._topic}/{partition} ends at {high}, judged to {head.to_offset}")
            if head.to_offset < low:
                self._give_up(partition, low)
            starts.append(TopicPartition(self._topic, partition, max(low, head.to_offset)))
        consumer.assign(starts)
        return consumer

    def _give_up(self, partition: int, low: int) -> None:
        """Say void of offsets that retention deleted unjudged."""
        lost = low - self._heads[partition].to_offset
        log.warning("%s/%d: retention deleted %d messages before they were judged", self._topic, partition, lost)
        self._metrics.lost(lost)
        self._pending = _Pending(began=time.monotonic())
        extent = self._extent(partition)
        self._metrics.voided(lost)
        self._send(partition, list(void_entries(extent, low, 0)))
        self.settle()

    def _extent(self, partition: int) -> Extent:
        head = self._heads[partition]
        parent = bytes.fromhex(head.entry_id)
        return Extent(self._topic, self._source_id, partition, parent, head.to_offset, head.clock)

    def step(self) -> None:
        """Take what has come, and give it its verdicts."""
        consumed = self._consumer.consume(self._config.batch, self._config.linger_ms / 1000)
        began = time.monotonic()
        messages = columns_of(consumed, replay=self._config.replay)
        if self._replay_clock is not None:
            self._clock.advance(self._replay_clock.latest())
        if not consumed and not self._day_changed():
            self.settle()
            self._tick()
            return
        arrival = self._clock.arrivals(messages)
        screened = screen(messages, arrival, self._config.partitions, self._source)
        self.settle()
        # From here on the ledger is at the journal's end.
        if len(messages) or messages.ends or self._day_changed():
            self._flush(messages, arrival, screened, began)
        self._tick()

    def _flush(self, messages: Messages, arrival: NDArray[np.int64], screened: Screened, began: float) -> None:
        # Who is it, and which of its records: no more is asked of a record that is known to be valid.
        known = identified(screened.frame, self._source).filter(screened.valid)
        records = [messages.values[number] or b"" for number in screened.rows[screened.valid].tolist()]
        decisions = decide(known, records, self._ledger)
        batch = judged(messages, arrival, screened, decisions)
        sent = False
        for partition, composed in self._compose(batch, messages.ends):
            if not sent:
                self._pending = _Pending(began=began)
                sent = True
            self._send(partition, composed)
        if not sent:
            return
        self._failpoint(f"intake.sent.{self._source.name}")
        if decisions.standing.size:
            self._ledger.put(decisions.identities, [records[number] for number in decisions.standing.tolist()])
        self._metrics.judged(batch)

    def _compose(self, batch: Judged, ends: dict[int, int]) -> Iterator[tuple[int, list[Composed]]]:
        bounds = np.searchsorted(batch.partition, np.arange(self._config.partitions + 1))
        for partition in self._config.assigned:
            extent = self._extent(partition)
            first, last = int(bounds[partition]), int(bounds[partition + 1])
            composed = list(entries(extent, batch, first, last)) if first < last else []
            end = ends.get(partition, 0)
            if end > extent.next_offset:
                # The broker says that the partition ends here, and nothing came: transaction markers.
                self._metrics.voided(end - extent.next_offset)
                composed += void_entries(extent, end, 0)
            if not composed and civil_day(extent.clock) < civil_day(self._clock.now()):
                composed = [day_entry(extent, self._clock.now())]
            if composed:
                yield partition, composed

    def _day_changed(self) -> bool:
        today = civil_day(self._clock.now())
        return any(civil_day(head.clock) < today for head in self._heads.values())

    def _send(self, partition: int, composed: list[Composed]) -> None:
        for each in composed:
            offset = self._writer.send(partition, each.value)
            head = Head(offset, each.entry_id, each.entry.to_offset, each.entry.clock)
            self._heads[partition] = head
            if self._pending is not None:
                self._pending.heads[partition] = head
        self._metrics.wrote(len(composed), sum(len(each.value) for each in composed))

    def settle(self) -> None:
        """Await the flush on its way and commit it; the ledger is then at the journal's end."""
        pending, self._pending = self._pending, None
        if pending is None:
            return
        self._writer.await_all()
        self._failpoint(f"intake.acknowledged.{self._source.name}")
        self._ledger.commit(pending.heads)
        self._failpoint(f"ledger.committed.{self._source.name}")
        self._metrics.flushed(time.monotonic() - pending.began)

    def _tick(self) -> None:
        if time.monotonic() - self._last_tick < _TICK_SECONDS:
            return
        self._last_tick = time.monotonic()
        now = self._clock.now()
        wall = self._wall_clock()
        for partition, head in self._heads.items():
            chain = f"{self._topic}/{partition}"
            tick = {"chain": chain, "clock": max(now, head.clock)}
            self._writer.tick(self._config.topics.clock, chain.encode(), wire.encode(registry.CLOCK_TICK, tick))
            _, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), cached=True)
            lag = high - head.to_offset if high >= 0 else None
            self._metrics.position(partition, lag=lag, clock=head.clock, wall=wall)
        self._metrics.ledger(len(self._ledger))

    def close(self) -> None:
        """Close everything; a flush that was not settled is as if the process had been killed."""
        self._writer.close()
        self._consumer.close()
        if self._replay_clock is not None:
            self._replay_clock.close()
        self._ledger.close()
