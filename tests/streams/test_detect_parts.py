"""The parts of the live process by themselves: follower, watchdog, pace, inbox."""

import threading
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.topics import Topics
from streams import watchdog
from streams.follow import Follower, Lost
from streams.inbox import Inbox
from streams.pace import Pace
from streams.watchdog import Stalled, Watchdog
from tests.streams.test_detect import eventually


def filled(broker: str, topic: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True})
    for number in range(count):
        producer.produce(topic, str(number).encode(), partition=number % 3)
    assert producer.flush(30) == 0


def test_the_follower_begins_where_it_is_told_and_misses_nothing(broker: str, topics: Topics, tmp_path: Path) -> None:
    filled(broker, topics.journal(), 30)
    inbox = Inbox()
    journal = topics.journal()
    other = topics.journal("observations")
    start = {(journal, 0): 0, (journal, 1): 4, (journal, 2): 10, (other, 0): 0}
    follower = Follower(broker, topics.prefix + "f", start, inbox, tmp_path)
    follower.start()
    got: dict[tuple[str, int], list[bytes]] = {chain: [] for chain in start}

    def drained(count: int) -> bool:
        for chain, values in inbox.drain(0.2).items():
            got[chain] += values
        return sum(map(len, got.values())) >= count

    eventually(lambda: drained(16))
    filled(broker, journal, 3)
    filled(broker, other, 1)
    eventually(lambda: drained(20))
    assert follower.stop()
    assert follower.failure is None
    assert got[other, 0] == [b"0"]
    assert got[journal, 0] == [str(n).encode() for n in range(0, 30, 3)] + [b"0"]
    assert got[journal, 1] == [str(n).encode() for n in range(13, 30, 3)] + [b"1"]
    assert got[journal, 2] == [b"2"]
    assert follower.positions == {(journal, 0): 11, (journal, 1): 11, (journal, 2): 11, (other, 0): 1}


def test_the_follower_fails_where_an_offset_is_missing(broker: str, topics: Topics, tmp_path: Path) -> None:
    filled(broker, topics.journal(), 30)
    admin = AdminClient({"bootstrap.servers": broker})
    for done in admin.delete_records([TopicPartition(topics.journal(), 1, 5)]).values():
        done.result(30)
    start = {(topics.journal(), 0): 10, (topics.journal(), 1): 2, (topics.journal(), 2): 10}
    follower = Follower(broker, topics.prefix + "f", start, Inbox(), tmp_path)
    follower.start()
    eventually(lambda: follower.failure is not None)
    assert follower.stop()
    assert isinstance(follower.failure, Lost)


class Looks:
    """What a watchdog tells at each look, and how often it has looked."""

    def __init__(self, chains: int) -> None:
        self.lags: dict[tuple[str, int], int] = {}
        self._chains = chains
        self._told = 0

    def __call__(self, topic: str, partition: int, lag: int) -> None:
        self.lags[topic, partition] = lag
        self._told += 1

    def wait(self, count: int) -> None:
        """Wait for so many more."""
        wanted = self._told + count * self._chains
        eventually(lambda: self._told >= wanted)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchdogs that look more often than once a second."""
    monkeypatch.setattr(watchdog, "_POLL_SECONDS", 0.2)


@pytest.mark.usefixtures("often")
def test_the_watchdog_barks_when_the_journal_grows_and_nothing_arrives(broker: str, topics: Topics) -> None:
    position = {(topics.journal(), partition): 0 for partition in range(3)}
    looks = Looks(3)
    dog = Watchdog(broker, lambda: position, lambda: False, looks, patience=2)
    dog.start()
    looks.wait(3)
    dog.check()
    filled(broker, topics.journal(), 3)
    eventually(lambda: dog.stalled)
    with pytest.raises(Stalled):
        dog.check()
    assert looks.lags == dict.fromkeys(position, 1)
    dog.stop()


@pytest.mark.usefixtures("often")
def test_the_watchdog_is_silent_while_something_arrives_or_is_excused(broker: str, topics: Topics) -> None:
    filled(broker, topics.journal(), 30)
    position = {(topics.journal(), partition): 0 for partition in range(3)}
    excused = threading.Event()
    looks = Looks(3)

    def moved() -> dict[tuple[str, int], int]:
        if not excused.is_set():
            position[topics.journal(), 1] += 1
        return position

    dog = Watchdog(broker, moved, excused.is_set, looks, patience=2)
    dog.start()
    looks.wait(4)
    excused.set()
    looks.wait(3)
    assert not dog.stalled
    dog.stop()


def test_pace_follows_every_arrival_while_that_is_quick() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert not pace.due()
    pace.came(True)
    assert pace.due()
    pace.evaluated(0.05, 10)
    assert not pace.due()
    pace.came(True)
    assert pace.due()


def test_pace_rests_after_long_work_until_it_is_quiet() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.came(True)
    pace.evaluated(2.0, 100_000)
    pace.came(True)
    assert not pace.due()
    now[0] = 3.9
    pace.came(True)
    assert not pace.due()
    now[0] = 4.1
    assert pace.due()
    pace.evaluated(100.0, 1_000_000)
    pace.came(True)
    now[0] += 9
    pace.came(True)
    now[0] += 0.1
    pace.came(False)
    assert not pace.due(), "a short gap in a backfill is not its end"
    now[0] += 0.9
    pace.came(False)
    assert pace.due()


def test_pace_rests_briefly_on_a_busy_day() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.came(True)
    pace.evaluated(0.4, 800)
    pace.came(True)
    assert not pace.due()
    now[0] = 0.15
    pace.came(True)
    assert not pace.due()
    now[0] = 0.25
    assert pace.due()
    pace.evaluated(2.0, 8_000)
    pace.came(True)
    now[0] += 1.05
    pace.came(True)
    assert pace.due(), "a slow evaluation of few reports must not let the next grow"


def test_the_inbox_keeps_the_order_of_each_partition_and_says_when_it_is_full() -> None:
    inbox = Inbox(limit=10)
    for number in range(4):
        inbox.put(("t", number % 2), bytes([number]) * 3)
    assert inbox.full
    assert inbox.drain(0) == {("t", 0): [b"\0\0\0", b"\2\2\2"], ("t", 1): [b"\1\1\1", b"\3\3\3"]}
    assert not inbox.full
    assert inbox.drain(0.01) == {}
