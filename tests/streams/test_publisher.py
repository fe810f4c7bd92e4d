from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas import registry, wire
from schemas.murmur2 import partition_of
from schemas.pseudonym import Pseudonymiser, create_key_file
from schemas.topics import PARTITIONS, Topics
from streams.publisher import NoBroker, Publisher, Refused, Undelivered
from tests.schemas.documented_reasons import documented
from tests.streams.inbox import inbox

NOW = datetime(2020, 3, 1, tzinfo=UTC).timestamp()
CASE: dict[str, object] = {
    "report_id": "420102-2020-000001",
    "disease": "covid19",
    "classification": "confirmed",
    "residence_area": "420102005",
    "reported_area": "420102",
    "origin": "1",
    "reported_at": "2020-02-28T10:00:00+08:00",
    "onset_date": "2020-02-20",
    "age_years": "",
}


def _publisher(bootstrap: str = "127.0.0.1:1", **options: Any) -> Publisher:
    return Publisher(bootstrap, sender="420100001", clock=lambda: NOW, **options)


def test_a_report_arrives_framed_complete_and_on_its_partition(broker: str, topics: Topics) -> None:
    ids = [f"420102-2020-{i:06d}" for i in range(50)]
    with _publisher(broker, topics=topics) as publisher:
        assert publisher.send_all(CASE | {"report_id": i} for i in ids) == [None] * 50
    arrived = inbox(broker, topics.case_reports)
    assert sorted(key.decode() for _, key, _ in arrived) == ids
    assert len({partition for partition, _, _ in arrived}) == PARTITIONS
    for partition, key, value in arrived:
        assert partition == partition_of(key, PARTITIONS)
        schema_id, record = wire.decode(value)
        assert schema_id == registry.CASE_REPORT
        assert record["report_id"] == key.decode()
        assert record["issuer"] == record["sender"] == "420100001"
        assert (record["revision"], record["action"], record["classification"]) == (1, "REPORT", "CONFIRMED")
        assert record["reported_at"] == datetime(2020, 2, 28, 2, tzinfo=UTC)
        assert record["onset_date"] == date(2020, 2, 20)
        assert record["age_years"] is None


def test_sending_again_gives_equal_bytes_whatever_the_spelling(broker: str, topics: Topics) -> None:
    spelled_otherwise = CASE | {
        "reported_at": datetime(2020, 2, 28, 2, tzinfo=UTC),
        "onset_date": date(2020, 2, 20),
        "origin": 1,
        "classification": " CONFIRMED ",
        "sex": "unknown",
        "revision": 1,
        "issuer": "420100001",
    }
    with _publisher(broker, topics=topics) as publisher:
        publisher.send(CASE)
        publisher.flush()
        publisher.send(spelled_otherwise)
    (_, key, value), (_, again_key, again_value) = inbox(broker, topics.case_reports)
    assert (key, value) == (again_key, again_value)


def test_an_identity_number_leaves_as_pseudonym_only(broker: str, topics: Topics, tmp_path: Path) -> None:
    key_file = tmp_path / "national.key"
    create_key_file(key_file)
    number = "11010519491231002X"
    with _publisher(broker, topics=topics, key_file=key_file) as publisher:
        publisher.send(CASE | {"patient_id_number": number})
    ((_, _, value),) = inbox(broker, topics.case_reports)
    assert number.encode() not in value
    assert wire.decode(value)[1]["patient"] == Pseudonymiser(key_file).pseudonym(number)


REFUSALS: list[tuple[str, str, Mapping[str, object]]] = [
    ("name", "identifying_field", {"name": "SECRET"}),
    ("Phone Number", "identifying_field", {"Phone Number": "SECRET"}),
    ("姓名", "identifying_field", {"姓名": "SECRET"}),
    ("patient_id_number", "no_pseudonym_key", {"patient_id_number": "SECRET"}),
    ("patient_id_number", "field_given_twice", {"patient_id_number": "SECRET", "patient": "SECRET"}),
    ("#10", "unknown_field", {"SECRET": 1}),
    ("disease", "missing_field", {"disease": " "}),
    ("origin", "not_an_integer", {"origin": "SECRET"}),
    ("origin", "not_an_integer", {"origin": 1.5}),
    ("revision", "not_an_integer", {"revision": 2**31, "issuer": "420100001"}),
    ("age_years", "not_an_integer", {"age_years": True}),
    ("expanded_from_counts", "not_a_boolean", {"expanded_from_counts": "SECRET"}),
    ("onset_date", "not_a_date", {"onset_date": "2020-02-30"}),
    ("onset_date", "not_a_date", {"onset_date": "SECRET"}),
    ("onset_date", "not_a_date", {"onset_date": 18312}),
    ("reported_at", "not_a_timestamp", {"reported_at": "SECRET"}),
    ("reported_at", "not_a_timestamp", {"reported_at": 2**70}),
    ("reported_at", "timestamp_without_zone", {"reported_at": "2020-02-28"}),
    ("reported_at", "timestamp_without_zone", {"reported_at": "2020-02-28 10:00"}),
    ("sex", "unknown_symbol", {"sex": "SECRET"}),
    ("residence_area", "not_text", {"residence_area": 420102}),
    ("residence_area", "unknown_area", {"residence_area": "SECRET"}),
    ("report_id", "identifier_found", {"report_id": "r-13800138000"}),
    ("reported_at", "reported_in_future", {"reported_at": "2021-02-28T10:00:00Z"}),
    ("issuer", "missing_field", {"revision": 2, "action": "REVISE"}),
]


@pytest.mark.parametrize(("field", "reason", "change"), REFUSALS)
def test_a_refusal_names_field_and_reason_and_no_value(field: str, reason: str, change: Mapping[str, object]) -> None:
    with pytest.raises(Refused) as caught:
        _publisher().send({**CASE, **change})
    assert (caught.value.field, caught.value.reason) == (field, reason)
    assert "SECRET" not in str(caught.value)
    assert "13800138000" not in str(caught.value)


def test_an_empty_identifying_field_is_no_obstacle(broker: str, topics: Topics) -> None:
    with _publisher(broker, topics=topics) as publisher:
        publisher.send(CASE | {"name": "", "phone": None})
    assert len(inbox(broker, topics.case_reports)) == 1


def test_the_good_ones_of_many_are_sent(broker: str, topics: Topics) -> None:
    records = [CASE | {"report_id": f"r-{i}", **(change if i % 2 else {})} for i, (_, _, change) in enumerate(REFUSALS)]
    with _publisher(broker, topics=topics) as publisher:
        outcome = publisher.send_all(records)
    assert [refused is None for refused in outcome] == [i % 2 == 0 for i in range(len(REFUSALS))]
    assert len(inbox(broker, topics.case_reports)) == outcome.count(None)


def test_without_a_broker_or_topic_it_says_so_at_once(broker: str) -> None:
    with (
        pytest.raises(NoBroker, match=r"no topic nowhere\.case-reports"),
        _publisher(broker, topics=Topics("nowhere.")),
    ):
        raise AssertionError("entered")
    with pytest.raises(NoBroker, match=r"no broker answers at 127\.0\.0\.1:1"), _publisher():
        raise AssertionError("entered")


def test_what_was_not_delivered_is_told_at_flush() -> None:
    publisher = _publisher(kafka={"message.timeout.ms": 1000})
    publisher.send(CASE)
    publisher.send(CASE)
    with pytest.raises(Undelivered) as caught:
        publisher.flush()
    assert caught.value.count == 2
    publisher.flush()


def test_every_refusal_is_documented() -> None:
    assert {reason for _, reason, _ in REFUSALS} <= documented("Of the content") | documented("Of a file")
