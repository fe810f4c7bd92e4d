"""Results out of HL7 messages, written and read back, and by another library's eyes."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.pathogens import pathogens
from schemas.sources import LAB_RESULTS
from streams.hl7 import codes
from streams.hl7.codes import STATUS, results, specimens
from streams.hl7.escapes import plain
from streams.hl7.moments import NoMoment, moment, moment_of, revision, zone_of
from streams.hl7.reading import looks_like_hl7, rows
from streams.hl7.writing import NotInHl7, message
from streams.publisher import Publisher
from streams.reading import Row
from tests.schemas.documented_reasons import documented

SENT = """FHS|^~\\&|LAB
BHS|^~\\&|LAB
MSH|^~\\&|LIS|440300L01|CDC|TOCSIN|20200310090000+0800||ORU^R01^ORU_R01|MSG1|P|2.5.1
PID|1||11010519491231002X^^^CN^NI~99^^^H^MR||ZHANG^SAN||19491231|M|||1 STREET^^SZ^^^CN^H^^440305||13800138000
ORC|RE
OBR|1||L-77|94500-6^SARS-CoV-2 RNA^LN|||20200309080000|||||||20200309200000||||||||20200310085500|||F
OBX|1|CWE|94500-6^SARS-CoV-2 RNA^LN||260373001^Detected^SCT||||||F|||20200310085000
OBX|2|ST|92142-9^Flu A^LN||Not detected||||||F
OBX|3|NM|F-B^own^L^92141-1^Flu B^LN||31.5|{Ct}||POS|||P
SPM|1|^SP-9&LAB||258500001^NP swab^SCT
BTS|1
"""


def read(text: str, *, patients: bool = True) -> list[Row]:
    return list(rows(io.BufferedReader(io.BytesIO(text.encode())), "440300", patients=patients))  # type: ignore[arg-type]


def records(text: str) -> list[dict[str, Any]]:
    found = read(text)
    assert [row.reason for row in found] == [""] * len(found)
    return [dict(row.record or {}) for row in found]


def test_each_observation_is_a_result_of_its_specimen() -> None:
    first, second, third = records(SENT)
    assert [row.line for row in read(SENT)] == [7, 8, 9]
    assert (first["result_id"], first["result"], first["status"]) == ("L-77-1", "POSITIVE", "FINAL")
    assert (second["pathogen"], second["result"], second["method"]) == ("influenza_a", "NEGATIVE", "PCR")
    assert (third["test"], third["value"], third["unit"], third["status"]) == ("92141-1", "31.5", "{Ct}", "PRELIMINARY")
    for record in (first, second, third):
        assert (record["issuer"], record["specimen_id"]) == ("440300L01", "SP-9")
        assert (record["specimen_type"], record["area"]) == ("nasopharyngeal_swab", "440305")
        assert record["received_at"] == record["reported_at"] == datetime(2020, 3, 9, 12, tzinfo=UTC)
        assert record["collected_at"] == datetime(2020, 3, 9, 0, tzinfo=UTC)
        assert record["revised_at"] == datetime(2020, 3, 10, 0, 55, tzinfo=UTC)
        assert record["patient_id_number"] == "11010519491231002X"


def test_of_a_person_nothing_but_the_national_number_is_read_and_that_only_where_wanted() -> None:
    for row in read(SENT, patients=False):
        told = str(row.record)
        assert "patient_id_number" not in told
        for secret in ("ZHANG", "STREET", "13800138000", "1949", "99"):
            assert secret not in told.replace("19490", "")


@pytest.mark.parametrize(
    "framed", [SENT.replace("\n", "\r"), SENT.replace("\n", "\r\n"), "\x0b" + SENT.replace("\n", "\r") + "\x1c\r"]
)
def test_line_ends_and_framing_make_no_difference(framed: str) -> None:
    assert records(framed) == records(SENT)


BAD: list[tuple[str, str, str]] = [
    ("ORU^R01^ORU_R01", "ADT^A01", "not_a_result_message"),
    ("94500-6", "99999-9", "unknown_test"),
    ("260373001^Detected^SCT", "1^Perhaps^SCT", "unknown_result"),
    ("||31.5|{Ct}||POS|||P", "||31.5|{Ct}|||||P", "unknown_result"),
    ("Detected^SCT||||||F", "Detected^SCT||||||I", "result_not_ready"),
    ("|L-77|", "||", "no_filler_order_number"),
    ("20200309080000", "yesterday", "not_a_timestamp"),
    ("20200309080000", "20200230", "not_a_timestamp"),
    ("20200310090000+0800", "20200310090000", "timestamp_without_zone"),
    ("MSH|^~\\&|LIS", "MSH|SECRET", "bad_hl7"),
]


@pytest.mark.parametrize(("what", "instead", "reason"), BAD)
def test_what_cannot_be_read_has_a_reason_and_spares_the_rest(what: str, instead: str, reason: str) -> None:
    assert what in SENT
    spoiled = SENT.replace(what, instead) + SENT[SENT.index("MSH") :]
    found = read(spoiled)
    assert reason in {row.reason for row in found}
    assert sum(row.record is not None for row in found) >= 3
    assert reason in documented("Of a file")


def test_a_message_without_a_result_says_so() -> None:
    without = "".join(line + "\n" for line in SENT.splitlines() if not line.startswith("OBX"))
    assert [row.reason for row in read(without)] == ["no_result"]


def test_a_correction_stands_above_and_a_wrong_one_is_taken_back() -> None:
    later = SENT.replace("20200310085500", "20200311070000").replace("SCT||||||F", "SCT||||||C")
    wrong = SENT.replace("20200310085500", "20200312070000").replace("SCT||||||F", "SCT||||||W")
    first, corrected, withdrawn = (records(text)[0] for text in (SENT, later, wrong))
    assert first["result_id"] == corrected["result_id"] == withdrawn["result_id"]
    assert first["revision"] < corrected["revision"] < withdrawn["revision"] < 2**31
    assert (corrected["status"], corrected["action"]) == ("CORRECTED", "REPORT")
    assert (withdrawn["status"], withdrawn["action"]) == ("CANCELLED", "RETRACT")


def test_timestamps_of_every_precision() -> None:
    zone = zone_of("20200310+0530")
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(hours=5, minutes=30)
    assert moment("20200310", zone) == datetime(2020, 3, 9, 18, 30, tzinfo=UTC)
    assert moment("202003101200-0000", None) == datetime(2020, 3, 10, 12, tzinfo=UTC)
    assert moment("20200310120001.5+0000", None) == datetime(2020, 3, 10, 12, 0, 1, 500_000, tzinfo=UTC)
    assert moment("", None) is None
    with pytest.raises(NoMoment, match="timestamp_without_zone"):
        moment("20200310", None)


INSTANTS = st.integers(0, 1_800_000_000_000).map(
    lambda ms: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
TEXT = st.text("abcXYZ019-./:&^|~\\", min_size=1, max_size=12).filter(lambda text: text.strip() == text)


@st.composite
def results_sent(draw: st.DrawFn) -> dict[str, Any]:
    code = draw(st.sampled_from(sorted(codes.tests())))
    status = draw(st.sampled_from(sorted(set(STATUS.values()) - {"CANCELLED"})))
    value = draw(st.none() | st.floats(0, 1e6).map(lambda number: round(number, 3)))
    coded = [means for (system, _), means in results().items() if system == ("SCT" if value is None else "HL70078")]
    received, changed = draw(INSTANTS), moment_of(revision(draw(INSTANTS)))
    return {
        "result_id": f"{draw(st.sampled_from(['L-77', '2020/1', 'A.b']))}-{draw(st.integers(1, 99))}",
        "revision": revision(changed),
        "action": "REPORT",
        "status": status,
        "issuer": "440300L01",
        "sender": "440300L01",
        "reported_at": received,
        "revised_at": changed,
        "reported_area": "440300",
        "area": "440305",
        "specimen_id": draw(TEXT.filter(lambda text: not text.startswith("&"))),
        "specimen_type": draw(st.sampled_from(sorted(set(specimens().values())))),
        "test": code,
        "pathogen": codes.tests()[code].pathogen,
        "subtype": codes.tests()[code].subtype,
        "method": codes.tests()[code].method,
        "collected_at": draw(st.none() | INSTANTS),
        "received_at": received,
        "resulted_at": draw(INSTANTS),
        "result": draw(st.sampled_from(coded)),
        **({} if value is None else {"value": str(value), "unit": draw(st.sampled_from(["{Ct}", "10*3/uL"]))}),
    }


@settings(max_examples=60, deadline=None)
@given(results_sent())
def test_what_is_written_reads_back(record: dict[str, Any]) -> None:
    (read_back,) = records(message(record, "M1"))
    assert read_back == record


@settings(max_examples=30, deadline=None)
@given(results_sent())
def test_another_library_finds_the_same_in_the_same_fields(record: dict[str, Any]) -> None:
    found = hl7.parse(message(record, "M1"))
    order, _, number = record["result_id"].rpartition("-")
    assert str(found.segment("MSH")(9)) == "ORU^R01^ORU_R01"
    assert str(found.segment("MSH")(10)) == "M1"
    assert str(found.segment("OBR")(3)) == order
    assert str(found.segment("OBX")(1)) == number
    assert found.extract_field("OBX", 1, 3, 1, 1) == record["test"]
    assert STATUS[str(found.segment("OBX")(11))] == record["status"]
    assert plain(found.extract_field("SPM", 1, 2, 1, 2)) == record["specimen_id"]
    if "value" in record:
        assert str(found.segment("OBX")(5)) == record["value"]
    else:
        assert results()["SCT", found.extract_field("OBX", 1, 5, 1, 1)] == record["result"]


def test_what_hl7_has_no_place_for_is_named() -> None:
    record = records(SENT)[0]
    for field, value in (("result_id", "L77"), ("test", "OWN")):
        with pytest.raises(NotInHl7, match=field):
            message(record | {field: value}, "M1")


def test_every_test_of_the_table_is_of_a_known_pathogen() -> None:
    assert {test.pathogen for test in codes.tests().values()} <= set(pathogens())


def test_a_file_is_known_by_its_name_or_by_its_beginning() -> None:
    def stream(data: bytes) -> Any:
        return io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]

    assert looks_like_hl7(stream(b"result_id,"), "oru.HL7")
    assert looks_like_hl7(stream(b"\x0bMSH|^~"))
    assert not looks_like_hl7(stream(b"result_id,test"))


def test_a_message_passes_the_publishers_own_check() -> None:
    publisher = Publisher("127.0.0.1:1", sender="440300L01", source=LAB_RESULTS, clock=lambda: 1_583_900_000.0)
    for row in read(SENT, patients=False):
        assert row.record is not None
        publisher.send(row.record)
