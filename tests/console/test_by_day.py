"""Projections by day: that the console's questions are answered from them, and that older parts get them."""

import datetime as dt
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from catalogue.model import Catalogue
from console.alert_detail import closed
from console.nation import nation_page
from console.news import News
from console.overview import overview
from console.sender_verdicts import sender_verdicts
from console.warehouse import Row, Warehouse
from sinks import by_day, setup
from sinks.client import Address, connect
from sinks.database import Database

NAME = "console_by_day"
LAST = dt.date(2020, 5, 1)
CELLS, DAYS = 300, 400
VERDICTS = 40_000


class Overheard(Warehouse):
    """Keeps what it is asked, and what it answers."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.asked: list[tuple[str, str, dict[str, Any], list[Row]]] = []

    def rows(self, name: str, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        found = super().rows(name, sql, parameters)
        self.asked.append((name, sql, dict(parameters or {}), found))
        return found


@pytest.fixture(scope="module")
def database(front: Any) -> Iterator[Database]:
    """Enough rows that an order matters, laid down before there were projections by day."""
    database = Database(Address(front.host, front.port, front.writer, front.writer_password, NAME), threading.Event())
    setup.create(database)
    for table, named in by_day.PROJECTIONS.items():
        for name in named:
            database.command(f"ALTER TABLE {NAME}.{table} DROP PROJECTION {name} SETTINGS mutations_sync = 2")
    database.command(
        f"INSERT INTO {NAME}.aggregate_revisions (signal, disease, level, area, day, count, _offset, _row)\n"
        "SELECT 'measles.cases', 'measles', 'prefecture', toString(420100 + intDiv(cell, "
        f"{DAYS})), "
        f"toDate32('{LAST}') - cell % {DAYS}, cityHash64(n) % 9, 1 + intDiv(n, {CELLS * DAYS}), n\n"
        f"FROM (SELECT number AS n, n % {CELLS * DAYS} AS cell FROM numbers({CELLS * DAYS * 11 // 10}))"
    )
    database.command(
        f"INSERT INTO {NAME}.verdicts (topic, partition, offset, verdict, sender, clock)\n"
        "SELECT 'case-reports', n % 3, intDiv(n, 3), if(n % 20 = 0, 'rejected', 'accepted'), "
        f"concat('S', toString(n % 7)), toDateTime64('{LAST} 01:00:00', 3, 'UTC') - toIntervalHour(n % 9000)\n"
        f"FROM (SELECT number AS n FROM numbers({VERDICTS}))"
    )
    database.command(
        f"INSERT INTO {NAME}.alert_history (alert_id, revision, state, disease, area, days, last_day, clock, _offset)\n"
        f"SELECT toString(n % 900), 1 + intDiv(n, 900), if(n % 900 < 9 OR n < 900, 'OPEN', 'ENDED'), 'measles', "
        f"'420100', [toDate32('{LAST}')], toDate32('{LAST}'), toDateTime64('{LAST} 01:00:00', 3, 'UTC') - "
        "toIntervalHour(900 - n % 900), n FROM (SELECT number AS n FROM numbers(1800))"
    )
    yield database
    database.close()


@pytest.fixture(scope="module")
def writer(front: Any) -> Iterator[Client]:
    client = connect(Address(front.host, front.port, front.writer, front.writer_password, NAME))
    yield client
    client.close()


@pytest.fixture(scope="module")
def completed(database: Database, writer: Client) -> None:
    """The tables as a sink of today finds them and leaves them."""
    setup.create(database)
    waiting = f"SELECT count() FROM system.mutations WHERE database = '{NAME}' AND NOT is_done"
    deadline = time.monotonic() + 60
    while writer.query(waiting).result_rows[0][0]:
        assert time.monotonic() < deadline, "projections are not filled in"
        time.sleep(0.05)


def _parts(writer: Client) -> set[tuple[str, str]]:
    found = writer.query(f"SELECT table, name FROM system.projection_parts WHERE active AND database = '{NAME}'")
    return {(table, name) for table, name in found.result_rows}


def test_parts_of_an_earlier_version_are_filled_in(completed: None, database: Database, writer: Client) -> None:
    wanted = {(table, name) for table, named in by_day.PROJECTIONS.items() for name in named}
    assert wanted <= _parts(writer)
    before = writer.query(f"SELECT count() FROM system.mutations WHERE database = '{NAME}'").result_rows
    setup.create(database)
    assert writer.query(f"SELECT count() FROM system.mutations WHERE database = '{NAME}'").result_rows == before


def test_questions_are_answered_by_day_and_alike(
    completed: None, front: Any, writer: Client, catalogue: Catalogue
) -> None:
    overheard = Overheard(Address(front.host, front.port, front.reader, front.reader_password, NAME))
    assert overview(overheard, catalogue, [], "measles", LAST)["affected"] == 3
    nation_page(overheard, catalogue, [], [], LAST)
    refused = sender_verdicts(overheard, "S1", "", 10)["rejections"]
    assert refused == sorted(refused, key=lambda one: (one["topic"], one["partition"], one["offset"]))
    assert {row["alert_id"] for row in News(overheard).read()[1]} == {str(number) for number in range(9)}
    ended = closed(overheard)
    assert [row["alert_id"] for row in ended] == [str(number) for number in range(899, 399, -1)]
    assert {row["revision"] for row in ended} == {2}
    overheard.close()
    served = {}
    for name, sql, parameters, found in overheard.asked:
        plan = str(writer.query(f"EXPLAIN {sql}", parameters=parameters).result_rows)
        served[name] = next((one for one in ("by_day", "ends", "noted", "by_clock") if f"({one})" in plan), "")
        plainly = writer.query(sql, parameters=parameters, settings={"optimize_use_projections": 0})
        assert sorted(map(str, plainly.named_results())) == sorted(map(str, found)), name
    assert {"by_day", "ends"} <= {served["map"], served["verdict_ends"]}
