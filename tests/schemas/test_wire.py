from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas import registry, wire

REPORT: dict[str, Any] = {
    "issuer": "420100001",
    "revision": 1,
    "action": "REPORT",
    "sender": "420100001",
    "reported_at": datetime(2020, 1, 23, 2, 0, tzinfo=UTC),
    "reported_area": "420100",
    "report_id": "r-1",
    "disease": "covid19",
    "classification": "CONFIRMED",
    "residence_area": "420100",
    "origin": 1,
    "onset_date": date(2020, 1, 20),
}


def test_a_record_comes_back_with_its_defaults() -> None:
    schema_id, record = wire.decode(wire.encode(registry.CASE_REPORT, REPORT))
    assert schema_id == registry.CASE_REPORT
    assert {name: record[name] for name in REPORT} == REPORT
    assert record["sex"] == "UNKNOWN"
    assert record["patient"] is None


def test_the_frame_is_confluents() -> None:
    assert wire.frame(258, b"xy") == b"\x00\x00\x00\x01\x02xy"
    assert wire.split(b"\x00\x00\x00\x01\x02xy") == (258, b"xy")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "truncated_frame"),
        (b"\x00\x00\x00", "truncated_frame"),
        (b"\x01\x00\x00\x00\x01", "wrong_magic_byte"),
        (b"{}", "wrong_magic_byte"),
        (wire.frame(9999, b"x"), "unknown_schema"),
        (wire.frame(1, b""), "undecodable_body"),
        (wire.encode(1, REPORT)[:-9], "undecodable_body"),
        (wire.encode(1, REPORT) + b"\x00", "trailing_bytes"),
    ],
)
def test_a_bad_value_is_named_by_its_reason(value: bytes, reason: str) -> None:
    with pytest.raises(wire.WireError) as caught:
        wire.decode(value)
    assert caught.value.reason == reason


def test_the_register_lists_what_the_constants_name() -> None:
    for schema_id in (
        registry.CASE_REPORT,
        registry.JOURNAL_ENTRY,
        registry.CLOCK_TICK,
        registry.AGGREGATE_BATCH,
        registry.ALERT_EVENT,
        registry.AGGREGATE_ROW,
    ):
        assert registry.known(schema_id)
        assert registry.parsed(schema_id)["name"].startswith("cn.tocsin.")
    assert registry.subjects()["case-reports-value"][0] == registry.CASE_REPORT
    assert not registry.known(9999)
