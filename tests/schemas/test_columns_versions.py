"""Older versions of a subject read as the newest."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from schemas import columns, registry


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A registered older version of CaseReport that lacks two fields, under id 7."""
    newest = registry.schema(registry.CASE_REPORT)
    fields = [field for field in newest["fields"] if field["name"] not in ("patient", "sex")]
    listed = {**registry.registrations(), 7: registry.Registration(7, "case-reports-value", 0, "older.avsc")}
    schema = {7: {**newest, "fields": fields}}
    monkeypatch.setattr(registry, "registrations", lambda: listed)
    monkeypatch.setattr(registry, "subjects", lambda: {"case-reports-value": (7, registry.CASE_REPORT)})
    original = registry.schema
    monkeypatch.setattr(registry, "schema", lambda schema_id: schema.get(schema_id) or original(schema_id))
    yield 7
    for cached in (columns.dtypes, columns._enums, columns._defaults):
        cached.cache_clear()


def test_missing_columns_hold_the_default_and_the_order_is_the_newest(older: int) -> None:
    frame = pl.DataFrame(schema=columns.dtypes(older)).clear(2)
    conformed = columns.conform(frame, older)
    assert conformed.schema == pl.Schema(columns.dtypes(registry.CASE_REPORT))
    assert conformed["sex"].to_list() == ["UNKNOWN", "UNKNOWN"]
    assert conformed["patient"].to_list() == [None, None]


def test_every_default_in_the_files_can_be_put_into_a_column() -> None:
    for path in (Path(registry.__file__).parent / "avro").glob("case_report*.avsc"):
        for field in json.loads(path.read_text("utf-8"))["fields"]:
            if "default" in field:
                assert pl.Series([field["default"]], dtype=columns._dtype(field["type"])).len() == 1
