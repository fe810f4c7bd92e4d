"""FULL_TRANSITIVE: every version of a subject reads every other one, in both directions."""

import copy
import io
from collections.abc import Callable
from itertools import product
from typing import Any

import fastavro
import pytest
from fastavro.utils import generate_one

from schemas import registry
from tests.schemas.avro_resolution import breaks

PAIRS = [
    pytest.param(reader, writer, id=f"{subject}: {writer} read as {reader}")
    for subject, versions in registry.subjects().items()
    for reader, writer in product(versions, versions)
]


@pytest.mark.parametrize(("reader", "writer"), PAIRS)
def test_each_version_reads_each_other(reader: int, writer: int) -> None:
    assert breaks(registry.schema(reader), registry.schema(writer)) == []


@pytest.mark.parametrize(("reader", "writer"), PAIRS)
def test_a_record_of_each_version_is_really_read_with_each_other(reader: int, writer: int) -> None:
    record = generate_one(registry.parsed(writer))
    body = io.BytesIO()
    fastavro.schemaless_writer(body, registry.parsed(writer), record)
    body.seek(0)
    read = fastavro.schemaless_reader(body, registry.parsed(writer), registry.parsed(reader))
    assert isinstance(read, dict)
    assert set(read) == {field["name"] for field in registry.schema(reader)["fields"]}


def test_versions_of_a_subject_count_from_one_and_ids_never_repeat_a_file() -> None:
    for versions in registry.subjects().values():
        assert [registry.registrations()[i].version for i in versions] == list(range(1, len(versions) + 1))
    every_file = [registration.file for registration in registry.registrations().values()]
    assert len(set(every_file)) == len(every_file)


def _field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(field for field in schema["fields"] if field["name"] == name)
    return found


def _add(**field: Any) -> Callable[[dict[str, Any]], None]:
    return lambda schema: schema["fields"].append(field)


def _remove(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda schema: schema["fields"].remove(_field(schema, name))


def _change(field: str, **to: Any) -> Callable[[dict[str, Any]], None]:
    return lambda schema: _field(schema, field).update(to)


def _both_ways(change: Callable[[dict[str, Any]], None]) -> list[str]:
    old = registry.schema(registry.CASE_REPORT)
    new = copy.deepcopy(old)
    change(new)
    return breaks(new, old) + breaks(old, new)


@pytest.mark.parametrize(
    "change",
    [
        _add(name="ward", type="string"),
        _remove("issuer"),
        _change("issuer", name="authority"),
        _change("revision", type="long"),
        _change("patient", type="string"),
        _change("onset_date", type=["null", "int"]),
        _change("reported_at", type="long"),
        _change("sex", type={"type": "enum", "name": "Sex", "symbols": ["UNKNOWN", "MALE", "FEMALE", "OTHER"]}),
        lambda schema: schema.update(name="Case"),
    ],
)
def test_a_change_that_breaks_senders_or_readers_is_seen(change: Callable[[dict[str, Any]], None]) -> None:
    assert _both_ways(change) != []


@pytest.mark.parametrize(
    "change",
    [
        _add(name="ward", type=["null", "string"], default=None),
        _remove("patient"),
        _change("patient", doc="other words"),
    ],
)
def test_a_field_with_a_default_may_come_and_go(change: Callable[[dict[str, Any]], None]) -> None:
    assert _both_ways(change) == []
