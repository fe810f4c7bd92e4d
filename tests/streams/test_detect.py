"""The detection process on a real broker: live, restarted, killed at its worst moments, and with a rival writing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from confluent_kafka import Producer

from alerts.state import AlertState
from schemas import registry, wire
from schemas.chain import LinkChain, genesis
from schemas.columns import decode_block
from schemas.marker import Marker
from schemas.topics import Topics
from streams.admin import topic_ids
from streams.detect import DetectConfig, run_detect
from streams.emitted import parent_of
from streams.log_reader import LogReader
from tests.streams.current_state import current_alerts, current_rows
from tests.streams.journal_writing import Case, Change, JournalWriter, cases, day_number, noon

DAY = day_number("2021-05-01")
PATIENCE = 60.0


class Journal:
    """Writes journals to the broker and remembers the marker."""

    def __init__(self, broker: str, topics: Topics) -> None:
        self.topics = topics
        self.writers = [JournalWriter(partition, topics.case_reports) for partition in range(3)]
        self._producer = Producer({"bootstrap.servers": broker, "linger.ms": 0})

    def write(self, partition: int, changes: list[Change], day: int) -> None:
        self.put(partition, self.writers[partition].entry(changes, noon(day)))

    def put(self, partition: int, value: bytes) -> None:
        self._producer.produce(self.topics.journal(), value, partition=partition)
        assert self._producer.flush(30) == 0

    @property
    def marker(self) -> Marker:
        written = [writer for writer in self.writers if writer.values]
        return Marker({(writer.topic, writer.partition): writer.next_offset for writer in written})


class Outputs:
    """What valid messages the output topics hold."""

    def __init__(self, broker: str, topics: Topics) -> None:
        ids = topic_ids(broker, [topics.aggregates, topics.alert_history])
        self.frames: list[pl.DataFrame] = []
        self.events: list[AlertState] = []
        self.markers: dict[int, Marker] = {}
        self.catalogues: dict[int, str] = {}
        self.foreign = 0
        with LogReader(broker) as reader:
            # Aggregates first: whoever has seen a marker finds everything that it covers.
            for partition in range(3):
                for record in self._valid(reader, topics.aggregates, ids, partition):
                    self.frames.append(decode_block(registry.AGGREGATE_ROW, record["rows"], record["count"]))
                    self.markers[partition] = Marker.from_avro(record["marker"])
                    self.catalogues[partition] = record["catalogue"]
            for partition in range(3):
                for record in self._valid(reader, topics.alert_history, ids, partition):
                    self.events.append(AlertState.from_record(record))
            self.current = {}
            for partition in range(3):
                first, end = reader.bounds(topics.alerts, partition)
                for messages in reader.batches(topics.alerts, partition, first, end):
                    for message in messages:
                        state = AlertState.from_record(wire.decode(message.value() or b"")[1])
                        assert message.key() == state.alert_id.encode()
                        self.current[state.alert_id] = state

    def _valid(self, reader: LogReader, topic: str, ids: dict[str, str], partition: int) -> Iterator[dict]:
        chain = LinkChain(genesis(ids[topic], partition))
        for messages in reader.batches(topic, partition, *reader.bounds(topic, partition)):
            for message in messages:
                value = message.value() or b""
                if chain.offer(value, parent_of(value)):
                    yield wire.decode(value)[1]
                else:
                    self.foreign += 1

    def newest(self) -> dict[str, AlertState]:
        return {event.alert_id: event for event in self.events}


class Running:
    """run_detect in a thread; `moments` are those that it has reached."""

    def __init__(self, broker: str, topics: Topics, folder: Path, catalogue: Path | None = None) -> None:
        self.stop = threading.Event()
        self.moments: list[str] = []
        self.result: int | BaseException | None = None
        config = DetectConfig(broker, folder, topics, catalogue)

        def run() -> None:
            try:
                self.result = run_detect(config, failpoint=self.moments.append, stop=self.stop)
            except BaseException as error:
                self.result = error

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def end(self) -> int | BaseException | None:
        self.stop.set()
        self._thread.join(PATIENCE)
        return self.result

    def end_after_its_first_look(self) -> int | BaseException | None:
        """Let it go live, evaluate once, and end."""
        eventually(lambda: "detect.seam" in self.moments or self.result is not None)
        return self.end()

    def fails(self) -> BaseException:
        self._thread.join(PATIENCE)
        assert isinstance(self.result, BaseException)
        return self.result


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)


def caught_up(broker: str, topics: Topics, journal: Journal) -> Outputs:
    found: list[Outputs] = []

    def there() -> bool:
        outputs = Outputs(broker, topics)
        found[:] = [outputs]
        return len(outputs.markers) == 3 and all(marker == journal.marker for marker in outputs.markers.values())

    eventually(there)
    return found[0]


def test_refold_live_and_restart(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    journal.write(0, cases("a", [DAY] * 3, disease="measles"), DAY)
    running = Running(broker, topics, tmp_path)
    caught_up(broker, topics, journal)
    journal.write(1, cases("b", [DAY + 1] * 2, disease="measles"), DAY + 1)
    journal.write(2, cases("c", [DAY + 1], disease="cholera", area="420100"), DAY + 1)
    live = caught_up(broker, topics, journal)
    assert running.end() == 0

    county = [event for event in live.newest().values() if event.area == "420106"]
    assert [(event.state, event.cases) for event in county] == [("OPEN", 5)]
    assert {event.area for event in live.events if event.disease == "cholera"} >= {"420100u"}
    assert live.current == live.newest()

    again = Running(broker, topics, tmp_path)
    assert again.end_after_its_first_look() == 0
    after = Outputs(broker, topics)
    assert len(after.events) == len(live.events)
    assert sum(frame.height for frame in after.frames) == sum(frame.height for frame in live.frames)


def test_restart_without_caches_says_nothing_new_and_goes_on(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    for step in range(6):
        journal.write(step % 3, cases(f"s{step}-", [DAY + step] * 4, disease="pertussis"), DAY + step)
    for attempt in range(2):
        running = Running(broker, topics, tmp_path / str(attempt))
        caught_up(broker, topics, journal)
        assert running.end() == 0
    before = Outputs(broker, topics)
    journal.write(0, [(Case("s0-0", DAY, disease="pertussis", action="RETRACT", revision=2), Case("s0-0", DAY))], DAY)
    running = Running(broker, topics, tmp_path / "0")
    after = caught_up(broker, topics, journal)
    assert running.end() == 0
    fresh = sum(frame.height for frame in after.frames) - sum(frame.height for frame in before.frames)
    assert 0 < fresh < 60


def test_a_dead_writers_entry_is_ignored(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    journal.write(0, cases("a", [DAY]), DAY)
    rival = JournalWriter(0, topics.case_reports)
    rival.entry(cases("a", [DAY]), noon(DAY))
    journal.write(0, cases("b", [DAY]), DAY)
    journal.put(0, rival.entry(cases("x", [DAY] * 7), noon(DAY)))
    running = Running(broker, topics, tmp_path)
    caught_up(broker, topics, journal)
    journal.put(0, rival.entry(cases("y", [DAY] * 7), noon(DAY)))
    journal.write(0, cases("c", [DAY]), DAY)
    outputs = caught_up(broker, topics, journal)
    assert running.end() == 0
    nation = current_rows(outputs.frames).filter(pl.col("area") == "000000", pl.col("signal") == "dysentery.cases")
    assert nation["count"].to_list() == [3]


def test_a_rival_writing_the_outputs_ends_the_process(broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    journal.write(0, cases("a", [DAY], disease="cholera"), DAY)
    running = Running(broker, topics, tmp_path)
    first = caught_up(broker, topics, journal)
    producer = Producer({"bootstrap.servers": broker})
    for partition in range(3):
        producer.produce(topics.alert_history, b"\0\0\0\0\0 a dead writer's", partition=partition)
    assert producer.flush(30) == 0
    journal.write(0, cases("b", [DAY], disease="cholera", area="110101"), DAY)
    assert "not at" in str(running.fails())
    again = Running(broker, topics, tmp_path)
    outputs = caught_up(broker, topics, journal)
    assert again.end() == 0
    assert outputs.foreign == 3
    assert len(outputs.events) > len(first.events)
    assert outputs.current == outputs.newest()


@pytest.mark.parametrize("moment", ["detect.refold", "detect.seam", "alert.sent", "detect.aggregates_sent"])
def test_killed_at_a_moment_everything_is_said_once(moment: str, broker: str, topics: Topics, tmp_path: Path) -> None:
    journal = Journal(broker, topics)
    journal.write(0, cases("a", [DAY, DAY + 1, DAY + 1], disease="measles"), DAY + 1)
    child = _child(broker, topics, tmp_path, moment)
    eventually(lambda: child.poll() is not None or (tmp_path / "marks" / f"failpoint-{moment}").exists())
    assert child.wait(PATIENCE) == -signal.SIGKILL
    assert (tmp_path / "marks" / f"failpoint-{moment}").exists()
    journal.write(1, cases("b", [DAY + 2] * 4, disease="measles"), DAY + 2)
    running = Running(broker, topics, tmp_path)
    outputs = caught_up(broker, topics, journal)
    assert running.end() == 0

    revisions = [(event.alert_id, event.revision) for event in outputs.events]
    assert len(revisions) == len(set(revisions))
    assert outputs.current == outputs.newest()
    told = pl.concat([frame for frame in outputs.frames if frame.height])
    assert told.height == told.unique().height
    nation = current_rows(outputs.frames).filter(pl.col("area") == "000000", pl.col("signal") == "measles.cases")
    assert nation["count"].to_list() == [1, 2, 4]
    assert {a["cases"] for a in current_alerts(outputs.events) if a["area"] == "420106"} == {7}


def _child(broker: str, topics: Topics, folder: Path, moment: str) -> subprocess.Popen[bytes]:
    program = (
        "import sys, threading; from pathlib import Path; from schemas.topics import Topics;"
        "from streams.detect import DetectConfig, run_detect; from tocsin.failpoint import from_environment;"
        "broker, prefix, folder = sys.argv[1:];"
        "run_detect(DetectConfig(broker, Path(folder), Topics(prefix)), stop=threading.Event(),"
        " failpoint=from_environment(Path(folder) / 'marks'))"
    )
    environment = {**os.environ, "TOCSIN_FAILPOINT": moment, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-c", program, broker, topics.prefix, str(folder)], env=environment)
