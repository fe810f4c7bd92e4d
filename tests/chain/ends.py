"""Both ends of a running Tocsin: what goes into its inbox, and whether it has arrived in ClickHouse."""

from __future__ import annotations

import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from functools import cached_property

from confluent_kafka import Consumer, Producer

from schemas.marker import Marker
from schemas.topics import REPLAY_CLOCK_HEADER, SOURCES, Topics
from streams.delivery import watermarks
from tests.chain.reports import Chunk
from tocsin.settings import Settings


class Stalled(AssertionError):
    """The chain did not reach the end of its inbox in time."""


class Ends:
    """An installation seen through its two protocols, however its processes are run.

    Parameters
    ----------
    settings : Settings
        Of its folder.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.topics = Topics()

    @cached_property
    def _producer(self) -> Producer:
        # One for all that is sent: each new one waits half a second for its first broker.
        return Producer(
            {
                "bootstrap.servers": self.settings.bootstrap,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "log_level": 0,
                "queue.buffering.max.messages": 1_000_000,
                "reconnect.backoff.max.ms": 500,
            }
        )

    def send_anew(self) -> None:
        """Send as another program from now on: the broker's data are older than what this one sent."""
        self.__dict__.pop("_producer", None)

    def send(
        self,
        values: Sequence[tuple[bytes | None, bytes | None]],
        *,
        clock: int | None = None,
        pause: float = 0.0,
        source: str = "case-reports",
    ) -> None:
        """Produce keys and values to an inbox with Java's partitioner, and wait for the acknowledgements.

        Parameters
        ----------
        values : sequence of tuple
            Key and value.
        clock : int, optional
            The replay's, milliseconds UTC.
        pause : float
            Seconds between two.
        source : str
            Whose inbox.
        """
        failed: list[str] = []
        producer, topic = self._producer, self.topics.inbox(source)
        for key, value in values:
            while True:
                try:
                    producer.produce(
                        topic,
                        key=key,
                        value=value,
                        headers=[(REPLAY_CLOCK_HEADER, str(clock))] if clock else None,
                        on_delivery=lambda error, _: failed.append(str(error)) if error else None,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(pause)
        assert producer.flush(120) == 0
        assert not failed, failed[:3]

    def deliver(self, chunk: Chunk) -> None:
        """Send all that a chunk holds, source by source."""
        self.send(chunk.messages, clock=chunk.clock_ms)
        self.deliver_others(chunk)

    def deliver_others(self, chunk: Chunk) -> None:
        """Send what a chunk holds besides case reports."""
        for source, messages in chunk.others.items():
            self.send(messages, clock=chunk.clock_ms, source=source)

    def inbox(self) -> Marker:
        """End of every partition of every inbox."""
        consumer = Consumer({"bootstrap.servers": self.settings.bootstrap, "group.id": "tests", "log_level": 0})
        try:
            chains = [
                (topic, partition)
                for topic in map(self.topics.inbox, SOURCES)
                for partition in consumer.list_topics(topic, timeout=30).topics[topic].partitions
            ]
            return Marker({chain: watermarks(consumer, *chain)[1] for chain in chains})
        finally:
            consumer.close()

    def sql(self, query: str, *, writer: bool = True, timeout: float = 60) -> list[list[str]]:
        """Rows of a query as text, by plain HTTP."""
        s = self.settings
        user, password = (s.writer, s.writer_password) if writer else (s.reader, s.reader_password)
        address = f"http://127.0.0.1:{s.ports.clickhouse}/?" + urllib.parse.urlencode(
            {"user": user, "password": password, "database": s.database, "default_format": "TSV"}
        )
        request = urllib.request.Request(address, data=query.encode())
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read().decode()
        return [line.split("\t") for line in text.splitlines()]

    def reach(self, goal: Marker, timeout: float, meanwhile: Callable[[], str] = lambda: "") -> None:
        """Wait until every stage has reached a goal.

        Parameters
        ----------
        goal : Marker
            Source positions.
        timeout : float
            Seconds.
        meanwhile : callable
            Called between two looks; a text that it returns is why waiting is of no use.

        Raises
        ------
        Stalled
            Says how far the stages are.
        """
        deadline = time.monotonic() + timeout
        seen = ""
        while time.monotonic() < deadline:
            if seen := meanwhile():
                break
            try:
                if self.reached(goal):
                    return
                seen = str(self.sql("SELECT stage, partition, position, marker FROM progress"))
            except OSError as error:
                seen = str(error)
            time.sleep(0.1)
        raise Stalled(f"not at {goal} within {timeout:.0f} s; {seen}")

    def reached(self, goal: Marker) -> bool:
        """Whether line list, aggregates and alerts in ClickHouse are all at a goal."""
        rows = self.sql("SELECT stage, topic, partition, position, marker, toString(alert_ends) FROM progress")
        lines = Marker(
            {(topic, int(p)): int(at) for stage, topic, p, at, *_ in rows if stage not in ("aggregates", "alerts")}
        )
        judged = [(Marker.parse(marker), ends) for stage, _, _, _, marker, ends in rows if stage == "aggregates"]
        alerts = {int(p): int(at) for stage, _, p, at, *_ in rows if stage == "alerts"}
        if not lines.covers(goal) or not judged or not all(marker.covers(goal) for marker, _ in judged):
            return False
        for _, ends in judged:
            for partition, end in enumerate(int(e) for e in ends.strip("[]").split(",") if e):
                if alerts.get(partition, 0) < end:
                    return False
        return True
