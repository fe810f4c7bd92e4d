"""Exactly once into a table, whoever else was writing and whatever the engine forgot."""

from __future__ import annotations

import threading

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks import setup, verdicts
from sinks.client import Address
from sinks.database import Database
from sinks.faults import ForeignRows, Refold, Stopped
from sinks.writer import MAX_ROWS, TableWriter
from tests.sinks.world import World


@pytest.fixture
def database(address: Address) -> Database:
    made = Database(address, threading.Event())
    setup.create(made)
    return made


def frame(*ranges: tuple[int, int, int]) -> pl.DataFrame:
    """Verdicts of (partition, from, to)."""
    places = [(p, offset) for p, start, end in ranges for offset in range(start, end)]
    return pl.DataFrame(
        {
            "topic": ["c"] * len(places),
            "topic_id": ["id"] * len(places),
            "partition": [p for p, _ in places],
            "offset": [offset for _, offset in places],
            "verdict": ["accepted"] * len(places),
            **{name: [""] * len(places) for name in ("reason", "field", "sender", "report_id")},
            "clock": [0] * len(places),
        },
        schema_overrides={"partition": pl.Int32, "offset": pl.Int64},
    )


def writer(database: Database, topic_id: str = "id") -> TableWriter:
    made = TableWriter(database, verdicts.TABLE, topic_id, 2)
    made.load()
    return made


def held(database: Database) -> list[tuple[int, int, int]]:
    query = (
        f"SELECT partition, count(), max(offset) FROM {database.name}.verdicts GROUP BY partition ORDER BY partition"
    )
    return [(row[0], row[1], row[2]) for row in database.rows(query)]


def test_a_second_writing_of_the_same_rows_adds_none(database: Database) -> None:
    first = writer(database)
    assert first.write(frame((0, 0, 5), (1, 0, 3))) == 8
    assert first.write(frame((0, 0, 7), (1, 2, 4))) == 3
    assert writer(database).write(frame((0, 0, 7), (1, 0, 4))) == 0
    assert held(database) == [(0, 7, 6), (1, 4, 3)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(late=st.integers(1, 12), mine=st.integers(1, 12), other=st.integers(0, 3))
def test_a_dead_writers_block_may_land_at_any_moment(database: Database, late: int, mine: int, other: int) -> None:
    """The dead one had read the same positions; his block is shorter, longer or equal, and arrives first."""
    setup.empty(database)
    dead, alive = writer(database), writer(database)
    dead.write(frame((0, 0, late), (1, 0, other)))
    alive.write(frame((0, 0, mine)))
    alive.write(frame((0, 0, 20), (1, 0, 4)))
    assert held(database) == [(0, 20, 19), (1, 4, 3)]


def test_a_dead_writers_block_that_lands_after_ours_is_dropped(database: Database) -> None:
    dead, alive = writer(database), writer(database)
    alive.write(frame((0, 0, 3)))
    block = frame((0, 0, 5))
    body = verdicts_body(block)
    database.insert_once(verdicts.TABLE, body, dead._token())
    assert held(database) == [(0, 3, 2)]
    alive.write(block)
    assert held(database) == [(0, 5, 4)]


def verdicts_body(block: pl.DataFrame) -> bytes:
    from sinks.native import encode

    return encode(block, verdicts.TABLE.columns)


def test_a_token_spent_by_an_engine_that_died_before_the_part_costs_nothing(database: Database) -> None:
    first = writer(database)
    database.insert_once(verdicts.TABLE, verdicts_body(frame((0, 0, 2))), first._token())
    # A mutation removes the rows and keeps the token, as a crash between log and part does.
    database.command(f"ALTER TABLE {database.name}.verdicts DELETE WHERE 1 SETTINGS mutations_sync = 2")
    assert held(database) == []
    assert writer(database).write(frame((0, 0, 2))) == 2
    assert held(database) == [(0, 2, 1)]


def test_more_rows_than_a_block_are_cut_and_each_block_is_one_part(database: Database) -> None:
    n = MAX_ROWS + 10
    assert writer(database).write(frame((1, 0, n), (0, 0, 5))) == n + 5
    assert held(database) == [(0, 5, 4), (1, n, n - 1)]
    parts = f"SELECT rows FROM system.parts WHERE database = '{database.name}' AND table = 'verdicts' AND level = 0"
    assert sorted(int(row[0]) for row in database.rows(parts)) == [15, MAX_ROWS]


def test_rows_of_another_topic_are_not_touched(database: Database) -> None:
    writer(database).write(frame((0, 0, 2)))
    with pytest.raises(ForeignRows, match="tocsin rebuild"):
        writer(database, "another")


def test_a_table_that_was_emptied_under_us_is_noticed(database: Database) -> None:
    mine = writer(database)
    mine.write(frame((0, 0, 2)))
    database.command(f"TRUNCATE TABLE {database.name}.verdicts")
    with pytest.raises(Refold, match="lost rows"):
        mine.load()
    database.command(f"DROP TABLE {database.name}.verdicts SYNC")
    with pytest.raises(Refold, match="gone"):
        mine.write(frame((0, 2, 4)))


def test_waiting_for_a_clickhouse_that_is_down_ends_when_told(world: World) -> None:
    stop = threading.Event()
    down = Database(Address("127.0.0.1", 9, "nobody", "", "none"), stop)
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(Stopped):
        down.rows("SELECT 1")
