"""The ClickHouse HTTP interface over the embedded engine, by an ordinary client and by plain HTTP."""

import gzip
import json
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import lz4.frame
import pytest
from backports import zstd
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from tocsin.child import Child


def client(front: Any, **more: Any) -> Client:
    return clickhouse_connect.get_client(
        host=front.host, port=front.port, username=front.writer, password=front.writer_password, **more
    )


@pytest.fixture
def http(front: Any) -> Iterator[httpx.Client]:
    """Plain HTTP as the writer; a raw client that adds no encoding of its own."""
    headers = {"X-ClickHouse-User": front.writer, "X-ClickHouse-Key": front.writer_password, "Accept-Encoding": ""}
    with httpx.Client(base_url=f"http://{front.host}:{front.port}", headers=headers, timeout=30) as opened:
        yield opened


@pytest.fixture
def table(http: httpx.Client) -> str:
    name = f"default.t{uuid.uuid4().hex[:8]}"
    create = f"CREATE TABLE {name} (a UInt64, b String) ENGINE = MergeTree ORDER BY a"
    http.post("/", content=f"{create} SETTINGS non_replicated_deduplication_window = 100").raise_for_status()
    return name


def ask(http: httpx.Client, sql: str, **address: Any) -> str:
    answer = http.post("/", content=sql, params=address)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_clickhouse_connect_unmodified(front: Any, table: str) -> None:
    writer = client(front)
    rows = [[number, f"x{number}"] for number in range(65_000)]
    assert writer.insert(table, rows, column_names=["a", "b"]).written_rows == 65_000
    found = writer.query(f"SELECT a, b FROM {table} WHERE a >= {{low:UInt64}} ORDER BY a", parameters={"low": 64_998})
    assert found.result_rows == [(64_998, "x64998"), (64_999, "x64999")]
    assert found.column_names == ("a", "b")
    assert writer.query_df(f"SELECT count() AS n FROM {table}")["n"][0] == 65_000
    assert writer.query_arrow(f"SELECT a FROM {table} LIMIT 7").num_rows == 7
    assert writer.command(f"SELECT uniq(_part) FROM {table}") == 1, "one insert is one block"
    with pytest.raises(DatabaseError, match=r"60.*nosuch"):
        writer.query("SELECT * FROM nosuch")


@pytest.mark.parametrize("method", ["lz4", "zstd", "gzip", None])
def test_clickhouse_connect_compresses_both_ways(front: Any, table: str, method: str | None) -> None:
    writer = client(front, compress=method or False)
    rows = [[number, "y" * 50] for number in range(200_000)]
    writer.insert(table, rows, column_names=["a", "b"])
    assert writer.query(f"SELECT sum(a), uniqExact(a) FROM {table}").first_row == (19_999_900_000, 200_000)
    assert writer.query(f"SELECT a, b FROM {table}").row_count == 200_000


def test_parameters_carry_any_text(front: Any) -> None:
    for text in ("it's", "tab\tand\nline", "back\\slash", "疫情", "{x:String}", "'; DROP TABLE x; --", ""):
        got = client(front).query("SELECT {x:String} AS x, {n:Array(UInt8)} AS n", parameters={"x": text, "n": [1, 2]})
        assert got.first_row == (text, [1, 2])


def test_temporary_tables_live_in_a_session_and_settings_of_the_address_do_not(front: Any) -> None:
    first = client(front, session_id=uuid.uuid4().hex)
    first.command("CREATE TEMPORARY TABLE mine (a UInt8)")
    first.insert("mine", [[3]], column_names=["a"])
    assert first.command("SELECT a FROM mine") == 3
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        client(front, session_id=uuid.uuid4().hex).command("SELECT a FROM mine")
    assert first.command("SELECT getSetting('max_block_size')", settings={"max_block_size": 77}) == 77
    assert first.command("SELECT getSetting('max_block_size')") != 77


def test_a_session_in_use_is_refused_to_a_second_request(http: httpx.Client) -> None:
    def busy() -> None:
        http.post("/", content="SELECT sleep(3) AS holds_the_session", params={"session_id": "one"})

    running = threading.Thread(target=busy)
    running.start()
    deadline = time.monotonic() + 15
    held = "SELECT count() FROM system.processes WHERE query LIKE '%holds_the%' AND query NOT LIKE '%processes%'"
    while ask(http, held) != "1\n":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    answer = http.post("/", content="SELECT 1", params={"session_id": "one"})
    running.join()
    assert answer.headers["X-ClickHouse-Exception-Code"] == "373"
    assert ask(http, "SELECT 1", session_id="one") == "1\n"


def test_three_ways_to_say_who_asks_and_one_way_to_be_refused(front: Any) -> None:
    url = f"http://{front.host}:{front.port}/"
    name, word = front.writer, front.writer_password
    ways: list[dict[str, Any]] = [
        {"auth": (name, word)},
        {"headers": {"X-ClickHouse-User": name, "X-ClickHouse-Key": word}},
        {"params": {"user": name, "password": word}},
    ]
    for way in ways:
        assert httpx.post(url, content="SELECT 1", **way).text == "1\n"
    for wrong in (
        {"auth": (name, "guess")},
        {"auth": ("nobody", word)},
        {},
        {"headers": {"Authorization": "Basic ä".encode()}},
    ):
        answer = httpx.post(url, content="SELECT 1", **wrong)  # type: ignore[arg-type]
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "516")
        assert word not in answer.text
    assert httpx.get(url + "ping").text == "Ok.\n"


def test_query_in_address_body_or_both_and_formats(http: httpx.Client) -> None:
    assert http.get("/", params={"query": "SELECT 1"}).text == "1\n"
    assert http.post("/", params={"query": "SELECT number FROM numbers(2)"}, content="FORMAT CSV").text == "0\n1\n"
    assert json.loads(ask(http, "SELECT 1 AS x", default_format="JSON"))["data"] == [{"x": 1}]
    assert ask(http, "SELECT 1 AS x FORMAT JSONEachRow", default_format="CSV") == '{"x":1}\n'
    assert ask(http, "SELECT {x:UInt8} + 1", param_x="4") == "5\n"
    assert ask(http, "SELECT currentDatabase()", database="system") == "system\n"
    assert ask(http, "SELECT 1 AS format") == "1\n"
    assert ask(http, "-- a comment; not a statement\n(SELECT 1);") == "1\n"
    assert ask(http, "SELECT ';' /* ; */") == ";\n"
    assert http.get("/").text == "Ok.\n"
    answer = http.post("/", content="SELECT 1 AS x", params={"query_id": "mine"})
    assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
    assert answer.headers["X-ClickHouse-Format"] == "TabSeparated"
    assert answer.headers["X-ClickHouse-Server-Display-Name"]


def test_a_whole_document_stays_one_when_it_is_large(http: httpx.Client) -> None:
    rows = 300_000
    document = json.loads(ask(http, f"SELECT number FROM numbers({rows})", default_format="JSON"))
    assert document["rows"] == len(document["data"]) == rows
    lines = ask(http, f"SELECT number FROM numbers({rows}) FORMAT CSVWithNames").splitlines()
    assert (lines[0], lines[-1], len(lines)) == ('"number"', str(rows - 1), rows + 1)
    lines = ask(http, f"SELECT number FROM numbers({rows}) FORMAT TSV").splitlines()
    assert lines == [str(number) for number in range(rows)]


def test_errors_are_worded_coded_and_given_a_status_as_by_a_server(http: httpx.Client) -> None:
    for sql, code, status in (
        ("SELEC 1", 62, 400),
        ("", 62, 400),
        ("SELECT 1; SELECT 2", 62, 400),
        ("SELECT * FROM nosuch", 60, 404),
        ("SELECT nosuch()", 46, 404),
        ("SELECT 1 SETTINGS nosuch = 1", 115, 404),
        ("SELECT throwIf(1)", 395, 400),
    ):
        answer = http.post("/", content=sql)
        assert (answer.headers["X-ClickHouse-Exception-Code"], answer.status_code) == (str(code), status), sql
        assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert http.post("/", content="SELECT 1", params={"nosuch": "1"}).headers["X-ClickHouse-Exception-Code"] == "115"
    refused = http.get("/", params={"query": "CREATE DATABASE x"})
    assert refused.headers["X-ClickHouse-Exception-Code"] == "164"
    assert http.post("/", content=b"x", headers={"Content-Encoding": "gzip"}).status_code in (400, 500)


def test_an_error_in_the_middle_of_an_answer_is_said_at_its_end(http: httpx.Client) -> None:
    sql = "SELECT throwIf(number = 5000000) FROM numbers(10000000) FORMAT TSV"
    answer = http.post("/", content=sql)
    assert answer.status_code == 200
    tag = answer.headers["X-ClickHouse-Exception-Tag"]
    assert answer.text.endswith(f" {tag}\r\n__exception__\r\n")
    assert "Code: 395." in answer.text[-1000:]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("JSONEachRow", b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'),
        ("CSV", b"1,x\n2,y\n"),
        ("TSV", b"1\tx\n2\ty\n"),
        ("Values", b"(1,'x'),(2,'y')"),
        ("RowBinary", struct.pack("<QB1sQB1s", 1, 1, b"x", 2, 1, b"y")),
    ],
)
def test_insert_in_any_format_from_address_or_body(http: httpx.Client, table: str, form: str, body: bytes) -> None:
    answer = http.post("/", params={"query": f"INSERT INTO {table} (a, b) FORMAT {form}"}, content=body)
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2"
    again = {"insert_deduplication_token": "again"}  # the table would take the same block for a repetition
    answer = http.post("/", params=again, content=f"INSERT INTO {table} (a, b) FORMAT {form}\n".encode() + body)
    assert answer.status_code == 200, answer.text
    assert (
        ask(http, f"SELECT sum(a), groupArray(b) FROM (SELECT * FROM {table} ORDER BY a)") == "6\t['x','x','y','y']\n"
    )


@pytest.mark.parametrize("form", ["Native", "Parquet", "Arrow", "ArrowStream", "Avro", "RowBinaryWithNamesAndTypes"])
def test_insert_of_what_the_front_gave_out(http: httpx.Client, table: str, form: str) -> None:
    sql = f"SELECT number AS a, toString(number) AS b FROM numbers(1000) FORMAT {form}"
    body = http.post("/", content=sql).content
    http.post("/", params={"query": f"INSERT INTO {table} FORMAT {form}"}, content=body).raise_for_status()
    assert ask(http, f"SELECT count(), sum(a), uniq(b) FROM {table}") == "1000\t499500\t1000\n"


@pytest.mark.parametrize(
    ("name", "press"), [("gzip", gzip.compress), ("zstd", zstd.compress), ("lz4", lz4.frame.compress)]
)
def test_compressed_bodies(http: httpx.Client, table: str, name: str, press: Callable[[bytes], bytes]) -> None:
    address = {"query": f"INSERT INTO {table} FORMAT CSV"}
    http.post("/", params=address, content=press(b"1,x\n"), headers={"Content-Encoding": name}).raise_for_status()
    assert ask(http, f"SELECT * FROM {table}") == "1\tx\n"
    with http.stream(
        "POST",
        "/",
        content="SELECT number FROM numbers(1000000)",
        params={"enable_http_compression": 1},
        headers={"Accept-Encoding": name},
    ) as answer:
        assert answer.headers["Content-Encoding"] == name
        raw = b"".join(answer.iter_raw())
    unpress = {"gzip": gzip.decompress, "zstd": zstd.decompress, "lz4": lz4.frame.decompress}[name]
    assert unpress(raw).count(b"\n") == 1_000_000


def test_an_insert_is_in_wholly_or_not_at_all(http: httpx.Client, table: str) -> None:
    lines = b'{"a":1,"b":"x"}\n' * 65_000
    for damage in (b'{"a":"no number"}\n', b'{"a":1,"b":'):
        answer = http.post("/", params={"query": f"INSERT INTO {table} FORMAT JSONEachRow"}, content=lines + damage)
        assert answer.status_code == 400
    native = http.post("/", content="SELECT number AS a, 'x' AS b FROM numbers(60000) FORMAT Native").content
    address = {"query": f"INSERT INTO {table} FORMAT Native"}
    assert http.post("/", params=address, content=native[:-10]).status_code == 400
    assert ask(http, f"SELECT count() FROM {table}") == "0\n"


def test_deduplication_token_of_the_address(http: httpx.Client, table: str) -> None:
    for token, body in (("one", "1,x\n"), ("one", "1,x\n"), ("two", "1,x\n"), ("one", "2,y\n")):
        address = {"query": f"INSERT INTO {table} FORMAT CSV", "insert_deduplication_token": token}
        http.post("/", params=address, content=body).raise_for_status()
    assert ask(http, f"SELECT count() FROM {table}") == "2\n"


def test_slow_readers_do_not_hold_up_the_writer(front: Any, http: httpx.Client, table: str) -> None:
    """Ten readers who stop reading in the middle of a large answer, and the writer's inserts beside them."""
    url = f"http://{front.host}:{front.port}/"
    stalled = []
    with httpx.Client(auth=(front.reader, front.reader_password), timeout=30) as reader:
        for _ in range(10):
            request = reader.build_request("POST", url, content="SELECT number FROM numbers(100000000)")
            answer = reader.send(request, stream=True)
            next(answer.iter_raw(1000))
            stalled.append(answer)
        for number in range(20):
            http.post(
                "/", params={"query": f"INSERT INTO {table} FORMAT CSV"}, content=f"{number},x\n"
            ).raise_for_status()
        for answer in stalled:
            answer.close()
    assert ask(http, f"SELECT count() FROM {table}") == "20\n"


def test_a_reader_who_hangs_up_leaves_nothing_running(front: Any, http: httpx.Client) -> None:
    with httpx.Client(auth=(front.reader, front.reader_password), timeout=30) as reader:
        request = reader.build_request(
            "POST", f"http://{front.host}:{front.port}/", content="SELECT number AS hung_up FROM numbers(2000000000)"
        )
        answer = reader.send(request, stream=True)
        next(answer.iter_raw(1000))
        answer.close()
    deadline = time.monotonic() + 15
    running = "SELECT count() FROM system.processes WHERE query LIKE '%hung_up%' AND query NOT LIKE '%processes%'"
    while ask(http, running) != "0\n":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_acknowledged_inserts_survive_kill(tmp_path: Path, front_starter: Callable[[Path], tuple[Any, Child]]) -> None:
    address, child = front_starter(tmp_path / "front")
    client(address).command("CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a")
    acknowledged: list[int] = []

    def insert() -> None:
        headers = {"X-ClickHouse-User": address.writer, "X-ClickHouse-Key": address.writer_password}
        with httpx.Client(base_url=f"http://{address.host}:{address.port}", headers=headers) as opened:
            for number in range(100_000):
                try:
                    opened.post("/", content=f"INSERT INTO kept VALUES ({number})").raise_for_status()
                except httpx.TransportError:
                    return
                acknowledged.append(number)

    inserting = threading.Thread(target=insert)
    inserting.start()
    while len(acknowledged) < 100:
        time.sleep(0.01)
    child.kill()
    inserting.join()
    address, child = front_starter(tmp_path / "front")
    kept = {row[0] for row in client(address).query("SELECT a FROM kept").result_rows}
    assert child.stop() == 0
    assert set(acknowledged) <= kept
    assert len(kept) <= len(acknowledged) + 1, "only the insert in flight may be there without its acknowledgement"
