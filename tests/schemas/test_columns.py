"""Bodies as columns: equal to a strict reader of single records, whatever a stranger sends."""

import datetime as dt
import io
from typing import Any

import fastavro
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import registry
from schemas.columns import BlockError, conform, decode_block, decode_bodies, dtypes, encode_block
from tests.schemas.scalar_avro import Malformed, read

FIELDS = registry.schema(registry.CASE_REPORT)["fields"]
TEXT = st.text(max_size=40)
DATES = st.integers(-(2**31), 2**31 - 1)
INSTANTS = st.integers(-(2**63), 2**63 - 1)


def _values(field_type: Any) -> st.SearchStrategy[Any]:
    if isinstance(field_type, list):
        return st.none() | _values(field_type[1])
    if isinstance(field_type, dict):
        if field_type["type"] == "enum":
            return st.sampled_from(field_type["symbols"])
        return DATES if field_type["type"] == "int" else INSTANTS
    return {"string": TEXT, "int": DATES, "boolean": st.booleans()}[field_type]


RECORDS = st.fixed_dictionaries({field["name"]: _values(field["type"]) for field in FIELDS})


def _encode(record: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, registry.parsed(registry.CASE_REPORT), record)
    return stream.getvalue()


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    body = bytearray(_encode(draw(RECORDS)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            body[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == 1:
            del body[at:]
        elif kind == 2:
            body[at:at] = draw(st.binary(min_size=1, max_size=12))
        else:
            del body[at : at + draw(st.integers(1, 5))]
    return bytes(body)


BODIES = st.lists(RECORDS.map(_encode) | _damaged() | st.binary(max_size=60), max_size=12)


def _numbers(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.select(pl.all().to_physical()).to_dicts()


@settings(max_examples=150, deadline=None)
@given(BODIES)
def test_each_body_is_judged_and_read_as_if_it_were_alone(bodies: list[bytes]) -> None:
    frame, good = decode_bodies(registry.CASE_REPORT, bodies)
    expected = []
    for body, taken in zip(bodies, good.tolist(), strict=True):
        try:
            expected.append(read(body, FIELDS))
        except Malformed:
            assert not taken
        else:
            assert taken
    assert frame.schema == pl.Schema(dtypes(registry.CASE_REPORT))
    assert _numbers(frame) == expected


@settings(max_examples=100, deadline=None)
@given(BODIES)
def test_accepted_bodies_read_the_same_from_one_block(bodies: list[bytes]) -> None:
    frame, good = decode_bodies(registry.CASE_REPORT, bodies)
    accepted = [body for body, taken in zip(bodies, good.tolist(), strict=True) if taken]
    block = decode_block(registry.CASE_REPORT, b"".join(accepted), len(accepted))
    assert frame.schema == block.schema
    assert _numbers(frame) == _numbers(block)


def _plain(**changed: Any) -> bytes:
    record = {
        "issuer": "H1", "revision": 1, "action": "REPORT", "sender": "H1", "reported_area": "420100",
        "reported_at": dt.datetime(2020, 1, 20, tzinfo=dt.UTC), "report_id": "R1", "disease": "covid19",
        "classification": "CONFIRMED", "residence_area": "420106", "origin": 1,
    }  # fmt: skip
    return _encode(record | changed)


def test_a_crafted_length_cannot_swallow_the_next_sender() -> None:
    honest = _plain(report_id="R2")
    # The last string claims to reach over the neighbour; the neighbour must stay whole.
    greedy = _plain(report_id="R1", patient="k1:0")
    greedy = greedy.replace(b"\x08k1:0", bytes([0x80 | 2 * 40 & 0x7F, 2 * 40 >> 7]) + b"k1:0")
    frame, good = decode_bodies(registry.CASE_REPORT, [greedy, honest, greedy])
    assert good.tolist() == [False, True, False]
    assert frame["report_id"].to_list() == ["R2"]


@pytest.mark.parametrize("size", [0, 4, 8, 11, 12, 13, 16, 17, 63, 64, 200, 9000])
def test_strings_of_every_length_survive(size: int) -> None:
    texts = ["x" * size, "", "武" * (size // 3), "y" * max(size - 1, 0)]
    frame, good = decode_bodies(registry.CASE_REPORT, [_plain(disease=text, patient=text) for text in texts])
    assert good.all()
    assert frame["disease"].to_list() == texts
    assert frame["patient"].to_list() == texts


def test_the_last_body_is_read_whole_though_nothing_follows() -> None:
    frame, good = decode_bodies(registry.CASE_REPORT, [_plain(revised_at=2**62)])
    assert good.all()
    assert frame["revised_at"].to_physical().to_list() == [2**62]


def test_nothing_gives_an_empty_frame_of_the_right_shape() -> None:
    frame, good = decode_bodies(registry.CASE_REPORT, [])
    assert good.size == 0
    assert frame.schema == pl.Schema(dtypes(registry.CASE_REPORT))
    assert decode_block(registry.CASE_REPORT, b"", 0).equals(frame)


@pytest.mark.parametrize("count", [1, 3])
def test_a_block_with_another_count_or_torn_is_refused(count: int) -> None:
    block = _plain() + _plain(report_id="R2")
    with pytest.raises(BlockError):
        decode_block(registry.CASE_REPORT, block[:-5] if count == 1 else block, 2 if count == 1 else count)


def test_a_block_with_an_unknown_symbol_is_refused() -> None:
    with pytest.raises(BlockError):
        decode_block(registry.CASE_REPORT, _plain().replace(b"H1\x02\x00", b"H1\x02\x40", 1), 1)


def test_aggregate_rows_survive_encoding() -> None:
    types = dtypes(registry.AGGREGATE_ROW)
    frame = pl.DataFrame({name: pl.Series([None] * 3, dtype=dtype) for name, dtype in types.items()}).with_columns(
        signal=pl.Series(["a.cases", None, "b.cases"]),
        day=pl.Series([dt.date(2020, 1, 1), None, dt.date(1969, 12, 31)]),
        count=pl.Series([0, None, 2**40], dtype=pl.Int64),
        w8_p_value=pl.Series([1e-300, None, 1.0]),
        alarm=pl.Series([True, None, False]),
    )
    block = encode_block(registry.AGGREGATE_ROW, frame.select(reversed(frame.columns)))
    assert decode_block(registry.AGGREGATE_ROW, block, 3).equals(frame)
    assert encode_block(registry.AGGREGATE_ROW, frame.clear()) == b""


def test_conforming_leaves_the_newest_version_as_it_is() -> None:
    frame, _ = decode_bodies(registry.CASE_REPORT, [_plain()])
    assert conform(frame, registry.CASE_REPORT) is frame


def test_a_frame_outlives_the_messages_it_was_read_from() -> None:
    frame, _ = decode_bodies(registry.CASE_REPORT, [_plain(patient="k1:" + "0" * 32)] * 1000)
    waste = [np.random.default_rng(0).bytes(1_000_000) for _ in range(5)]
    assert frame["patient"].unique().to_list() == ["k1:" + "0" * 32], len(waste)
