"""Senders are told every rejection and conflict, in effect once, whatever dies."""

import signal
import time
from pathlib import Path

from schemas.topics import Topics
from streams.intake.config import IntakeConfig
from tests.streams.intake_model import Report
from tests.streams.intake_running import PATIENCE, Running, Sent, judge_all, publish, read_journal, start_process
from tests.streams.told import Told, read_told


def until_told(broker: str, topics: Topics, running: Running) -> Told:
    """Wait until every note of the journal was told."""
    wanted = len(running.until_judged().notes())
    deadline = time.monotonic() + PATIENCE
    while len((told := read_told(broker, topics)).fresh) < wanted:
        assert time.monotonic() < deadline, "senders were not told in time"
        time.sleep(0.1)
    return told


def noted(told: Told) -> dict[tuple[int, int], tuple[str, str, str | None]]:
    """Partition and offset to reason, field and id, as `Journal.notes` gives them."""
    return {(r["partition"], r["offset"]): (r["reason"], r["field"], r["record_id"]) for r in told.fresh}


def stream(count: int, first: int = 0) -> list[Sent]:
    """Reports of two senders, of which some are bad, torn, or another sender's conflict."""
    sent = []
    for number in range(first, first + count):
        report = Report(report_id=f"R{number}")
        kinds = (
            report.value(),
            report.value(sender="H9", origin=7),
            b"torn",
            Report(report_id=f"R{number}", content=1).value(sender="H9"),
            report.value(),
        )
        sent += [Sent(b"R%d" % number, value) for value in kinds[: 1 + number % 5]]
    return sent


def config(broker: str, topics: Topics, folder: Path) -> IntakeConfig:
    return IntakeConfig(broker, folder, topics, sources=("case-reports",), batch=40)


def test_each_note_is_told_to_its_sender_and_never_again(broker: str, topics: Topics, tmp_path: Path) -> None:
    publish(broker, topics, stream(60))
    with Running(config(broker, topics, tmp_path)) as running:
        first = until_told(broker, topics, running)
    journal = read_journal(broker, topics)
    assert noted(first) == journal.notes()
    assert len(first.messages) == len(journal.notes()) > 50
    for key, record in first.messages:
        assert key == (record["sender"].encode() or None)
        assert record["topic"] == topics.case_reports
        assert journal.verdicts(record["partition"])[record["offset"]].lower() == record["verdict"]
        assert (record["reason"] == "conflict_won") == (record["verdict"] == "accepted")
    assert {record["sender"] for record in first.fresh if record["reason"] == "bad_code"} == {"H9"}
    assert {record["sender"] for record in first.fresh if record["reason"] == "wrong_magic_byte"} == {""}
    # Started again, with nothing kept but the topics, it goes on where it was.
    publish(broker, topics, stream(20, 60))
    with Running(config(broker, topics, tmp_path / "elsewhere")) as running:
        second = until_told(broker, topics, running)
    assert noted(second) == read_journal(broker, topics).notes()
    assert len(second.messages) == len(second.fresh)


def test_killed_while_telling(broker: str, topics: Topics, tmp_path: Path) -> None:
    publish(broker, topics, stream(150))
    process = start_process(broker, topics, tmp_path, "rejections.sent", batch=7)
    assert process.wait(120) == -signal.SIGKILL, "the failpoint was not reached"
    publish(broker, topics, stream(10, 150))
    with Running(config(broker, topics, tmp_path)) as running:
        told = until_told(broker, topics, running)
    assert noted(told) == read_journal(broker, topics).notes()
    assert len(told.fresh) == len(noted(told))


def test_told_by_two_at_once_is_in_effect_told_once(broker: str, topics: Topics, tmp_path: Path) -> None:
    publish(broker, topics, stream(40))
    judge_all(broker, topics, tmp_path / "one")
    with Running(config(broker, topics, tmp_path / "two")) as one, Running(config(broker, topics, tmp_path / "three")):
        told = until_told(broker, topics, one)
    assert noted(told) == read_journal(broker, topics).notes()
