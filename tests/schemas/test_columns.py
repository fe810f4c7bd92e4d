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
from schemas.lengths import shortest_lengths
from tests.schemas.scalar_avro import Malformed, read

SOURCES = [registry.CASE_REPORT, registry.LAB_RESULT, registry.ENTRY_DECLARATION, registry.OBSERVATION]
TEXT = st.text(max_size=40)
DATES = st.integers(-(2**31), 2**31 - 1)
INSTANTS = st.integers(-(2**63), 2**63 - 1)


def _values(field_type: Any) -> st.SearchStrategy[Any]:
    if isinstance(field_type, list):
        return st.none() | _values(field_type[1])
    if isinstance(field_type, dict):
        if field_type["type"] == "enum":
            return st.sampled_from(field_type["symbols"])
        if field_type["type"] == "array":
            return st.lists(_values(field_type["items"]), max_size=4)
        if field_type["type"] == "record":
            return st.fixed_dictionaries({field["name"]: _values(field["type"]) for field in field_type["fields"]})
        return DATES if field_type["type"] == "int" else INSTANTS
    plain: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXT, "int": DATES, "long": INSTANTS, "boolean": st.booleans(), "double": st.floats(allow_nan=False),
    }  # fmt: skip
    return plain[field_type]


def _records(schema_id: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({f["name"]: _values(f["type"]) for f in registry.schema(schema_id)["fields"]})


def _encode(record: dict[str, Any], schema_id: int = registry.CASE_REPORT) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, registry.parsed(schema_id), record)
    return stream.getvalue()


@st.composite
def _damaged(draw: st.DrawFn, schema_id: int) -> bytes:
    body = bytearray(_encode(draw(_records(schema_id)), schema_id))
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


def _bodies(schema_id: int) -> st.SearchStrategy[list[bytes]]:
    sound = _records(schema_id).map(lambda record: _encode(record, schema_id))
    return st.lists(sound | _damaged(schema_id) | st.binary(max_size=60), max_size=12)


def _bits(record: dict[str, Any]) -> dict[str, Any]:
    """A record in which a number that is none equals itself."""
    return {name: value.hex() if isinstance(value, float) else value for name, value in record.items()}


def _numbers(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [_bits(row) for row in frame.select(pl.all().to_physical()).to_dicts()]


@pytest.mark.parametrize("schema_id", SOURCES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_each_body_is_judged_and_read_as_if_it_were_alone(schema_id: int, data: st.DataObject) -> None:
    bodies = data.draw(_bodies(schema_id))
    frame, good = decode_bodies(schema_id, bodies)
    expected = []
    for body, taken in zip(bodies, good.tolist(), strict=True):
        try:
            expected.append(_bits(read(body, registry.schema(schema_id)["fields"])))
        except Malformed:
            assert not taken
        else:
            assert taken
    assert frame.schema == pl.Schema(dtypes(schema_id))
    assert _numbers(frame) == expected


@pytest.mark.parametrize("schema_id", SOURCES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_accepted_bodies_read_the_same_from_one_block(schema_id: int, data: st.DataObject) -> None:
    bodies = data.draw(_bodies(schema_id))
    frame, good = decode_bodies(schema_id, bodies)
    accepted = [body for body, taken in zip(bodies, good.tolist(), strict=True) if taken]
    block = decode_block(schema_id, b"".join(accepted), len(accepted))
    assert frame.schema == block.schema
    assert _numbers(frame) == _numbers(block)


@pytest.mark.parametrize("schema_id", SOURCES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_lengths_are_worked_out_from_the_values(schema_id: int, data: st.DataObject) -> None:
    records = data.draw(st.lists(_records(schema_id), max_size=8))
    bodies = [_encode(record, schema_id) for record in records]
    frame = decode_block(schema_id, b"".join(bodies), len(bodies))
    assert shortest_lengths(schema_id, frame).tolist() == [len(body) for body in bodies]


def test_an_array_has_few_items_and_comes_without_sizes() -> None:
    head = {"issuer": "H1", "revision": 1, "action": "REPORT", "sender": "H1", "reported_at": 0, "port": "P"}
    rest = {"reported_area": "31", "declaration_id": "D", "arrived_at": 0, "origin_country": "IT", "transport": "AIR"}
    plain = head | rest | {"symptoms": [], "transit_countries": []}

    def sent(symptoms: list[str]) -> bytes:
        return _encode(plain | {"symptoms": symptoms}, registry.ENTRY_DECLARATION)

    two = sent(["fever", "cough"])
    items = b"\x04\x0afever\x0acough\x00"
    in_blocks = two.replace(items, b"\x02\x0afever\x02\x0acough\x00")
    with_sizes = two.replace(items, b"\x03\x18\x0afever\x0acough\x00")
    endless = two.replace(items, b"\xfe\xff\xff\xff\x0f\x0afever\x0acough\x00")
    frame, good = decode_bodies(
        registry.ENTRY_DECLARATION, [two, in_blocks, with_sizes, endless, sent(["x"] * 64), sent(["x"] * 65), sent([])]
    )
    assert good.tolist() == [True, True, False, False, True, False, True]
    assert frame["symptoms"].to_list() == [["fever", "cough"]] * 2 + [["x"] * 64, []]
    # What is accepted is read once more, from the journal, by another reader.
    assert decode_block(registry.ENTRY_DECLARATION, two + in_blocks, 2).equals(frame.head(2))


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
