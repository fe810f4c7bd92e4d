"""A whole embedded Tocsin in a folder, each process by itself, so that a test may kill it where it hurts."""

from __future__ import annotations

import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.marker import Marker
from schemas.topics import REPLAY_CLOCK_HEADER, Topics
from streams.admin import ensure_topics
from tocsin.child import Child, wait_answering
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.failpoint import VARIABLE
from tocsin.ports import free_ports
from tocsin.settings import Ports, Settings

WORKERS = ("intake", "detect", "sink")
PROCESSES = ("broker", "clickhouse", *WORKERS)


class Stalled(AssertionError):
    """The chain did not reach the end of its inbox in time."""


class Installation:
    """Broker, ClickHouse front and the three workers over one data folder.

    Parameters
    ----------
    folder : Path
        Made if missing; what it holds is continued.
    replay : bool
        A replay directory, whose clock is the one in the records' headers.
    """

    def __init__(self, folder: Path, *, replay: bool = True) -> None:
        (broker, controller, clickhouse, *metrics) = free_ports(9)
        names = ("page", "supervisor_metrics", "intake_metrics", "detect_metrics", "sink_metrics")
        chosen = dict(zip((*names, "clickhouse_metrics"), metrics, strict=True))
        ports = Ports(broker=broker, controller=controller, clickhouse=clickhouse, **chosen)
        self.settings = Settings(folder=folder, replay=replay, ports=ports)
        self.settings.save()
        self.folder = folder
        self.topics = Topics()
        self._node = KafkaNode(folder / "kafka", broker, controller)
        self._children = {"broker": self._node.child(folder / "log" / "broker.log")}
        for name in PROCESSES[1:]:
            command = [sys.executable, "-m", "tocsin", "serve", name, "--dir", str(folder)]
            self._children[name] = Child(name, command, folder / "log" / f"{name}.log")
        self._producer: Producer | None = None

    def __enter__(self) -> Self:
        self.start("broker", "clickhouse")
        ensure_topics(self.settings.bootstrap, self.topics)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name in reversed(PROCESSES):
            self._children[name].kill()

    def child(self, name: str) -> Child:
        """The process of that name, running or not."""
        return self._children[name]

    def start(self, *names: str, failpoint: str | None = None) -> None:
        """Start processes; with a failpoint they kill themselves at that moment."""
        for name in names:
            child = self._children[name]
            child.environment.pop(VARIABLE, None)
            if failpoint:
                child.environment[VARIABLE] = failpoint
            child.start()
            if name == "broker":
                wait_ready(self._node, child)
            elif name == "clickhouse":
                wait_answering(f"http://127.0.0.1:{self.settings.ports.clickhouse}/ping", child)

    def stop(self, *names: str) -> None:
        """SIGTERM, in the order given."""
        for name in names:
            self._children[name].stop()

    def kill(self, *names: str) -> None:
        """SIGKILL."""
        for name in names:
            self._children[name].kill()

    def mend(self) -> list[str]:
        """Start again what has ended, as the supervisor would; say what that was."""
        ended = [name for name in PROCESSES if self._children[name].pid and not self._children[name].alive]
        self.start(*ended)
        return ended

    def send(self, values: Sequence[tuple[bytes | None, bytes | None]], *, clock: int | None = None) -> None:
        """Produce keys and values to the inbox with Java's partitioner, and wait for the acknowledgements."""
        producer = Producer(
            {
                "bootstrap.servers": self.settings.bootstrap,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        failed: list[str] = []
        for key, value in values:
            while True:
                try:
                    producer.produce(
                        self.topics.case_reports,
                        key=key,
                        value=value,
                        headers=[(REPLAY_CLOCK_HEADER, str(clock))] if clock else None,
                        on_delivery=lambda error, _: failed.append(str(error)) if error else None,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(120) == 0
        assert not failed, failed[:3]

    def inbox(self) -> Marker:
        """End of every partition of the inbox."""
        consumer = Consumer({"bootstrap.servers": self.settings.bootstrap, "group.id": "tests"})
        try:
            topic = self.topics.case_reports
            partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
            return Marker(
                {
                    (topic, p): consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1]
                    for p in partitions
                }
            )
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

    def settle(self, timeout: float = 90, *, mending: bool = False) -> Marker:
        """Wait until every stage has reached the inbox's end; with `mending` start again what ends meanwhile."""
        goal = self.inbox()
        deadline = time.monotonic() + timeout
        seen = ""
        while time.monotonic() < deadline:
            if mending:
                self.mend()
            elif ended := [n for n in PROCESSES if self._children[n].pid and not self._children[n].alive]:
                seen = f"ended: {ended}"
                break
            try:
                if self._reached(goal):
                    return goal
                seen = str(self.sql("SELECT stage, partition, position, marker FROM progress"))
            except OSError as error:
                seen = str(error)
            time.sleep(0.1)
        words = "\n".join(f"--- {n}: {self._children[n].last_words(12)}" for n in WORKERS)
        raise Stalled(f"not at {goal} within {timeout:.0f} s; {seen}\n{words}")

    def _reached(self, goal: Marker) -> bool:
        rows = self.sql("SELECT stage, topic, partition, position, marker, toString(alert_ends) FROM progress")
        lines = Marker({(topic, int(p)): int(at) for stage, topic, p, at, *_ in rows if stage == "line_list"})
        judged = [(Marker.parse(marker), ends) for stage, _, _, _, marker, ends in rows if stage == "aggregates"]
        alerts = {int(p): int(at) for stage, _, p, at, *_ in rows if stage == "alerts"}
        if not lines.covers(goal) or not judged or not all(marker.covers(goal) for marker, _ in judged):
            return False
        for _, ends in judged:
            for partition, end in enumerate(int(e) for e in ends.strip("[]").split(",") if e):
                if alerts.get(partition, 0) < end:
                    return False
        return True
