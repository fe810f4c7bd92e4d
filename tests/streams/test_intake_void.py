"""Offsets that hold no record, or whose record was lost, are void, and said to be."""

import logging
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client import REGISTRY

from schemas.murmur2 import partition_of
from schemas.topics import PARTITIONS, Topics
from streams.intake import compose
from streams.intake.compose import Extent, entries, void_entries
from streams.intake.judged import Judged
from tests.streams.intake_model import Report
from tests.streams.intake_running import Sent, judge_all, publish


def test_transaction_markers_and_what_was_aborted(broker: str, topics: Topics, tmp_path: Path) -> None:
    home = partition_of(b"R1", PARTITIONS)
    producer = Producer({"bootstrap.servers": broker, "transactional.id": topics.prefix})
    producer.init_transactions(60)
    for revision, commit in ((1, True), (2, False), (3, True)):
        producer.begin_transaction()
        producer.produce(topics.case_reports, Report(revision=revision).value(), b"R1", partition=home)
        if commit:
            producer.commit_transaction(60)
        else:
            producer.flush(60)
            producer.abort_transaction(60)
    journal = judge_all(broker, topics, tmp_path / "ledger")
    assert journal.verdicts(home) == ["ACCEPTED", "VOID", "VOID", "VOID", "ACCEPTED", "VOID"]


def test_offsets_that_retention_deleted_before_they_were_judged(
    broker: str, topics: Topics, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = partition_of(b"R1", PARTITIONS)
    publish(broker, topics, [Sent(b"R1", Report(revision=revision).value()) for revision in range(1, 11)])
    gone = TopicPartition(topics.case_reports, home, 7)
    admin = AdminClient({"bootstrap.servers": broker})
    admin.delete_records([gone])[gone].result(30)
    with caplog.at_level(logging.WARNING):
        journal = judge_all(broker, topics, tmp_path / "ledger")
    assert journal.verdicts(home) == ["VOID"] * 7 + ["ACCEPTED"] * 3
    assert any("retention" in record.message for record in caplog.records)
    assert REGISTRY.get_sample_value("tocsin_intake_lost_total", {"topic": topics.case_reports}) == 7


def an_extent() -> Extent:
    return Extent("case-reports", "id", 0, b"\0" * 16, 0, 0)


def test_a_wide_void_is_told_in_parts() -> None:
    extent = an_extent()
    parts = list(void_entries(extent, 2_500_000, 9))
    assert [(part.entry.from_offset, part.entry.to_offset) for part in parts] == [
        (0, 1_000_000),
        (1_000_000, 2_000_000),
        (2_000_000, 2_500_000),
    ]
    assert all(len(part.value) < 8_000_000 for part in parts)
    assert extent.next_offset == 2_500_000
    assert list(void_entries(extent, 2_500_000, 9)) == []


def a_batch(offsets: list[int], size: int) -> Judged:
    count = len(offsets)
    values: list[bytes | None] = [b"\0\0\0\0\1" + bytes(size)] * count
    return Judged(
        partition=np.zeros(count, np.int32),
        offset=np.array(offsets, np.int64),
        arrival=np.arange(count, dtype=np.int64),
        verdict=np.ones(count, np.uint8),
        schema_ids=np.ones(count, np.int64),
        lengths=np.full(count, size + 5),
        values=values,
        sender_of=np.zeros(count, np.int64),
        senders=["H1"],
        notes={},
        report_ids={},
        before={number: b"\0\0\0\0\1" + bytes(size) for number in range(0, count, 2)},
    )


def test_a_large_flush_is_cut_below_what_the_topic_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = a_batch(list(range(400)), 60_000)
    parts = list(entries(an_extent(), batch, 0, 400))
    assert len(parts) > 5
    assert all(len(part.value) < 8_000_000 for part in parts)
    assert [part.entry.from_offset for part in parts[1:]] == [part.entry.to_offset for part in parts[:-1]]
    assert [bytes.fromhex(part.entry_id) for part in parts[:-1]] == [part.entry.parent for part in parts[1:]]
    assert sum(part.entry.after_at.size for part in parts) == 400
    assert sum(part.entry.before_of.size for part in parts) == 200
    monkeypatch.setattr(compose, "MAX_ENTRY_BYTES", 1)
    assert len(list(entries(an_extent(), a_batch(list(range(5)), 10), 0, 5))) == 5


def test_a_gap_inside_a_batch_is_void() -> None:
    batch = a_batch([3, 4, 9], 10)
    (part,) = entries(an_extent(), batch, 0, 3)
    assert part.entry.verdicts.tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 0, 1]
    assert part.entry.after_at.tolist() == [3, 4, 9]
    assert part.entry.sender_of.tolist() == [-1, -1, -1, 0, 0, -1, -1, -1, -1, 0]


def test_gaps_wider_than_an_entry() -> None:
    batch = a_batch([1_500_000, 1_500_001, 9_000_000], 10)
    parts = list(entries(an_extent(), batch, 0, 3))
    told = np.concatenate([part.entry.verdicts for part in parts])
    assert told.size == 9_000_001
    assert np.flatnonzero(told).tolist() == [1_500_000, 1_500_001, 9_000_000]
    assert all(part.entry.verdicts.size <= 2_100_000 for part in parts)
