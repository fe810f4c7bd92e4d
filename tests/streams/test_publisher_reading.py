import io
from collections.abc import Iterable
from datetime import UTC, datetime

import fastavro

from schemas import registry
from streams.reading import MAX_LINE_BYTES, Row, rows
from tests.schemas.documented_reasons import documented


def _read(data: bytes, name: str = "") -> list[Row]:
    return list(rows(io.BufferedReader(io.BytesIO(data)), name))


def _outcomes(read: Iterable[Row]) -> list[tuple[int, str]]:
    read = list(read)
    assert {row.reason for row in read if row.record is None} <= documented("Of a file")
    return [(row.line, row.reason if row.record is None else "ok") for row in read]


def test_ndjson_has_a_row_for_every_line_that_is_not_blank() -> None:
    data = b'\xef\xbb\xbf{"report_id": "a"}\n\n  \n{"report_id": "b"}\r\n{"report_id": "c"}'
    assert [(row.line, row.record) for row in _read(data)] == [
        (1, {"report_id": "a"}),
        (4, {"report_id": "b"}),
        (5, {"report_id": "c"}),
    ]


def test_a_bad_line_costs_no_other_line() -> None:
    lines = [
        b'{"report_id": "a"}',
        b'{"report_id": ',
        b"[1, 2]",
        b'"13800138000"',
        b'{"report_id": "b", "report_id": "c"}',
        b'{"report_id": "\xff"}',
        b'{"x": "' + b"y" * MAX_LINE_BYTES + b'"}',
        b"[" * 100_000,
        b'{"report_id": "z"}',
    ]
    assert _outcomes(_read(b"\n".join(lines), "f.ndjson")) == [
        (1, "ok"),
        (2, "bad_json"),
        (3, "not_an_object"),
        (4, "not_an_object"),
        (5, "field_given_twice"),
        (6, "not_utf8"),
        (7, "line_too_long"),
        (8, "bad_json"),
        (9, "ok"),
    ]


def test_csv_lines_stand_for_themselves() -> None:
    data = '\ufeffreport_id, sender,note\r\na,"x, y",1\r\n\r\nb,"never closed,2\r\nc,z\r\nd,"q""q",3\r\n'.encode()
    read = _read(data, "f.csv")
    assert _outcomes(read) == [(2, "ok"), (4, "bad_csv"), (5, "wrong_number_of_columns"), (6, "ok")]
    assert read[0].record == {"report_id": "a", "sender": "x, y", "note": "1"}
    assert read[3].record == {"report_id": "d", "sender": 'q"q', "note": "3"}


def test_csv_without_a_usable_header_is_not_read() -> None:
    assert _outcomes(_read("张三,13800138000\n李四,13900139000\n".encode())) == [(1, "no_header")]
    assert _outcomes(_read(b"report_id,sender,sender\na,b,c\n")) == [(1, "field_given_twice")]
    assert _outcomes(_read("report_id,姓名\na,b\n".encode("gb18030"))) == [(1, "not_utf8")]


def test_an_avro_container_is_known_by_its_first_bytes_and_read_up_to_the_damage() -> None:
    schema = {
        "type": "record",
        "name": "R",
        "fields": [
            {"name": "report_id", "type": "string"},
            {"name": "reported_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        ],
    }
    moment = datetime(2020, 1, 23, tzinfo=UTC)
    container = io.BytesIO()
    fastavro.writer(container, schema, [{"report_id": str(i), "reported_at": moment} for i in range(3)])
    read = _read(container.getvalue())
    assert _outcomes(read) == [(1, "ok"), (2, "ok"), (3, "ok")]
    assert read[2].record == {"report_id": "2", "reported_at": moment}
    assert _outcomes(_read(container.getvalue()[:-20]))[-1][1] == "bad_container"
    assert _outcomes(_read(b"Obj\x01nonsense")) == [(1, "bad_container")]


def test_formats_are_told_apart_without_a_name() -> None:
    assert _read(b'  {"report_id": "a"}\n')[0].record == {"report_id": "a"}
    assert _read(b"report_id\na\n")[0].record == {"report_id": "a"}
    assert _read(b"") == []


def test_the_schema_itself_writes_containers_that_are_read() -> None:
    container = io.BytesIO()
    fastavro.writer(container, registry.parsed(registry.CASE_REPORT), [])
    assert _read(container.getvalue()) == []
