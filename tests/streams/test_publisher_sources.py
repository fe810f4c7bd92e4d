"""Laboratory results, entry declarations and observations from text, as files and programs say it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas import wire
from schemas.sources import ENTRY_DECLARATIONS, LAB_RESULTS, OBSERVATIONS, Source
from schemas.topics import Topics
from streams.publisher import Publisher, Refused
from tests.schemas.documented_reasons import documented
from tests.streams.inbox import inbox

NOW = datetime(2020, 3, 10, 4, tzinfo=UTC).timestamp()
LAB: dict[str, object] = {
    "result_id": "L-1", "specimen_id": "S-1", "specimen_type": "blood", "test": "94500-6", "pathogen": "sars_cov_2",
    "result": "positive", "status": "final", "value": "31.5", "area": "440305", "reported_area": "440305",
    "reported_at": "2020-03-10T10:00:00+08:00", "resulted_at": "2020-03-10T09:00:00+08:00",
}  # fmt: skip
ENTRY: dict[str, object] = {
    "declaration_id": "D-1", "port": "CNSZX", "arrived_at": "2020-03-10T09:30:00+08:00", "origin_country": "IT",
    "transit_countries": "DE; TH", "transport": "AIR", "symptoms": "fever;cough;", "temperature_c": "38.1",
    "reported_area": "440306", "reported_at": "2020-03-10T10:00:00+08:00",
}  # fmt: skip
OBSERVED: dict[str, object] = {
    "observation_id": "O-1", "indicator": "outpatient_ili", "area": "440305", "period_start": "2020-03-09",
    "period_days": "1", "count": "12", "denominator": "340", "dimension": "age=0-4;ward=A",
    "reported_area": "440305", "reported_at": "2020-03-10T10:00:00+08:00",
}  # fmt: skip
GOOD: dict[str, tuple[Source, dict[str, object]]] = {
    source.name: (source, record)
    for source, record in ((LAB_RESULTS, LAB), (ENTRY_DECLARATIONS, ENTRY), (OBSERVATIONS, OBSERVED))
}


def _publisher(source: Source, bootstrap: str = "127.0.0.1:1", **options: Any) -> Publisher:
    return Publisher(bootstrap, sender="440305001", source=source, clock=lambda: NOW, **options)


@pytest.mark.parametrize("name", GOOD)
def test_a_record_from_text_arrives_as_the_same_record(name: str, broker: str, topics: Topics) -> None:
    source, record = GOOD[name]
    with _publisher(source, broker, topics=topics) as publisher:
        publisher.send(record)
    ((_, key, value),) = inbox(broker, topics.inbox(name))
    schema_id, arrived = wire.decode(value)
    assert schema_id == source.schema_id
    assert key.decode() == record[source.key] == arrived[source.key]
    assert (arrived["issuer"], arrived["revision"], arrived["action"]) == ("440305001", 1, "REPORT")
    expected: dict[str, dict[str, object]] = {
        "lab-results": {"result": "POSITIVE", "value": 31.5, "reason": "UNKNOWN", "subtype": None},
        "entry-declarations": {
            "transit_countries": ["DE", "TH"],
            "symptoms": ["fever", "cough"],
            "temperature_c": 38.1,
            "test_result": "NOT_TESTED",
        },
        "observations": {
            "count": 12,
            "dimension": [{"name": "age", "value": "0-4"}, {"name": "ward", "value": "A"}],
            "value": None,
        },
    }
    assert {field: arrived[field] for field in expected[name]} == expected[name]


@pytest.mark.parametrize(
    "dimension", [{"age": "0-4"}, [{"name": "age", "value": "0-4"}], ["age=0-4"], "age = 0-4"], ids=repr
)
def test_a_dimension_is_spelled_in_several_ways(dimension: object, broker: str, topics: Topics) -> None:
    with _publisher(OBSERVATIONS, broker, topics=topics) as publisher:
        publisher.send(OBSERVED | {"dimension": dimension})
    ((_, _, value),) = inbox(broker, topics.inbox("observations"))
    assert wire.decode(value)[1]["dimension"] == [{"name": "age", "value": "0-4"}]


REFUSALS: list[tuple[str, str, str, Mapping[str, object]]] = [
    ("lab-results", "value", "not_a_number", {"value": "SECRET"}),
    ("lab-results", "value", "not_a_number", {"value": "nan"}),
    ("lab-results", "value", "not_a_number", {"value": True}),
    ("lab-results", "value", "not_a_number", {"value": 10**400}),
    ("lab-results", "pathogen", "unknown_pathogen", {"pathogen": "SECRET"}),
    ("lab-results", "patient_id_number", "no_pseudonym_key", {"patient_id_number": "SECRET"}),
    ("lab-results", "#13", "unknown_field", {"SECRET": "x"}),
    ("entry-declarations", "symptoms", "not_a_list", {"symptoms": 7}),
    ("entry-declarations", "symptoms", "not_text", {"symptoms": ["fever", 7]}),
    ("entry-declarations", "symptoms", "too_many_items", {"symptoms": ["fever"] * 65}),
    ("entry-declarations", "symptoms", "unknown_symptom", {"symptoms": "SECRET"}),
    ("observations", "dimension", "not_a_list", {"dimension": "SECRET"}),
    ("observations", "dimension", "not_a_list", {"dimension": [{"name": "SECRET"}]}),
    ("observations", "count", "missing_field", {"count": ""}),
    # Nobody's number belongs to a count.
    ("observations", "patient_id_number", "identifying_field", {"patient_id_number": "SECRET"}),
]


@pytest.mark.parametrize(("name", "field", "reason", "change"), REFUSALS)
def test_a_refusal_names_field_and_reason_and_no_value(
    name: str, field: str, reason: str, change: Mapping[str, object]
) -> None:
    source, record = GOOD[name]
    with pytest.raises(Refused) as caught:
        _publisher(source).send({**record, **change})
    assert (caught.value.reason, caught.value.field) == (reason, field)
    assert "SECRET" not in str(caught.value)


def test_every_refusal_is_documented() -> None:
    sections = ("Of the content", "Of laboratory results", "Of a file")
    assert {reason for _, _, reason, _ in REFUSALS} <= set().union(*(documented(section) for section in sections))
