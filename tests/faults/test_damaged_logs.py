"""A log that lost its tail, a folder put back from a copy, messages of a dead writer: readers notice, and agree."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas import registry, wire
from schemas.entry import decode_entry, encode_entry
from schemas.topics import PARTITIONS, SOURCES
from streams.delivery import watermarks
from tests.chain.installation import WORKERS, Installation
from tests.chain.reports import Chunk
from tests.chain.state import Rows, assert_exact, current_state

SEGMENT = f"{0:020d}.log"


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("damaged")) as running:
        running.start(*WORKERS)
        yield running


@pytest.fixture(scope="module")
def turn() -> Iterator[int]:
    """Numbers of the chunks, in order: each test goes on where the one before it stopped."""
    return iter(range(100))


def _segments(running: Installation, topic: str) -> list[Path]:
    return [running.folder / "kafka" / "data" / f"{topic}-{p}" / SEGMENT for p in range(PARTITIONS)]


def _cut(segment: Path, size: int) -> None:
    """Take away what a machine that lost its power might not have written: the tail, and what was derived of it."""
    assert segment.stat().st_size > size, "there is no tail to lose"
    with segment.open("r+b") as file:
        file.truncate(size)
    for derived in segment.parent.iterdir():
        if derived.suffix in (".index", ".timeindex", ".snapshot"):
            derived.unlink()


def _restart_broker(running: Installation, between: Callable[[], None], *others: str) -> None:
    running.kill("broker", *others)
    between()
    running.start("broker", *others)


def _lose(running: Installation, damage: Callable[[], None]) -> None:
    """Damage the log while ledger, aggregates and tables are ahead of it; wait until those who can tell have told.

    The sink runs on through it. Until it has looked, the tables hold what they held, and look right.
    """
    logs = {running.child("intake").log: "made again from it", running.child("sink").log: "the tables are empty"}
    read = {log: log.stat().st_size for log in logs}
    _restart_broker(running, damage, "intake", "detect")
    deadline = time.monotonic() + 60
    for log, words in logs.items():
        while words.encode() not in log.read_bytes()[read[log] :]:
            running.mend()
            assert time.monotonic() < deadline, f"{log.name} does not say {words!r}"
            time.sleep(0.1)


def _read(running: Installation, topic: str, partition: int) -> list[bytes]:
    consumer = Consumer(
        {"bootstrap.servers": running.settings.bootstrap, "group.id": "tests", "enable.auto.commit": False}
    )
    try:
        end = watermarks(consumer, topic, partition)[1]
        consumer.assign([TopicPartition(topic, partition, 0)])
        values: list[bytes] = []
        while len(values) < end:
            values += [message.value() for message in consumer.consume(end - len(values), 1.0) if not message.error()]
        return values
    finally:
        consumer.close()


def _append(running: Installation, topic: str, partition: int, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": running.settings.bootstrap})
    producer.produce(topic, value, partition=partition)
    assert producer.flush(30) == 0


def _check(running: Installation, wanted: dict[str, Rows]) -> None:
    running.settle(mending=True)
    assert current_state(running) == wanted
    assert_exact(running)


def test_a_journal_that_lost_its_tail_is_judged_again(
    damaged: Installation, turn: Iterator[int], stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    number = next(turn)
    damaged.deliver(stream[number])
    damaged.settle()
    assert current_state(damaged) == undisturbed[number]
    segments = [segment for source in SOURCES for segment in _segments(damaged, damaged.topics.journal(source))]
    sizes = [segment.stat().st_size for segment in segments]
    number = next(turn)
    damaged.deliver(stream[number])
    damaged.settle()

    def lose() -> None:
        for segment, size in zip(segments, sizes, strict=True):
            _cut(segment, size)

    _lose(damaged, lose)
    _check(damaged, undisturbed[number])


def test_a_broker_put_back_from_an_older_copy_takes_the_reports_again(
    damaged: Installation,
    turn: Iterator[int],
    stream: list[Chunk],
    undisturbed: list[dict[str, Rows]],
    tmp_path: Path,
) -> None:
    data = damaged.folder / "kafka" / "data"
    copy = tmp_path / "copy"

    def copy_it() -> None:
        subprocess.run(["cp", "-a", "--sparse=always", str(data), str(copy)], check=True)

    _restart_broker(damaged, copy_it)
    damaged.settle(mending=True)
    number = next(turn)
    chunk = stream[number]
    damaged.deliver(chunk)
    damaged.settle()

    def put_back() -> None:
        data.rename(tmp_path / "newer")
        subprocess.run(["cp", "-a", "--sparse=always", str(copy), str(data)], check=True)

    damaged.send_anew()
    _lose(damaged, put_back)
    _check(damaged, undisturbed[number - 1])
    damaged.deliver(chunk)
    _check(damaged, undisturbed[number])


@pytest.mark.parametrize("topic", ["journal", "aggregates", "alert_history"])
def test_a_dead_writers_late_append_is_ignored_by_every_reader(
    topic: str,
    damaged: Installation,
    turn: Iterator[int],
    stream: list[Chunk],
    undisturbed: list[dict[str, Rows]],
) -> None:
    name = damaged.topics.journal() if topic == "journal" else getattr(damaged.topics, topic)
    writer = "intake" if topic == "journal" else "detect"
    before = current_state(damaged)
    pid = damaged.child(writer).pid
    for partition in range(PARTITIONS):
        values = _read(damaged, name, partition)
        if topic == "journal":
            # Only its parent betrays it: it starts where the next entry must, and would count every case again.
            last = decode_entry(values[-1])
            full = max(map(decode_entry, values), key=lambda entry: len(entry.verdicts))
            span = full.to_offset - full.from_offset
            late = encode_entry(
                replace(full, from_offset=last.to_offset, to_offset=last.to_offset + span, clock=last.clock)
            )
        elif topic == "aggregates":
            late = next(v for v in values[:-1] if wire.decode(v)[1]["count"])
        else:
            late = values[0]
            assert wire.split(late)[0] == registry.ALERT_EVENT
        _append(damaged, name, partition, late)
    time.sleep(1)
    assert current_state(damaged) == before
    number = next(turn)
    damaged.deliver(stream[number])
    _check(damaged, undisturbed[number])
    # The writer met another's message where its own had to lie: it ends and folds again, perhaps when its next message
    # is acknowledged, which readers need not wait for.
    deadline = time.monotonic() + 30
    while damaged.child(writer).pid == pid and time.monotonic() < deadline:
        damaged.mend()
        time.sleep(0.1)
    assert damaged.child(writer).pid != pid


def test_a_broker_killed_while_reports_are_sent_loses_and_repeats_none(
    damaged: Installation, turn: Iterator[int], stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    number = next(turn)
    chunk = stream[number]
    failures: list[BaseException] = []

    def send() -> None:
        try:
            damaged.send(chunk.messages, clock=chunk.clock_ms, pause=4 / len(chunk.messages))
            damaged.deliver_others(chunk)
        except BaseException as failure:
            failures.append(failure)

    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(1)
    damaged.kill("broker")
    time.sleep(1)
    damaged.start("broker")
    sender.join(120)
    assert not sender.is_alive()
    assert not failures, failures
    _check(damaged, undisturbed[number])


def test_new_processes_read_past_all_that(
    damaged: Installation, turn: Iterator[int], stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    damaged.kill(*WORKERS)
    damaged.start(*WORKERS)
    number = next(turn)
    damaged.deliver(stream[number])
    _check(damaged, undisturbed[number])
