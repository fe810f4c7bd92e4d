"""The results that count by SQL are those that a plain loop counts, and those that the pipeline counts."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from sinks.client import Address
from sinks.counted_results import counted_results_sql
from sinks.lab_results import RECORDS
from sinks.views import standing_sql
from streams.repeats import Repeats
from tests.streams.repeated_results import Entry, Result, added_up, batch, counting, journal, revisions

COLUMNS = [
    "issuer", "result_id", "revision", "action", "reported_at", "patient", "specimen_id", "pathogen", "subtype",
    "cluster_type", "result", "status", "area", "value", "collected_at", "expanded_from_counts",
]  # fmt: skip
PLACED = [*COLUMNS, "retracted", "replaces", "_topic", "_topic_id", "_partition", "_offset"]


@pytest.fixture
def table(client: Client, address: Address) -> str:
    """The empty table of results in a database of its own."""
    client.command(f"CREATE DATABASE {address.database}")
    client.command(RECORDS.table.create_sql(address.database))
    return f"{address.database}.{RECORDS.table.name}"


def placed(entries: list[Entry]) -> list[list[Any]]:
    """Return every revision as a row of the table, one partition, offsets from 0."""
    told = [one for entry in entries for one in entry.after]
    known: set[tuple[str, str]] = set()
    rows = []
    for offset, one in enumerate(told):
        identity = one.issuer, one.result_id
        values = [getattr(one, name) for name in COLUMNS]
        rows.append([*values, one.action == "RETRACT", identity in known, "t", "id", 0, offset])
        known.add(identity)
    return rows


def _plain(value: Any) -> Any:
    """Return a value as both sides spell it: instants in UTC without saying so."""
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


@pytest.mark.parametrize(("seed", "days"), [(1, 30), (2, 30), (3, 7), (4, 1)])
def test_at_every_marker_as_the_loop_counts(client: Client, address: Address, table: str, seed: int, days: int) -> None:
    entries = journal(seed, revisions(seed, 400, patients=25))
    client.insert(table, placed(entries), column_names=PLACED)
    told = [one for entry in entries for one in entry.after]
    for to in (0, 7, 150, 400, len(told)):
        newest: dict[tuple[str, str], Result] = {(one.issuer, one.result_id): one for one in told[:to]}
        expected = counting(newest.values(), days)
        query = counted_results_sql(standing_sql(address.database, RECORDS, f"_offset < {to}"), days)
        found = client.query(f"SELECT issuer, result_id, revision FROM ({query})").result_rows
        assert sorted(map(tuple, found)) == sorted((one.issuer, one.result_id, one.revision) for one in expected)


def test_the_pipeline_and_the_query_agree_in_every_column(client: Client, address: Address, table: str) -> None:
    entries = journal(8, revisions(8, 1_500, patients=200))
    client.insert(table, placed(entries), column_names=PLACED)
    query = counted_results_sql(standing_sql(address.database, RECORDS), 30)
    listed = ", ".join(COLUMNS)
    found = client.query(f"SELECT {listed} FROM ({query})").result_rows
    kept = Repeats(30, COLUMNS)
    cuts = [0, 3, 90, 91, 400, len(entries)]
    said = [kept.settled(*batch(entries[a:b], a)) for a, b in itertools.pairwise(cuts)]
    (names,) = {tuple(one.after.columns) for one in said}
    assert list(names) == COLUMNS
    counts = added_up(said)
    assert set(counts.values()) == {1}
    assert len(found) == len(counts) > 300
    assert {tuple(map(_plain, row)) for row in found} == {tuple(map(_plain, row)) for row in counts}
    same = client.query(f"DESCRIBE ({query})").result_rows
    stands = client.query(f"DESCRIBE ({standing_sql(address.database, RECORDS)})").result_rows
    assert [row[:2] for row in same] == [row[:2] for row in stands]
