"""What is encoded is what the engine reads."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks.client import Address
from sinks.native import encode
from sinks.table import Column

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.integers(120, 17_000).map(
    lambda n: "长" * (n // 3)
)
DAY = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
NUMBER = st.floats(allow_nan=False)
KINDS: dict[str, tuple[pl.DataType, st.SearchStrategy[Any]]] = {
    "String": (pl.String(), TEXT),
    "Nullable(String)": (pl.String(), st.none() | TEXT),
    "LowCardinality(String)": (pl.String(), TEXT),
    "LowCardinality(Nullable(String))": (pl.String(), st.none() | TEXT),
    "Bool": (pl.Boolean(), st.booleans()),
    "Nullable(Bool)": (pl.Boolean(), st.none() | st.booleans()),
    "Int32": (pl.Int32(), st.integers(-(2**31), 2**31 - 1)),
    "Nullable(Int64)": (pl.Int64(), st.none() | st.integers(-(2**63), 2**63 - 1)),
    "UInt64": (pl.UInt64(), st.integers(0, 2**64 - 1)),
    "Nullable(Float64)": (pl.Float64(), st.none() | NUMBER),
    "Date32": (pl.Date(), DAY),
    "Nullable(Date32)": (pl.Date(), st.none() | DAY),
    "Array(Date32)": (pl.List(pl.Date()), st.lists(DAY, max_size=4)),
    "Array(String)": (pl.List(pl.String()), st.lists(TEXT, max_size=4)),
    "Array(Nullable(Float64))": (pl.List(pl.Float64()), st.lists(st.none() | NUMBER, max_size=4)),
    "Array(Array(Date32))": (pl.List(pl.List(pl.Date())), st.lists(st.lists(DAY, max_size=3), max_size=3)),
}
COLUMNS = tuple(Column(f"c{i}", kind, "") for i, kind in enumerate(KINDS))


@pytest.fixture
def table(client: Client, address: Address) -> str:
    client.command(f"CREATE DATABASE {address.database}")
    listed = ", ".join(f"{c.name} {c.type}" for c in COLUMNS)
    client.command(f"CREATE TABLE {address.database}.t (n UInt32, {listed}) ENGINE = Memory")
    return f"{address.database}.t"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*(values for _, values in KINDS.values())), min_size=1, max_size=20))
def test_every_type_is_read_back_as_written(client: Client, table: str, rows: list[tuple[Any, ...]]) -> None:
    columns = (Column("n", "UInt32", ""), *COLUMNS)
    types = {"n": pl.UInt32(), **{c.name: KINDS[c.type][0] for c in COLUMNS}}
    frame = pl.DataFrame([(n, *row) for n, row in enumerate(rows)], schema=types, orient="row")
    client.command(f"TRUNCATE TABLE {table}")
    client.raw_insert(table, [c.name for c in columns], encode(frame, columns), fmt="Native")
    read = client.query(f"SELECT * EXCEPT n FROM {table} ORDER BY n").result_rows
    assert [list(row) for row in read] == [list(row) for row in rows]


def test_instants_are_milliseconds_and_coded_columns_keep_their_words(client: Client, table: str) -> None:
    columns = (
        Column("at", "DateTime64(3, 'UTC')", ""),
        Column("word", "LowCardinality(String)", ""),
        Column("maybe", "Nullable(DateTime64(3, 'UTC'))", ""),
    )
    client.command(f"CREATE TABLE {table}2 ({', '.join(f'{c.name} {c.type}' for c in columns)}) ENGINE = Memory")
    moment = dt.datetime(2020, 1, 26, 1, 2, 3, 456_000, tzinfo=dt.UTC)
    frame = pl.DataFrame(
        {
            "at": pl.Series([moment, moment], dtype=pl.Datetime("ms", "UTC")),
            "word": pl.Series(["b", "a"], dtype=pl.Enum(["a", "b", "never"])),
            "maybe": pl.Series([None, int(moment.timestamp() * 1000)]),
        }
    )
    client.raw_insert(f"{table}2", [c.name for c in columns], encode(frame, columns), fmt="Native")
    read = client.query(f"SELECT toUnixTimestamp64Milli(at), word, toString(maybe) FROM {table}2").result_rows
    assert [tuple(row) for row in read] == [
        (int(moment.timestamp() * 1000), "b", None),
        (int(moment.timestamp() * 1000), "a", "2020-01-26 01:02:03.456"),
    ]


@pytest.mark.parametrize("kind", ["Int32", "LowCardinality(String)", "Date32", "Bool"])
def test_a_null_where_there_is_none_is_refused_by_name(kind: str) -> None:
    frame = pl.DataFrame({"c": pl.Series([None], dtype=KINDS[kind][0])})
    with pytest.raises(ValueError, match="column c"):
        encode(frame, (Column("c", kind, ""),))


def test_a_missing_number_is_not_a_nan(client: Client, table: str) -> None:
    column = (Column("x", "Nullable(Float64)", ""),)
    client.command(f"CREATE TABLE {table}3 (x Nullable(Float64)) ENGINE = Memory")
    client.raw_insert(f"{table}3", ["x"], encode(pl.DataFrame({"x": [None, math.inf]}), column), fmt="Native")
    assert client.query(f"SELECT countIf(x IS NULL), countIf(isInfinite(x)) FROM {table}3").result_rows == [(1, 1)]
