"""Pages of laboratories, over the demo's results and a few made by hand."""

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import console.lab_results
from catalogue.counted import Counted
from catalogue.model import Catalogue
from console.lab import lab_page
from console.labs import lab_list
from console.share import share
from console.warehouse import Warehouse
from sinks import lab_results, line_list
from tests.console.conftest import reader_of, writer_of
from tests.console.landed import Landed
from tests.console.world import moment, report
from tocsin.demo import laboratory

UPTO = dt.date(2020, 3, 29)
FROM = dt.date(2020, 2, 3)
LAB = "DEMO-ASSIGNED-SHENZHEN"
BEIJING = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture(scope="session")
def labs(front: Any) -> Iterator[Warehouse]:
    """The demo's results of single tests."""
    landed = Landed(writer_of(front, "console_labs"))
    landed.take(lab_results.RECORDS, (record for _, record in laboratory.results()))
    yield Warehouse(reader_of(front, "console_labs"))
    landed.database.close()


@pytest.fixture(scope="session")
def standing() -> list[dict[str, Any]]:
    """What stands of them by plain Python, oldest report day first."""
    last = {(record["issuer"], record["result_id"]): record for _, record in laboratory.results()}
    found = [record | {"day": record["reported_at"].astimezone(BEIJING).date()} for record in last.values()]
    return sorted(found, key=lambda r: (r["day"], r["issuer"], r["result_id"]))


def once(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that count: of a patient, pathogen and outcome the first, then each 30 days or more after a counted one."""
    counted: dict[tuple[Any, ...], dt.date] = {}
    kept = []
    for record in records:
        if record["status"] == "CANCELLED" or record["result"] not in ("POSITIVE", "NEGATIVE"):
            continue
        key = (record.get("patient") or record["specimen_id"], record["pathogen"], record["result"])
        if key not in counted or (record["day"] - counted[key]).days >= 30:
            counted[key] = record["day"]
            kept.append(record)
    return kept


def test_a_patients_repeats_count_once(labs: Warehouse, standing: list[dict[str, Any]]) -> None:
    page = lab_page(labs, LAB, UPTO)
    assert page is not None
    own = [r for r in standing if r["sender"] == LAB and FROM <= r["day"] <= UPTO]
    counted = once(own)
    assert page["from"] == FROM.isoformat()
    assert len(counted) < sum(r["result"] in ("POSITIVE", "NEGATIVE") for r in own)
    (pathogen,) = page["pathogens"]
    assert pathogen["results"] == len(own)
    assert pathogen["tests"] == len(counted)
    assert pathogen["positives"] == sum(r["result"] == "POSITIVE" for r in counted)
    assert pathogen["positivity"] == share(pathogen["positives"], pathogen["tests"])
    assert pathogen["by_result"] == {
        word: sum(r["result"] == word for r in own) for word in ("POSITIVE", "NEGATIVE", "INDETERMINATE", "INVALID")
    }
    by_week = Counter(r["day"] - dt.timedelta(days=r["day"].weekday()) for r in counted)
    assert [week["tests"] for week in page["weeks"]] == [by_week[FROM + dt.timedelta(days=7 * at)] for at in range(8)]


def test_turnaround_is_from_collection_to_the_first_result(labs: Warehouse, standing: list[dict[str, Any]]) -> None:
    page = lab_page(labs, LAB, UPTO)
    assert page is not None
    own = [r for r in standing if r["sender"] == LAB and FROM <= r["day"] <= UPTO]
    bench = sorted((r["reported_at"] - r["received_at"]).total_seconds() / 3600 for r in own)
    whole = page["whole"]["bench"]
    assert whole["known"] == len(own)
    assert whole["median"] == pytest.approx(statistics.median(bench), abs=0.02)
    assert whole["over"]["share"] == pytest.approx(sum(hours > 24 for hours in bench) / len(bench), abs=1e-4)
    assert bench[int(len(bench) * 0.9)] == pytest.approx(whole["p90"], abs=0.5)
    assert page["whole"]["whole"]["median"] > page["whole"]["transport"]["median"]


def test_corrections_say_how_often_they_changed_the_result(labs: Warehouse) -> None:
    page = lab_page(labs, LAB, UPTO)
    assert page is not None
    versions: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _, record in laboratory.results():
        if record["sender"] == LAB and FROM <= record["reported_at"].astimezone(BEIJING).date() <= UPTO:
            versions.setdefault((record["issuer"], record["result_id"]), []).append(record)
    revised = [both for both in versions.values() if len(both) > 1]
    expected = {
        status: (len(some), sum(both[-1]["result"] != both[-2]["result"] for both in some))
        for status in {both[-1]["status"] for both in revised}
        if (some := [both for both in revised if both[-1]["status"] == status])
    }
    assert {row["status"]: (row["revised"], row["changed"]) for row in page["corrections"]} == expected
    assert expected["CORRECTED"][1] > 0
    assert expected["FINAL"][1] == 0


def test_the_list_has_each_laboratory_with_the_same_numbers(labs: Warehouse, standing: list[dict[str, Any]]) -> None:
    answer = lab_list(labs, [], UPTO)
    rows = {row["lab"]: row for row in answer["labs"]}
    late = [r for r in standing if UPTO - dt.timedelta(days=7) < r["day"] <= UPTO]
    assert rows.keys() == {r["sender"] for r in late}
    assert [row["results"] for row in answer["labs"]] == sorted((row["results"] for row in rows.values()), reverse=True)
    for sender, row in rows.items():
        own = [r for r in late if r["sender"] == sender]
        assert row["results"] == len(own)
        assert row["tests"] == len(once(own))
        assert row["invalid"] == sum(r["result"] == "INVALID" for r in own)
    assert answer["marks"] == {"assigned": len(late), "generated": 0}


def test_the_nations_positivity_is_what_the_signals_counted(front: Any) -> None:
    landed = Landed(writer_of(front, "console_labs_nation"))
    rows = [
        {"signal": "norovirus.positivity", "disease": "other_infectious_diarrhoea", "area": "000000",
         "level": "nation", "day": day, "count": count, "denominator": tests}
        for day, count, tests in (
            (dt.date(2020, 3, 1), 50, 60), (dt.date(2020, 3, 20), 2, 30), (dt.date(2020, 3, 21), 0, 10)
        )
    ]  # fmt: skip
    landed.count(rows)
    answer = lab_list(
        Warehouse(reader_of(front, "console_labs_nation")),
        [{"id": "a", "signal": signal, "severity": severity, "opened_at": 1}
         for signal, severity in (("rsv.first", "low"), ("norovirus.types", "high"), ("covid19.cases", "high"))],
        UPTO,
    )  # fmt: skip
    (norovirus,) = answer["nation"]["pathogens"]
    assert (norovirus["code"], norovirus["positives"], norovirus["tests"]) == ("norovirus", 2, 40)
    assert norovirus["positivity"] == share(2, 40)
    assert [alert["signal"] for alert in answer["alerts"]] == ["norovirus.types", "rsv.first"]
    landed.database.close()


def test_cards_are_looked_for_and_types_told(front: Any) -> None:
    landed = Landed(writer_of(front, "console_labs_made"))
    at = moment("2020-03-20 09:00")

    def made(name: str, **changed: Any) -> dict[str, Any]:
        fields = {"result_id": name, "specimen_id": f"S{name}", "specimen_type": "stool", "test": "T", "area": "440305",
                  "pathogen": "salmonella_typhi", "result": "POSITIVE", "status": "FINAL", "reported_at": at,
                  "resulted_at": at}  # fmt: skip
        return fields | changed

    landed.take(line_list.RECORDS, [
        report("C1", "2020-03-18 10:00", disease="typhoid_paratyphoid", residence_area="440305"),
        report("C2", "2020-03-18 10:00", disease="typhoid_paratyphoid", residence_area="440305"),
        report("C3", "2020-03-18 10:00", disease="measles", residence_area="440305"),
    ])  # fmt: skip
    gone = report("C2", "2020-03-18 10:00", disease="typhoid_paratyphoid", revision=2, action="RETRACT")
    landed.take(line_list.RECORDS, [gone])
    landed.take(lab_results.RECORDS, [
        made("1", report_id="C1", report_issuer="420100001", subtype="H58"),
        made("2", report_id="C2"), made("3", report_id="C3"), made("4", report_id="C1", report_issuer="OTHER"),
        made("5", pathogen="rsv", report_id="C1"), made("6", subtype="H58", area="440306"),
        made("7", status="CANCELLED", subtype="H58", area="440307"), made("8", result="INVALID"),
    ])  # fmt: skip
    warehouse = Warehouse(reader_of(front, "console_labs_made"))
    page = lab_page(warehouse, "420100L01", dt.date(2020, 3, 22))
    assert page is not None
    links = page["links"]
    assert (links["named"], links["found"], links["lost"], links["unknowable"]) == (5, 1, 3, 1)
    assert {one["result_id"] for one in links["examples"]} == {"2", "3", "4"}
    assert [(one["type"], one["positives"], one["counties"]) for one in page["types"]] == [("H58", 2, 2)]
    typhi = next(one for one in page["pathogens"] if one["code"] == "salmonella_typhi")
    assert (typhi["results"], typhi["tests"], typhi["by_status"]["CANCELLED"]) == (7, 5, 1)
    assert typhi["invalid_share"]["share"] == pytest.approx(1 / 7, abs=1e-6)
    # No moment of collection or receipt was sent: how long it took is not known, and not zero.
    assert page["whole"]["bench"] is None
    assert lab_page(warehouse, "nobody", dt.date(2020, 3, 22)) is None
    landed.database.close()


def test_the_rule_is_the_signals_rule(catalogue: Catalogue) -> None:
    signal = catalogue.signals["norovirus.positivity"]
    assert signal.repeat_days == console.lab_results.REPEAT_DAYS
    assert isinstance(signal.denominator, Counted)
    assert console.lab_results.VALID in signal.denominator.condition


def test_of_several_revisions_the_last_stands(front: Any) -> None:
    landed = Landed(writer_of(front, "console_labs_revised"))
    at = moment("2020-03-20 09:00")
    first = {"result_id": "1", "specimen_id": "S", "specimen_type": "stool", "test": "T", "area": "440305",
             "pathogen": "rsv", "result": "NEGATIVE", "status": "PRELIMINARY", "reported_at": at,
             "resulted_at": at}  # fmt: skip
    second = first | {"revision": 2, "action": "REVISE", "status": "FINAL"}
    third = second | {"revision": 3, "status": "CORRECTED", "result": "POSITIVE", "sender": "CDC"}
    gone = first | {"result_id": "2"}
    landed.take(lab_results.RECORDS, [first, gone, second, third, gone | {"revision": 2, "action": "RETRACT"}])
    warehouse = Warehouse(reader_of(front, "console_labs_revised"))
    # Who corrected it is not whose result it is.
    assert lab_page(warehouse, "CDC", dt.date(2020, 3, 22)) is None
    page = lab_page(warehouse, "420100L01", dt.date(2020, 3, 22))
    assert page is not None
    assert page["whole"]["by_result"] == {"POSITIVE": 1, "NEGATIVE": 0, "INDETERMINATE": 0, "INVALID": 0}
    assert page["corrections"] == [{"status": "CORRECTED", "revised": 1, "changed": 1}]
    assert [row["lab"] for row in lab_list(warehouse, [], dt.date(2020, 3, 22))["labs"]] == ["420100L01"]
    landed.database.close()


def test_a_share_has_jeffreys_interval() -> None:
    assert share(0, 0) is None
    assert share(0, 20) == {"share": 0.0, "lower": 0.0, "upper": pytest.approx(0.11735, abs=1e-3)}
    # Brown, Cai and DasGupta (2001), table of Jeffreys intervals at 95 %.
    assert share(5, 10) == {
        "share": 0.5,
        "lower": pytest.approx(0.224, abs=1e-3),
        "upper": pytest.approx(0.776, abs=1e-3),
    }
