"""Intake run in a test: in a thread that stops when everything is judged, or as a process that may be killed."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from schemas.chain import Chain, genesis
from schemas.entry import Entry, Verdict, decode_entry
from schemas.murmur2 import partition_of
from schemas.topics import PARTITIONS, REPLAY_CLOCK_HEADER, Topics
from streams.admin import topic_ids
from streams.delivery import watermarks
from streams.intake.config import IntakeConfig
from streams.intake.run import run_intake

PATIENCE = 120.0


def wall() -> int:
    return time.time_ns() // 1_000_000


def nothing(moment: str) -> None:
    """A failpoint that never strikes."""


@dataclass(frozen=True)
class Sent:
    """One message to the source topic; the partition follows from the key unless it is told."""

    key: bytes | None
    value: bytes | None
    partition: int | None = None
    clock: int | None = None


def publish(broker: str, topics: Topics, messages: Iterable[Sent]) -> list[tuple[int, int]]:
    """Send messages; return partition and offset of each."""
    producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True, "linger.ms": 20})
    places: dict[int, tuple[int, int]] = {}
    failures: list[KafkaError] = []

    def delivered(number: int) -> Callable[[KafkaError | None, Message], None]:
        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                failures.append(error)
            else:
                places[number] = (message.partition() or 0, message.offset() or 0)

        return note

    for number, sent in enumerate(messages):
        partition = sent.partition if sent.partition is not None else partition_of(sent.key or b"", PARTITIONS)
        headers = [] if sent.clock is None else [(REPLAY_CLOCK_HEADER, str(sent.clock).encode())]
        while True:
            try:
                producer.produce(
                    topics.case_reports, sent.value, sent.key, partition, headers=headers, on_delivery=delivered(number)
                )
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(PATIENCE) == 0
    assert not failures
    return [places[number] for number in range(len(places))]


def ends(broker: str, topic: str) -> dict[int, int]:
    """End offset of each partition."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "ends"})
    try:
        return {p: watermarks(consumer, topic, p)[1] for p in range(PARTITIONS)}
    finally:
        consumer.close()


@dataclass
class Journal:
    """A journal read by the chain rule."""

    entries: dict[int, list[Entry]] = field(default_factory=lambda: {p: [] for p in range(PARTITIONS)})
    ignored: int = 0

    def reached(self, partition: int) -> int:
        """Source offset up to which a partition is judged."""
        entries = self.entries[partition]
        return entries[-1].to_offset if entries else 0

    def verdicts(self, partition: int) -> list[str]:
        """Verdict of every offset."""
        return [Verdict(code).name for entry in self.entries[partition] for code in entry.verdicts.tolist()]

    def notes(self) -> dict[tuple[int, int], tuple[str, str, str | None]]:
        """Partition and offset to reason, field and report id."""
        return {
            (partition, entry.from_offset + note.at): (note.reason, note.field, note.report_id)
            for partition, entries in self.entries.items()
            for entry in entries
            for note in entry.notes
        }


def read_journal(broker: str, topics: Topics) -> Journal:
    """Read everything that is in the journal now."""
    source = topic_ids(broker, [topics.case_reports])[topics.case_reports]
    journal = Journal()
    bounds = ends(broker, topics.journal())
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "check", "fetch.message.max.bytes": 16_000_000})
    for partition, end in bounds.items():
        chain = Chain(genesis(source, partition), 0)
        consumer.assign([TopicPartition(topics.journal(), partition, 0)])
        at = 0
        while at < end:
            message = consumer.poll(30)
            assert message is not None
            assert message.error() is None
            value = message.value() or b""
            entry = decode_entry(value)
            if chain.offer(value, entry.parent, entry.from_offset, entry.to_offset):
                journal.entries[partition].append(entry)
            else:
                journal.ignored += 1
            at = (message.offset() or 0) + 1
    consumer.close()
    return journal


class Running:
    """Intake in a thread of the test."""

    def __init__(
        self,
        config: IntakeConfig,
        *,
        failpoint: Callable[[str], None] = nothing,
        wall_clock: Callable[[], int] = wall,
    ) -> None:
        self.config = config
        self.failure: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(failpoint, wall_clock))
        self._thread.start()

    def _run(self, failpoint: Callable[[str], None], wall_clock: Callable[[], int]) -> None:
        try:
            run_intake(self.config, failpoint=failpoint, stop=self._stop, wall_clock=wall_clock)
        except BaseException as failure:  # handed to the test
            self.failure = failure

    def until(self, done: Callable[[Journal], bool]) -> Journal:
        """Wait until the journal is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if not self._thread.is_alive():
                raise AssertionError("intake ended") from self.failure
            journal = read_journal(self.config.bootstrap, self.config.topics)
            if done(journal):
                return journal
            time.sleep(0.1)
        raise AssertionError("not judged in time")

    def until_judged(self) -> Journal:
        """Wait until every message sent so far has its verdict."""
        wanted = ends(self.config.bootstrap, self.config.topics.case_reports)
        return self.until(lambda journal: all(journal.reached(p) >= end for p, end in wanted.items()))

    def until_ended(self) -> BaseException | None:
        """Wait until intake ends by itself; return why."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.failure

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)


def judge_all(broker: str, topics: Topics, folder: Path, *, batch: int = 10_000, replay: bool = False) -> Journal:
    """Run intake until everything sent is judged, and stop it."""
    config = IntakeConfig(broker, folder, topics, sources=("case-reports",), batch=batch, replay=replay)
    with Running(config) as running:
        journal = running.until_judged()
    assert running.failure is None
    return journal


def start_process(
    broker: str, topics: Topics, folder: Path, failpoint: str = "", times: int = 1, batch: int = 50
) -> "subprocess.Popen[bytes]":
    """Start intake as a process that kills itself when it reaches a failpoint for the n-th time."""
    told = {
        "bootstrap": broker,
        "prefix": topics.prefix,
        "folder": str(folder),
        "failpoint": failpoint,
        "times": times,
        "batch": batch,
    }
    return subprocess.Popen([sys.executable, "-m", "tests.streams.intake_process", json.dumps(told)])
