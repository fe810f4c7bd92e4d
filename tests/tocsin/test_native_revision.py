"""Native blocks for clients that send client_protocol_version, checked against columns fetched one at a time."""

from typing import Any

import httpx
import pytest

from tocsin.embedded.clickhouse_errors import ClickHouseError
from tocsin.embedded.native_revision import reframed

BLOCK_INFO = bytes([1, 0, 2, 255, 255, 255, 255, 0])
COLUMNS = (
    "number",
    "toString(number)",
    "toFixedString('abc', 5)",
    "toDateTime(number, 'Asia/Shanghai')",
    "toDateTime64(number, 3, 'UTC')",
    "toDate('2020-01-01')",
    "toLowCardinality(toString(number % 3))",
    "toLowCardinality(if(number % 2 = 0, NULL, 'x'))",
    "if(number % 2 = 0, NULL, number)",
    "toNullable(toString(number))",
    "[toString(number), 'é']",
    "emptyArrayUInt8()",
    "arrayMap(x -> range(x), range(number % 4))",
    "map('k', number, 'l', 2)",
    "(number, 'x', [number])::Tuple(a UInt8, `b c` String, d Array(UInt16))",
    "[(number, 'x')]::Array(Tuple(UInt8, LowCardinality(String)))",
    "toDecimal32(1, 2)",
    "toDecimal64(1, 2)",
    "toDecimal128(1, 2)",
    "toDecimal256(1, 2)",
    "toUUID('00112233-4455-6677-8899-aabbccddeeff')",
    "toIPv4('127.0.0.1')",
    "toIPv6('::1')",
    "true",
    "NULL",
    "[]",
    "CAST('a', 'Enum8(\\'a\\' = 1, \\'b, c)\\' = 2)')",
    "toInt128(number)",
    "toUInt256(number)",
    "toFloat32(number)",
    "toIntervalDay(1)",
)


def native(front: Any, sql: str, **address: Any) -> bytes:
    answer = httpx.post(
        f"http://{front.host}:{front.port}/",
        content=f"{sql} FORMAT Native",
        params=address,
        auth=(front.writer, front.writer_password),
    )
    assert answer.status_code == 200, answer.text
    return answer.content


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def test_every_column_keeps_its_bytes_and_gets_its_flag(front: Any) -> None:
    rows = 50
    expected = BLOCK_INFO + varint(len(COLUMNS)) + varint(rows)
    for place, column in enumerate(COLUMNS):
        single = native(front, f"SELECT {column} AS c{place} FROM numbers({rows})")
        head = varint(1) + varint(rows)
        assert single.startswith(head)
        at = len(head)
        for _ in ("name", "type"):
            length = single[at] if single[at] < 0x80 else single[at] & 0x7F | single[at + 1] << 7
            at += len(varint(length)) + length
        expected += single[len(head) : at] + b"\0" + single[at:]
    chosen = ", ".join(f"{column} AS c{place}" for place, column in enumerate(COLUMNS))
    whole = native(front, f"SELECT {chosen} FROM numbers({rows})", client_protocol_version=54483)
    assert whole == expected


def test_many_blocks_and_older_revisions(front: Any) -> None:
    sql = "SELECT number, toString(number) AS s FROM numbers(200000)"
    plain = native(front, sql)
    assert native(front, sql, client_protocol_version=54405) == plain
    flagged = native(front, sql, client_protocol_version=54460)
    assert reframed(plain) == flagged
    blocks = flagged.count(BLOCK_INFO)
    assert len(flagged) == len(plain) + blocks * (len(BLOCK_INFO) + 2)


def test_a_type_that_cannot_be_walked_is_said(front: Any) -> None:
    block = native(front, "SELECT uniqState(1) AS c")
    with pytest.raises(ClickHouseError, match="AggregateFunction"):
        reframed(block)
