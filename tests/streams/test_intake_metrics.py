"""What intake tells Prometheus: every verdict once, and no more labels than a limit."""

from pathlib import Path

import numpy as np
from prometheus_client import REGISTRY

from schemas.topics import Topics
from schemas.verdicts import Verdict
from streams.intake import sender_tally
from streams.intake.sender_tally import SenderTally
from tests.streams.intake_model import Report
from tests.streams.intake_running import Sent, judge_all, publish


def test_verdicts_by_kind_reason_and_sender(broker: str, topics: Topics, tmp_path: Path) -> None:
    report = Report()
    bad = report.value(sender="H9", origin=7)
    values = [report.value(), report.value(), Report(revision=2).value(), report.value(), bad, b"torn"]
    publish(broker, topics, [Sent(b"R1", value) for value in values])
    judge_all(broker, topics, tmp_path / "ledger")
    topic = topics.case_reports

    def told(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, {"topic": topic, **labels}) or 0.0

    kinds = {"accepted": 2, "duplicate": 1, "superseded": 1, "conflict": 0, "rejected": 2, "void": 0}
    assert {kind: told("tocsin_intake_verdicts_total", verdict=kind) for kind in kinds} == kinds
    assert told("tocsin_intake_notes_total", reason="bad_code") == 1
    assert told("tocsin_intake_notes_total", reason="wrong_magic_byte") == 1
    assert told("tocsin_intake_sender_verdicts_total", sender="H420100001", verdict="accepted") == 2
    assert told("tocsin_intake_sender_verdicts_total", sender="H9", verdict="rejected") == 1
    assert told("tocsin_intake_sender_verdicts_total", sender="unknown", verdict="rejected") == 1
    assert told("tocsin_intake_lag_messages", partition="0") == 0


def test_senders_beyond_the_limit_are_counted_together() -> None:
    tally = SenderTally()
    count = sender_tally.MAX_SENDERS + 700
    senders = [f"S{number}" for number in range(count)]
    accepted = np.full(count, Verdict.ACCEPTED, dtype=np.uint8)
    for part in np.array_split(np.arange(count), 3):
        named = [senders[number] for number in part.tolist()]
        tally.add("t", named, np.arange(len(named)), accepted[part])
    tally.add("t", senders, np.arange(count), accepted)
    (family,) = tally.collect()
    counts = {sample.labels["sender"]: sample.value for sample in family.samples}
    assert len(counts) == sender_tally.MAX_SENDERS + 1
    assert counts["S0"] == 2
    assert counts["other"] == 1400
    assert sum(counts.values()) == 2 * count
