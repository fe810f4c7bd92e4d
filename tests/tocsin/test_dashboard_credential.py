"""Attacks on the read-only credential: whatever is asked, nothing is written, read outside, or taken from others."""

import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest


@pytest.fixture
def reader(front: Any) -> Iterator[httpx.Client]:
    address = f"http://{front.host}:{front.port}"
    with httpx.Client(base_url=address, auth=(front.reader, front.reader_password), timeout=60) as opened:
        yield opened


@pytest.fixture
def writer(front: Any) -> Iterator[httpx.Client]:
    address = f"http://{front.host}:{front.port}"
    with httpx.Client(base_url=address, auth=(front.writer, front.writer_password), timeout=60) as opened:
        yield opened


@pytest.fixture
def table(writer: httpx.Client) -> str:
    name = f"t{uuid.uuid4().hex[:8]}"
    writer.post("/", content=f"CREATE TABLE {name} (a UInt64) ENGINE = MergeTree ORDER BY a").raise_for_status()
    writer.post("/", content=f"INSERT INTO {name} SELECT number FROM numbers(10)").raise_for_status()
    return name


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("do-not-tell\n")
    return path


WRITES = (
    "INSERT INTO {table} VALUES (1)",
    "INSERT INTO {table} SELECT 1",
    "WITH 1 AS x INSERT INTO {table} SELECT x",
    "DROP TABLE {table}",
    "TRUNCATE TABLE {table}",
    "ALTER TABLE {table} DELETE WHERE 1",
    "DELETE FROM {table} WHERE 1",
    "OPTIMIZE TABLE {table} FINAL",
    "RENAME TABLE {table} TO gone",
    "EXCHANGE TABLES {table} AND {table}",
    "DETACH TABLE {table}",
    "CREATE TABLE mine (a UInt8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE mine (a UInt8)",
    "CREATE FUNCTION f AS x -> x",
    "CREATE USER me",
    "GRANT ALL ON *.* TO default",
    "SET ROLE writer",
    "SET ROLE ALL",
    "SET readonly = 0",
    "SET max_execution_time = 0",
    "SYSTEM FLUSH LOGS",
    "SYSTEM SHUTDOWN",
    "KILL QUERY WHERE 1",
    "KILL QUERY WHERE 1 SYNC",
    "BACKUP TABLE {table} TO File('/tmp/x')",
    "EXECUTE AS default SELECT 1",
    "USE system",
    "SELECT 1; DROP TABLE {table}",
    "SELECT 1;;KILL QUERY WHERE 1",
    "EXPLAIN SELECT 1; DROP TABLE {table}",
    "EXPLAIN AST SELECT 1; SET ROLE ALL",
    "SELECT a FROM {table} SETTINGS readonly = 0",
    "SELECT a FROM {table} SETTINGS max_execution_time = 0",
    "SELECT * FROM (SELECT a FROM {table} SETTINGS max_threads = 64)",
    "WITH x AS (SELECT 1 SETTINGS readonly = 2) SELECT * FROM x",
)


@pytest.mark.parametrize("attack", WRITES)
def test_nothing_is_changed(reader: httpx.Client, writer: httpx.Client, table: str, attack: str) -> None:
    for method in ("POST", "GET"):
        answer = reader.request(method, "/", params={"query": attack.format(table=table)})
        assert answer.headers.get("X-ClickHouse-Exception-Code") in ("164", "62", "497"), answer.text
    assert writer.post("/", content=f"SELECT count(), sum(a) FROM {table}").text == "10\t45\n"
    assert writer.post("/", content="EXISTS TABLE mine").text == "0\n"


READS = (
    "SELECT file('{secret}')",
    "SELECT FILE('{secret}')",
    "SELECT `file`('{secret}')",
    "SELECT arrayMap(x -> file(x), ['{secret}'])",
    "WITH file('{secret}') AS x SELECT x",
    "SELECT 1 WHERE 'a' = file('{secret}')",
    "SELECT 1 ORDER BY file('{secret}')",
    "SELECT * FROM file('{secret}', 'LineAsString')",
    "SELECT * FROM file('{secret}', LineAsString, 'line String')",
    "SELECT 'do-not-tell' IN file('{secret}', 'LineAsString')",
    "SELECT * FROM view(SELECT * FROM file('{secret}', 'LineAsString'))",
    "SELECT * FROM (SELECT * FROM (SELECT * FROM file('{secret}', 'LineAsString')))",
    "SELECT * FROM numbers(1) WHERE number IN (SELECT length(line) FROM file('{secret}', 'LineAsString'))",
    "SELECT (SELECT * FROM file('{secret}', 'LineAsString'))",
    "DESCRIBE file('{secret}', 'LineAsString')",
    "DESCRIBE TABLE file('{secret}')",
    "EXPLAIN SELECT * FROM file('{secret}', 'LineAsString')",
    "EXPLAIN ESTIMATE SELECT file('{secret}')",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT file('{secret}')))",
    "SELECT * FROM (EXPLAIN SELECT file('{secret}'))",
    "SELECT * FROM eval('SELECT file(''{secret}'')')",
    "SELECT * FROM `{secret}`",
    "SELECT * FROM default.`{secret}`",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM fileCluster('default', '{secret}', 'LineAsString')",
    "SELECT * FROM filesystem('{folder}')",
    "SELECT * FROM sqlite('{folder}/made.db', 't')",
    "SELECT * FROM deltaLakeLocal('{folder}')",
    "SELECT * FROM python(Engine)",
    "SELECT * FROM Python(settings)",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a UInt8')",
    "SELECT * FROM remote('127.0.0.1:1', 'system.one')",
    "SELECT * FROM cluster('default', 'system.one')",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM executable('x', 'TSV', 'a Int32')",
    "SELECT hasColumnInTable('127.0.0.1:1', 'u', 'p', 'd', 't', 'c')",
    "SELECT catboostEvaluate('{secret}', 1)",
    "SELECT 1 INTO OUTFILE '{folder}/made'",
    "SELECT 1 into /* */ outfile '{folder}/made' FORMAT TSV",
    "SELECT 1 INTO OUTFILE '{folder}/made' TRUNCATE FORMAT TSV SETTINGS max_threads = 1",
    "EXPLAIN SELECT 1 INTO OUTFILE '{folder}/made'",
    "SHOW TABLES INTO OUTFILE '{folder}/made'",
)


@pytest.mark.parametrize("attack", READS)
def test_nothing_outside_is_read_or_made(reader: httpx.Client, secret: Path, attack: str) -> None:
    sql = attack.format(secret=secret, folder=secret.parent)
    answer = reader.post("/", content=sql)
    assert answer.status_code != 200, answer.text
    assert "do-not-tell" not in answer.text
    assert sorted(path.name for path in secret.parent.iterdir()) == ["secret"]


def test_parameters_cannot_smuggle(reader: httpx.Client, secret: Path) -> None:
    named = {"param_t": f"file('{secret}', 'LineAsString')", "param_d": "system", "param_o": "one"}
    answer = reader.post("/", content="SELECT * FROM {t:Identifier}", params=named)
    assert answer.headers["X-ClickHouse-Exception-Code"] in ("60", "497")
    assert "do-not-tell" not in answer.text
    assert reader.post("/", content="SELECT * FROM {d:Identifier}.{o:Identifier}", params=named).text == "0\n"


def test_settings_of_the_address(reader: httpx.Client) -> None:
    def value(name: str, **asked: Any) -> str:
        return reader.post("/", content=f"SELECT getSetting('{name}')", params=asked).text.strip()

    assert value("readonly") == "1"
    assert value("readonly", readonly=0) == "1"
    assert value("max_execution_time", max_execution_time=5) == "5"
    for loose in (0, 3600, -1):
        assert value("max_execution_time", max_execution_time=loose) == "30"
    assert value("max_memory_usage", max_memory_usage=0) == "1000000000"
    assert value("output_format_json_quote_64bit_integers", output_format_json_quote_64bit_integers=1) in ("1", "true")
    for refused in (
        "allow_ddl",
        "max_bytes_before_external_sort",
        "insert_deduplication_token",
        "format_schema",
        "output_format_schema",
    ):
        answer = reader.post("/", content="SELECT 1", params={refused: "1"})
        assert answer.headers.get("X-ClickHouse-Exception-Code") in ("164", "115"), refused


def test_time_memory_and_size_end_a_question(reader: httpx.Client) -> None:
    slow = reader.post(
        "/",
        content="SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1",
        params={"max_execution_time": 1, "max_rows_to_read": 0},
    )
    assert slow.headers["X-ClickHouse-Exception-Code"] in ("159", "158")
    wide = reader.post("/", content="SELECT groupArray(number) FROM numbers(1000000000)")
    assert wide.headers["X-ClickHouse-Exception-Code"] == "241"


def test_ordinary_questions_are_answered(reader: httpx.Client, table: str) -> None:
    for sql in (
        f"SELECT count() FROM {table}",
        f"SELECT * FROM default.{table} WHERE a IN (1, 2) ORDER BY a LIMIT 3 FORMAT JSON",
        f"WITH x AS (SELECT a FROM {table}) SELECT sum(a), avg(a) OVER (ORDER BY a) FROM x GROUP BY a",
        f"SELECT a FROM {table} UNION ALL SELECT 1",
        f"SELECT a FROM {table} INTERSECT SELECT 1",
        f"SELECT toStartOfDay(toDateTime(a)) AS t, count() FROM {table} GROUP BY t ORDER BY t WITH FILL",
        f"DESCRIBE TABLE {table}",
        f"SHOW CREATE TABLE {table}",
        f"EXISTS TABLE {table}",
        f"EXPLAIN SELECT * FROM {table}",
        f"EXPLAIN indexes = 1 SELECT * FROM {table} WHERE a = 1",
        "SHOW TABLES",
        "SHOW DATABASES",
        "SHOW COLUMNS FROM system.one",
        "SELECT name, type FROM system.columns LIMIT 1",
        "SELECT timezone(), version(), currentUser(), formatDateTime(now(), '%F'), 'INTO OUTFILE; file(x)'",
        "SELECT number FROM numbers(3) /* file('x') */ -- ; DROP TABLE x",
    ):
        answer = reader.post("/", content=sql)
        assert answer.status_code == 200, (sql, answer.text)


def test_clickhouse_connect_as_the_reader(front: Any, table: str) -> None:
    client = clickhouse_connect.get_client(
        host=front.host, port=front.port, username=front.reader, password=front.reader_password
    )
    assert client.query(f"SELECT sum(a) FROM {table} WHERE a > {{x:UInt8}}", parameters={"x": 5}).first_row == (30,)
    assert client.query_df(f"SELECT a FROM {table}").shape == (10, 1)


def test_the_writer_is_served_while_readers_use_up_their_threads(
    reader: httpx.Client, writer: httpx.Client, table: str
) -> None:
    def ask() -> None:
        with httpx.Client(base_url=reader.base_url, auth=reader.auth, timeout=60) as own:
            own.post("/", content="SELECT sleep(3)")

    asking = [threading.Thread(target=ask) for _ in range(12)]
    for each in asking:
        each.start()
    deadline = time.monotonic() + 15
    sleeping = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleep(3)%'"
    while int(writer.post("/", content=sleeping).text) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    writer.post("/", content=f"INSERT INTO {table} VALUES (11)").raise_for_status()
    assert sum(each.is_alive() for each in asking) >= 4, "the writer waited until the readers had done"
    for each in asking:
        each.join()
