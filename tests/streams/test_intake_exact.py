"""Intake killed, replaced, set back: every offset has one verdict, and it is the right one (P1, P3)."""

import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from schemas.entry import Entry, Verdict, encode_entry, entry_id
from schemas.murmur2 import partition_of
from schemas.topics import PARTITIONS, Topics
from streams.admin import ensure_topics, topic_ids
from streams.intake.config import IntakeConfig
from streams.intake.journal import AnotherWriter
from streams.ledger import Head, Ledger
from tests.streams.intake_model import Report, Standing, judge
from tests.streams.intake_running import Journal, Running, Sent, judge_all, publish, read_journal, start_process


def drawn(seed: int, count: int) -> list[Report]:
    """Reports with revisions in any order, retractions, copies and conflicts."""
    chance = random.Random(seed)
    return [
        Report(
            report_id=f"R{chance.randrange(count // 3)}",
            revision=chance.choice((1, 1, 1, 2, 3)),
            retract=chance.random() < 0.1,
            content=chance.randrange(2),
        )
        for _ in range(count)
    ]


def valid(report: Report) -> bool:
    return not (report.retract and report.revision == 1)


def messages(reports: list[Report]) -> list[Sent]:
    return [Sent(report.report_id.encode(), report.value()) for report in reports]


def expected(reports: list[Report]) -> dict[int, list[str]]:
    """Verdicts of each partition, by the model."""
    told: dict[int, list[str]] = {partition: [] for partition in range(PARTITIONS)}
    for partition in told:
        standing: Standing = {}
        for report in reports:
            if partition_of(report.report_id.encode(), PARTITIONS) == partition:
                told[partition] += [v for v, _ in judge([report], standing)] if valid(report) else ["REJECTED"]
    return told


def verdicts(journal: Journal) -> dict[int, list[str]]:
    return {partition: journal.verdicts(partition) for partition in range(PARTITIONS)}


@pytest.mark.parametrize("batch", [7, 10_000])
def test_verdicts_are_the_rules_in_any_batches(broker: str, topics: Topics, tmp_path: Path, batch: int) -> None:
    reports = drawn(batch, 1500)
    publish(broker, topics, messages(reports))
    journal = judge_all(broker, topics, tmp_path / "ledger", batch=batch)
    assert verdicts(journal) == expected(reports)
    assert journal.ignored == 0


def test_entries_carry_what_was_accepted_and_what_it_replaced(broker: str, topics: Topics, tmp_path: Path) -> None:
    reports = [Report(), Report(revision=3), Report(revision=2), Report(revision=4, retract=True)]
    places = publish(broker, topics, messages(reports))
    journal = judge_all(broker, topics, tmp_path / "ledger")
    entries = journal.entries[places[0][0]]
    bodies = [report.value()[5:] for report in reports]
    assert b"".join(group.bodies for entry in entries for group in entry.after) == bodies[0] + bodies[1] + bodies[3]
    assert b"".join(group.bodies for entry in entries for group in entry.before) == bodies[0] + bodies[1]
    for entry in entries:
        assert (entry.from_offset + entry.after_at[entry.before_of]).tolist() == [
            places[number][1] for number in (1, 3) if entry.from_offset <= places[number][1] < entry.to_offset
        ]
        if not entry.verdicts.size:
            continue  # the day began before the first record came
        assert entry.clock >= max(entry.arrival.tolist(), default=0) > 0
        assert {entry.senders[place] for place in entry.sender_of.tolist()} == {"H420100001"}


@pytest.mark.parametrize(
    "moment", ["intake.sent.case-reports", "intake.acknowledged.case-reports", "ledger.committed.case-reports"]
)
@pytest.mark.parametrize("times", [1, 4])
def test_killed_at_a_named_moment(broker: str, topics: Topics, tmp_path: Path, moment: str, times: int) -> None:
    reports = drawn(times, 1200)
    publish(broker, topics, messages(reports[:900]))
    process = start_process(broker, topics, tmp_path / "ledger", moment, times)
    assert process.wait(120) == -signal.SIGKILL, "the failpoint was not reached"
    publish(broker, topics, messages(reports[900:]))
    assert verdicts(judge_all(broker, topics, tmp_path / "ledger")) == expected(reports)


def test_killed_at_random_moments(broker: str, topics: Topics, tmp_path: Path) -> None:
    seed = time.time_ns() % 100_000
    print(f"seed {seed}")
    chance = random.Random(seed)
    reports = drawn(seed, 4000)
    for number in range(4):
        publish(broker, topics, messages(reports[number * 1000 : (number + 1) * 1000]))
        process = start_process(broker, topics, tmp_path / "ledger", batch=chance.choice((3, 40, 500)))
        time.sleep(chance.uniform(0.8, 3.0))
        process.kill()
        process.wait(30)
    journal = judge_all(broker, topics, tmp_path / "ledger")
    assert verdicts(journal) == expected(reports)


def _judged_once(broker: str, topics: Topics, folder: Path, seed: int) -> list[Report]:
    reports = drawn(seed, 600)
    publish(broker, topics, messages(reports))
    judge_all(broker, topics, folder)
    return reports


def test_a_deleted_ledger_is_made_again(broker: str, topics: Topics, tmp_path: Path) -> None:
    reports = _judged_once(broker, topics, tmp_path / "one", 5)
    more = drawn(6, 600)
    publish(broker, topics, messages(more))
    assert verdicts(judge_all(broker, topics, tmp_path / "another")) == expected(reports + more)


def test_a_ledger_ahead_of_a_lost_journal_tail_is_made_again(broker: str, topics: Topics, tmp_path: Path) -> None:
    reports = _judged_once(broker, topics, tmp_path / "ledger", 7)
    names = [topics.case_reports, topics.journal()]
    with Ledger(tmp_path / "ledger" / "case-reports", topic_ids(broker, names)) as ledger:
        assert len(ledger) > 0
        for partition in range(PARTITIONS):
            head = ledger.head(partition)
            assert head is not None
            # What it would hold if the broker had lost the last entries in a crash.
            ledger.commit({partition: Head(head.journal_offset + 3, "00" * 16, head.to_offset + 50, head.clock)})
    more = drawn(8, 300)
    publish(broker, topics, messages(more))
    assert verdicts(judge_all(broker, topics, tmp_path / "ledger")) == expected(reports + more)


def test_a_ledger_whose_last_entry_is_another_one_is_made_again(broker: str, topics: Topics, tmp_path: Path) -> None:
    reports = _judged_once(broker, topics, tmp_path / "ledger", 9)
    with Ledger(
        tmp_path / "ledger" / "case-reports", topic_ids(broker, [topics.case_reports, topics.journal()])
    ) as ledger:
        head = ledger.head(1)
        assert head is not None
        ledger.commit({1: Head(head.journal_offset, "11" * 16, head.to_offset, head.clock)})
    more = drawn(10, 300)
    publish(broker, topics, messages(more))
    assert verdicts(judge_all(broker, topics, tmp_path / "ledger")) == expected(reports + more)


def test_a_journal_created_anew_is_written_anew(broker: str, topics: Topics, tmp_path: Path) -> None:
    reports = _judged_once(broker, topics, tmp_path / "ledger", 11)
    admin = AdminClient({"bootstrap.servers": broker})
    admin.delete_topics([topics.journal()])[topics.journal()].result(30)
    deadline = time.monotonic() + 30
    while topics.journal() in admin.list_topics(timeout=10).topics and time.monotonic() < deadline:
        time.sleep(0.1)
    ensure_topics(broker, topics)
    assert verdicts(judge_all(broker, topics, tmp_path / "ledger")) == expected(reports)


def _append(broker: str, topics: Topics, partition: int, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": broker})
    producer.produce(topics.journal(), value, partition=partition)
    assert producer.flush(30) == 0


def test_a_dead_writers_late_append_that_extends_nothing(broker: str, topics: Topics, tmp_path: Path) -> None:
    reports = drawn(12, 300)
    publish(broker, topics, messages(reports))
    config = IntakeConfig(broker, tmp_path / "ledger", topics, sources=("case-reports",))
    with Running(config) as running:
        journal = running.until_judged()
        # An entry that was decided long ago and reaches the broker only now.
        _append(broker, topics, 0, encode_entry(journal.entries[0][0]))
        more = drawn(13, 300)
        publish(broker, topics, messages(more))
        assert isinstance(running.until_ended(), AnotherWriter)
    journal = judge_all(broker, topics, tmp_path / "ledger")
    assert verdicts(journal) == expected(reports + more)
    assert journal.ignored >= 1


def test_a_dead_writers_late_append_that_comes_first(broker: str, topics: Topics, tmp_path: Path) -> None:
    reports, more = drawn(14, 300), [Report(report_id=f"M{number}") for number in range(90)]
    publish(broker, topics, messages(reports))
    config = IntakeConfig(broker, tmp_path / "ledger", topics, sources=("case-reports",))
    with Running(config) as running:
        last = running.until_judged().entries[0][-1]
        # What a paused predecessor still had in hand: it extends the same head, with another word on one offset.
        late = Entry(
            topic=last.topic,
            topic_id=last.topic_id,
            partition=0,
            from_offset=last.to_offset,
            to_offset=last.to_offset + 1,
            clock=last.clock,
            parent=entry_id(encode_entry(last)),
            verdicts=np.array([Verdict.REJECTED], dtype=np.uint8),
            sender_of=np.array([-1], dtype=np.int16),
        )
        _append(broker, topics, 0, encode_entry(late))
        publish(broker, topics, messages(more))
        assert isinstance(running.until_ended(), AnotherWriter)
    journal = judge_all(broker, topics, tmp_path / "ledger")
    # The journal is the truth: the late entry came first, and intake's own on the same offset is ignored.
    wanted = expected(reports + more)
    assert wanted[0][late.from_offset] == "ACCEPTED"
    wanted[0][late.from_offset] = "REJECTED"
    assert verdicts(journal) == wanted
    assert journal.ignored >= 1


def test_reading_the_journal_twice_gives_the_same(broker: str, topics: Topics, tmp_path: Path) -> None:
    _judged_once(broker, topics, tmp_path / "ledger", 16)
    assert verdicts(read_journal(broker, topics)) == verdicts(read_journal(broker, topics))
