"""Journal entries: what goes in comes out, alone and many together."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from schemas import registry, wire
from schemas.chain import genesis
from schemas.entry import (
    Bodies,
    Entry,
    Note,
    Verdict,
    after_rows,
    before_rows,
    decode_entry,
    encode_entry,
    entry_id,
)


def body(report_id: str, revision: int = 1) -> bytes:
    record: dict[str, Any] = {
        "issuer": "H1", "revision": revision, "action": "REPORT", "sender": "H1", "reported_area": "420100",
        "reported_at": dt.datetime(2020, 1, 20, tzinfo=dt.UTC), "report_id": report_id, "disease": "covid19",
        "classification": "CONFIRMED", "residence_area": "420106", "origin": 1,
    }  # fmt: skip
    return wire.encode(registry.CASE_REPORT, record)[wire.HEADER_BYTES :]


def an_entry(partition: int, start: int, after: list[str], before: list[tuple[int, str]]) -> Entry:
    """An entry that accepts the even offsets of its range and rejects the odd ones."""
    size = 2 * len(after)
    return Entry(
        topic="case-reports",
        topic_id="id",
        partition=partition,
        from_offset=start,
        to_offset=start + size,
        clock=1_579_500_000_000 + start,
        parent=genesis("id", partition),
        verdicts=np.array([Verdict.ACCEPTED, Verdict.REJECTED] * len(after), dtype=np.uint8),
        senders=["H1", "H2"],
        sender_of=np.array([0, -1] * len(after), dtype=np.int16),
        notes=[Note(at, "bad_code", "origin", None if at % 4 == 1 else "R9") for at in range(1, size, 2)],
        after=[Bodies(1, len(after), b"".join(map(body, after)))] if after else [],
        after_at=np.arange(0, size, 2, dtype=np.int32),
        arrival=np.arange(len(after), dtype=np.int64) + 1000 * start,
        before=[Bodies(1, len(before), b"".join(body(name, 0) for _, name in before))] if before else [],
        before_of=np.array([row for row, _ in before], dtype=np.int32),
    )


ENTRIES = [
    an_entry(0, 100, ["a", "b", "c"], [(0, "a"), (2, "c")]),
    an_entry(2, 7, [], []),
    an_entry(1, 5, ["d"], []),
    an_entry(0, 106, ["e", "f"], [(1, "f")]),
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_survives_its_message(entry: Entry) -> None:
    value = encode_entry(entry)
    read = decode_entry(value)
    assert encode_entry(read) == value
    for name in ("topic", "topic_id", "partition", "from_offset", "to_offset", "clock", "parent", "senders", "notes"):
        assert getattr(read, name) == getattr(entry, name)
    for name in ("verdicts", "sender_of", "after_at", "arrival", "before_of"):
        assert getattr(read, name).tolist() == getattr(entry, name).tolist()
    assert (read.after, read.before) == (entry.after, entry.before)
    assert len(entry_id(value)) == 16
    assert entry_id(value) != entry_id(value + b"\0")


def test_other_messages_are_no_entries() -> None:
    with pytest.raises(wire.WireError):
        decode_entry(wire.encode(registry.CLOCK_TICK, {"chain": "x", "clock": 1}))
    with pytest.raises(wire.WireError):
        decode_entry(encode_entry(ENTRIES[0])[:-3])


def test_rows_of_many_entries_keep_order_and_place() -> None:
    rows = after_rows([decode_entry(encode_entry(entry)) for entry in ENTRIES])
    assert rows["report_id"].to_list() == ["a", "b", "c", "d", "e", "f"]
    assert rows["_partition"].to_list() == [0, 0, 0, 1, 0, 0]
    assert rows["_offset"].to_list() == [100, 102, 104, 5, 106, 108]
    assert rows["_arrival"].to_list() == [100_000, 100_001, 100_002, 5_000, 106_000, 106_001]
    assert rows.schema["_partition"] == pl.Int32
    before = before_rows(ENTRIES)
    assert before["report_id"].to_list() == ["a", "c", "f"]
    assert before["revision"].to_list() == [0, 0, 0]
    assert before["_offset"].to_list() == [100, 104, 108]
    assert before["_arrival"].to_list() == [100_000, 100_002, 106_001]


def test_no_entries_give_empty_rows_of_the_same_columns() -> None:
    assert after_rows([]).schema == after_rows(ENTRIES).schema
    assert before_rows([ENTRIES[1]]).height == 0
