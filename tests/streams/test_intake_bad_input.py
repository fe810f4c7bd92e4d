"""Every kind of bad input ends with its reason, harms no neighbour, and is never echoed (P1, P6, P7)."""

import datetime as dt
import time
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import KafkaError, Producer
from prometheus_client import REGISTRY, generate_latest

from schemas.murmur2 import partition_of
from schemas.topics import PARTITIONS, Topics
from tests.streams.intake_model import REPORTED, Report
from tests.streams.intake_running import Journal, Sent, judge_all, publish, read_journal

AHEAD = dt.datetime.now(dt.UTC) + dt.timedelta(days=365)
GOOD = Report(report_id="GOOD")
VALUE = GOOD.value()
IDENTITY, PHONE = "11010519491231002X", "13812345678"


def changed(**fields: Any) -> Sent:
    """A report of its own with fields changed."""
    report = Report(report_id="BAD-1")
    return Sent(str(fields.get("report_id", report.report_id)).encode(), report.value(**fields))


KINDS: dict[str, tuple[Sent, str, str]] = {
    "truncated": (Sent(b"GOOD", VALUE[:40]), "undecodable_body", ""),
    "one byte short": (Sent(b"GOOD", VALUE[:-1]), "undecodable_body", ""),
    "one byte more": (Sent(b"GOOD", VALUE + b"\0"), "undecodable_body", ""),
    "not UTF-8": (Sent(b"GOOD", VALUE.replace(b"covid", b"\xff\xfeovi", 1)), "undecodable_body", ""),
    "only a header": (Sent(b"GOOD", VALUE[:5]), "undecodable_body", ""),
    "half a header": (Sent(b"GOOD", VALUE[:3]), "truncated_frame", ""),
    "nothing": (Sent(b"GOOD", b""), "truncated_frame", ""),
    "wrong magic byte": (Sent(b"GOOD", b"\1" + VALUE[1:]), "wrong_magic_byte", ""),
    "JSON": (Sent(b"GOOD", b'{"report_id": "GOOD"}'), "wrong_magic_byte", ""),
    "unknown schema": (Sent(b"GOOD", b"\0\0\0\3\xe7" + VALUE[5:]), "unknown_schema", ""),
    "schema of another topic": (Sent(b"GOOD", b"\0\0\0\0\x65" + VALUE[5:]), "unknown_schema", ""),
    "tombstone": (Sent(b"GOOD", None), "tombstone", ""),
    "value too long": (Sent(b"GOOD", VALUE + bytes(70_000)), "value_too_long", ""),
    "empty key": (Sent(b"", VALUE, partition=0), "empty_key", "key"),
    "no key": (Sent(None, VALUE, partition=0), "empty_key", "key"),
    "other key": (Sent(b"OTHER", VALUE), "key_mismatch", "key"),
    "revision 0": (changed(revision=0), "revision_below_one", "revision"),
    "revision -1": (changed(revision=-1), "revision_below_one", "revision"),
    "unknown disease": (changed(disease="dragon_pox"), "unknown_disease", "disease"),
    "unknown area": (changed(residence_area="999999"), "unknown_area", "residence_area"),
    "unknown reporting area": (changed(reported_area="4201"[:3]), "unknown_area", "reported_area"),
    "onset after report": (changed(onset_date=dt.date(2020, 1, 25)), "onset_after_report", "onset_date"),
    "onset 1900": (changed(onset_date=dt.date(1900, 1, 1)), "date_too_old", "onset_date"),
    "reported 1900": (changed(reported_at=dt.datetime(1900, 1, 1, tzinfo=dt.UTC)), "date_too_old", "reported_at"),
    "onset 2199": (changed(onset_date=dt.date(2199, 1, 1)), "date_in_future", "onset_date"),
    "farthest instant": (changed(reported_at=2**63 - 1), "reported_in_future", "reported_at"),
    "clock a year ahead": (changed(reported_at=AHEAD), "reported_in_future", "reported_at"),
    "identity number as id": (changed(report_id=IDENTITY), "identifier_found", "report_id"),
    "identity number as sender": (changed(sender=IDENTITY), "identifier_found", "sender"),
    "phone number as institution": (changed(institution=PHONE), "identifier_found", "institution"),
    "identity number as patient": (changed(patient=IDENTITY), "identifier_found", "patient"),
    "phone number as group": (changed(population_group=PHONE), "identifier_found", "population_group"),
    "free text as id": (changed(report_id="the boy of No 5"), "bad_pattern", "report_id"),
    "newline in the issuer": (changed(issuer="H1\nH2"), "bad_pattern", "issuer"),
    "separator in the issuer": (changed(issuer="H1\x1fR1"), "bad_pattern", "issuer"),
    "very long id": (changed(report_id="R" * 600), "bad_pattern", "report_id"),
}


def neighbour(number: int) -> Report:
    return Report(report_id=f"N{number:04d}")


def all_text(journal: Journal) -> str:
    """Everything of a journal that is not an accepted record."""
    entries = [entry for entries in journal.entries.values() for entry in entries]
    return repr([(entry.senders, entry.notes) for entry in entries])


def test_each_kind_between_good_neighbours(broker: str, topics: Topics, tmp_path: Path) -> None:
    messages = []
    for number, (sent, _, _) in enumerate(KINDS.values()):
        near = neighbour(number)
        messages += [Sent(near.report_id.encode(), near.value()), sent]
    places = publish(broker, topics, messages)
    journal = judge_all(broker, topics, tmp_path / "ledger")
    notes = journal.notes()
    for number, (name, (_, reason, field)) in enumerate(KINDS.items()):
        partition, offset = places[2 * number + 1]
        assert journal.verdicts(partition)[offset] == "REJECTED", name
        assert notes[partition, offset][:2] == (reason, field), name
        partition, offset = places[2 * number]
        assert journal.verdicts(partition)[offset] == "ACCEPTED", name
    assert len(notes) == len(KINDS)
    # Without the samples: seconds and bytes have any digits.
    metrics = [line.rpartition(" ")[0] for line in generate_latest(REGISTRY).decode().splitlines()]
    told = all_text(journal) + "\n".join(metrics)
    for value in (IDENTITY, PHONE, "the boy", "dragon", "999999", "OTHER", "R" * 60):
        assert value not in told


def test_wrong_partition(broker: str, topics: Topics, tmp_path: Path) -> None:
    (right, wrong, other) = publish(
        broker,
        topics,
        [Sent(b"GOOD", VALUE), *(Sent(b"GOOD", VALUE, partition=p) for p in range(PARTITIONS) if p != _home(b"GOOD"))],
    )
    journal = judge_all(broker, topics, tmp_path / "ledger")
    assert journal.verdicts(right[0]) == ["ACCEPTED"]
    for place in (wrong, other):
        assert journal.notes()[place] == ("wrong_partition", "key", "GOOD")


def _home(key: bytes) -> int:
    return partition_of(key, PARTITIONS)


def test_a_message_over_the_topics_limit_is_refused_at_the_broker(broker: str, topics: Topics, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": broker, "message.max.bytes": 100_000_000})
    refused: list[KafkaError | None] = []
    for value in (VALUE + np.random.default_rng(0).bytes(1_500_000), VALUE):
        home = _home(b"GOOD")
        producer.produce(topics.case_reports, value, b"GOOD", home, on_delivery=lambda error, _: refused.append(error))
        producer.flush(60)
    assert [error and error.code() for error in refused] == [KafkaError.MSG_SIZE_TOO_LARGE, None]
    journal = judge_all(broker, topics, tmp_path / "ledger")
    assert journal.verdicts(_home(b"GOOD")) == ["ACCEPTED"]


def test_a_compressed_bomb_is_not_looked_into(broker: str, topics: Topics, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": broker, "compression.type": "zstd", "message.max.bytes": 100_000_000})
    for _ in range(3):
        producer.produce(topics.case_reports, VALUE + bytes(40_000_000), b"GOOD", partition=_home(b"GOOD"))
        producer.flush(60)
    publish(broker, topics, [Sent(b"GOOD", VALUE)])
    journal = judge_all(broker, topics, tmp_path / "ledger")
    assert journal.verdicts(_home(b"GOOD")) == ["REJECTED"] * 3 + ["ACCEPTED"]
    assert {note[0] for note in journal.notes().values()} == {"value_too_long"}


def test_a_hundred_thousand_copies_of_one_report(broker: str, topics: Topics, tmp_path: Path) -> None:
    count = 100_000
    publish(broker, topics, [Sent(b"GOOD", VALUE)] * count)
    began = time.monotonic()
    journal = judge_all(broker, topics, tmp_path / "ledger")
    verdicts = journal.verdicts(_home(b"GOOD"))
    assert verdicts == ["ACCEPTED"] + ["DUPLICATE"] * (count - 1)
    assert time.monotonic() - began < 60


def test_nothing_but_bad_input(broker: str, topics: Topics, tmp_path: Path) -> None:
    publish(broker, topics, [Sent(f"B{n}".encode(), VALUE[:30]) for n in range(3000)])
    journal = judge_all(broker, topics, tmp_path / "ledger")
    assert len(journal.notes()) == 3000
    assert not any(entry.after for entries in journal.entries.values() for entry in entries)


def test_a_report_in_the_future_of_a_slow_clock_is_not_special(broker: str, topics: Topics, tmp_path: Path) -> None:
    report = Report(report_id="NOW")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    publish(broker, topics, [Sent(b"NOW", report.value(reported_at=now + dt.timedelta(minutes=2)))])
    judge_all(broker, topics, tmp_path / "ledger")
    (verdict,) = (v for p in range(PARTITIONS) for v in read_journal(broker, topics).verdicts(p))
    assert verdict == "ACCEPTED"
    assert now > REPORTED
