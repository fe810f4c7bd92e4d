"""Cutting statements out of requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.embedded.clickhouse_errors import ClickHouseError
from tocsin.embedded.sql_text import Statement, quoted, statement, without_literals


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"SELECT 1", Statement("SELECT 1", "SELECT")),
        (b" ( select 1 ) ; ; ", Statement("( select 1 )", "SELECT")),
        (b"/* INSERT */ -- x\n# y\nshow tables", Statement("/* INSERT */ -- x\n# y\nshow tables", "SHOW")),
        (b"SELECT 1 FORMAT JSON", Statement("SELECT 1 FORMAT JSON", "SELECT", result_format="JSON")),
        (
            b"SELECT 1 FORMAT CSV SETTINGS a = 1, b = 'x'",
            Statement("SELECT 1 FORMAT CSV SETTINGS a = 1, b = 'x'", "SELECT", result_format="CSV"),
        ),
        (b"SELECT format FROM t", Statement("SELECT format FROM t", "SELECT")),
        (b"SELECT 1 AS format FROM t", Statement("SELECT 1 AS format FROM t", "SELECT")),
        (b"SELECT format('{}', 1)", Statement("SELECT format('{}', 1)", "SELECT")),
        (b"INSERT INTO t (a, b) FORMAT CSV\n1;2", Statement("INSERT INTO t (a, b)", "INSERT", b"1;2", "CSV")),
        (b"INSERT INTO t FORMAT Native\r\n\n;x", Statement("INSERT INTO t", "INSERT", b"\n;x", "Native")),
        (b"insert into t values (1);", Statement("insert into t", "INSERT", b" (1);", "Values")),
        (b"INSERT INTO t (format) FORMAT Values (1)", Statement("INSERT INTO t (format)", "INSERT", b"(1)", "Values")),
        (b"INSERT INTO t", Statement("INSERT INTO t", "INSERT", b"", "Values")),
        (b"INSERT INTO t SELECT 1 FORMAT CSV", None),
        (
            b"INSERT INTO t SETTINGS a = 'FORMAT CSV' FORMAT TSV\n1",
            Statement("INSERT INTO t SETTINGS a = 'FORMAT CSV'", "INSERT", b"1", "TSV"),
        ),
    ],
)
def test_statements(body: bytes, expected: Statement | None) -> None:
    found = statement(body)
    if expected is None:
        assert (found.data, found.text) == (None, body.decode())
    else:
        assert found == expected


@pytest.mark.parametrize(
    "body", [b"", b" -- nothing", b"SELECT 1; SELECT 2", b"SELECT ';'; x", b"INSERT INTO t SELECT 1; x"]
)
def test_refused(body: bytes) -> None:
    with pytest.raises(ClickHouseError, match="62"):
        statement(body)


def test_quoted_semicolons_are_text() -> None:
    for body in (
        b"SELECT ';'",
        b"SELECT `;`",
        b'SELECT ";"',
        b"SELECT $a$;$a$",
        b"SELECT '\\';'",
        b"SELECT ''';'",
        b"SELECT /*;*/ 1",
    ):
        assert statement(body).text == body.decode()


@given(st.text())
def test_a_quoted_text_is_one_literal_however_it_looks(text: str) -> None:
    sql = f"SELECT {quoted(text)}"
    assert without_literals(sql) == "SELECT ''"
    assert statement(sql.encode()).text == sql.strip()
