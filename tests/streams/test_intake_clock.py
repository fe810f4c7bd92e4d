"""The clock: the broker's, or in a replay directory the replayer's; and it never goes back."""

import time
from pathlib import Path

import numpy as np
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from schemas import registry, wire
from schemas.topics import Topics
from streams.civil_day import civil_day
from streams.delivery import watermarks
from streams.intake.clock import Clock
from streams.intake.config import IntakeConfig
from streams.intake.messages import NO_CLOCK, Messages
from tests.streams.intake_model import REPORTED, Report
from tests.streams.intake_running import Running, Sent, judge_all, publish, read_journal, wall

REPLAYED = int(REPORTED.timestamp() * 1000) + 3_600_000
DAY = 86_400_000


def batch(appended: list[int], told: list[int]) -> Messages:
    size = len(appended)
    return Messages(
        np.zeros(size, np.int32), np.arange(size), np.array(appended), [b""] * size, [b""] * size, np.array(told), {}
    )


def test_days_begin_at_midnight_in_china() -> None:
    midnight = 18_000 * DAY - 8 * 3_600_000
    assert (civil_day(midnight - 1), civil_day(midnight)) == (17_999, 18_000)


@given(st.lists(st.lists(st.integers(1, 10**13), min_size=1, max_size=5), max_size=5), st.integers(0, 10**13))
def test_the_clock_is_the_highest_time_seen(batches: list[list[int]], seen: int) -> None:
    clock = Clock(replay=False, wall_clock=lambda: 5, seen=seen)
    highest = max(seen, 5)
    for appended in batches:
        assert clock.arrivals(batch(appended, [7] * len(appended))).tolist() == appended
        highest = max(highest, *appended)
        assert clock.now() == highest


def test_in_a_replay_a_record_without_the_header_takes_the_replays_clock() -> None:
    clock = Clock(replay=True, wall_clock=wall, seen=0)
    told = [NO_CLOCK, 100, NO_CLOCK, 90, NO_CLOCK]
    assert clock.arrivals(batch([9999] * 5, told)).tolist() == [100, 100, 100, 90, 100]
    assert clock.arrivals(batch([9999], [NO_CLOCK])).tolist() == [100]
    clock.advance(500)
    assert clock.arrivals(batch([9999, 9999], [NO_CLOCK, 200])).tolist() == [500, 200]
    assert clock.now() == 500


def test_before_any_replay_the_brokers_time_holds() -> None:
    clock = Clock(replay=True, wall_clock=wall, seen=0)
    assert clock.now() == 0
    assert clock.arrivals(batch([9999], [NO_CLOCK])).tolist() == [9999]


def test_a_replay_directory_honours_the_header(broker: str, topics: Topics, tmp_path: Path) -> None:
    first, newcomer = Report(report_id="A"), Report(report_id="A", revision=2)
    ((partition, _), _) = publish(
        broker, topics, [Sent(b"A", first.value(), clock=REPLAYED), Sent(b"A", newcomer.value())]
    )
    journal = judge_all(broker, topics, tmp_path / "ledger", replay=True)
    arrivals = [at for entry in journal.entries[partition] for at in entry.arrival.tolist()]
    assert arrivals == [REPLAYED, REPLAYED]
    assert journal.entries[partition][-1].clock == REPLAYED


def test_any_other_directory_ignores_it(broker: str, topics: Topics, tmp_path: Path) -> None:
    before = wall()
    ((partition, _),) = publish(broker, topics, [Sent(b"A", Report(report_id="A").value(), clock=REPLAYED)])
    journal = judge_all(broker, topics, tmp_path / "ledger")
    (arrival,) = (at for entry in journal.entries[partition] for at in entry.arrival.tolist())
    assert before - 1000 <= arrival <= wall()


def test_when_the_day_changes_each_chain_says_so_though_nothing_arrives(
    broker: str, topics: Topics, tmp_path: Path
) -> None:
    now = [wall()]
    config = IntakeConfig(broker, tmp_path / "ledger", topics, sources=("case-reports",))
    with Running(config, wall_clock=lambda: now[0]) as running:
        today = civil_day(now[0])
        running.until(lambda journal: all(entries for entries in journal.entries.values()))
        now[0] += DAY
        journal = running.until(lambda journal: all(len(entries) == 2 for entries in journal.entries.values()))
        time.sleep(0.5)
        journal = read_journal(broker, topics)
    for entries in journal.entries.values():
        assert [civil_day(entry.clock) for entry in entries] == [today, today + 1]
        assert [entry.verdicts.size for entry in entries] == [0, 0]


def test_ticks_and_the_replayers_own_clock(broker: str, topics: Topics, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": broker})
    tick = wire.encode(registry.CLOCK_TICK, {"chain": "replay", "clock": REPLAYED})
    producer.produce(topics.clock, tick, b"replay")
    producer.flush(30)
    config = IntakeConfig(broker, tmp_path / "ledger", topics, sources=("case-reports",), replay=True)
    with Running(config) as running:
        twice = f"{topics.case_reports}/0".encode()
        journal = running.until(
            lambda journal: (
                all(entries for entries in journal.entries.values()) and len(_ticks(broker, topics).get(twice, [])) > 1
            )
        )
    assert {entry.clock for entries in journal.entries.values() for entry in entries} == {REPLAYED}
    ticks = _ticks(broker, topics)
    assert {key for key in ticks if key != b"replay"} == {
        f"{topics.case_reports}/{partition}".encode() for partition in range(3)
    }
    assert all(clocks[-1] == REPLAYED for clocks in ticks.values())


def _ticks(broker: str, topics: Topics) -> dict[bytes, list[int]]:
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "ticks"})
    consumer.assign([TopicPartition(topics.clock, 0, OFFSET_BEGINNING)])
    _, end = watermarks(consumer, topics.clock, 0)
    ticks: dict[bytes, list[int]] = {}
    offset = -1
    while offset < end - 1:
        message = consumer.poll(30)
        assert message is not None
        key, offset = message.key(), message.offset() or 0
        assert isinstance(key, bytes)
        ticks.setdefault(key, []).append(wire.decode(message.value() or b"")[1]["clock"])
    consumer.close()
    return ticks
