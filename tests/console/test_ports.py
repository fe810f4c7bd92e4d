"""Pages of ports and origins, over the demo's border and a few records made by hand."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from catalogue.counted import Counted
from catalogue.model import Catalogue
from console import assigned
from console.border import ILL
from console.origin import origin_page
from console.port import port_page
from console.ports import port_list
from console.warehouse import Warehouse
from detectors.epidemic.expected_imports import expected_imports, origin_risk
from sinks import entry_declarations, observations
from tests.console.conftest import reader_of, writer_of
from tests.console.landed import Landed
from tests.console.world import moment
from tocsin.demo import arrivals, chance, declarations, passengers

UPTO = dt.date(2020, 5, 31)


@pytest.fixture(scope="session")
def border(front: Any) -> Iterator[Warehouse]:
    """The demo's declarations, arrivals and passenger lists."""
    landed = Landed(writer_of(front, "console_border"))
    landed.take(entry_declarations.RECORDS, (record for _, record in declarations.declarations()))
    landed.take(observations.RECORDS, (record for _, record in arrivals.observations()))
    landed.take(observations.RECORDS, (record for _, record in passengers.observations()))
    yield Warehouse(reader_of(front, "console_border"))
    landed.database.close()


def test_taiwan_imports_fall_while_their_rate_rises(border: Warehouse) -> None:
    months = {month["month"]: month for month in port_list(border, [], UPTO)["months"]}
    march, april = months["2020-03"], months["2020-04"]
    assert (march["imports"], april["imports"]) == (110, 24)
    assert (march["arrivals"], april["arrivals"]) == (215_856, 22_612)
    assert round(march["rate"]["per_100000"]) == 51
    assert round(april["rate"]["per_100000"]) == 106
    for month in (march, april):
        assert month["rate"]["lower"] < month["rate"]["per_100000"] < month["rate"]["upper"]


def test_every_port_with_travellers_is_listed_riskiest_first(border: Warehouse) -> None:
    upto = dt.date(2020, 3, 22)
    answer = port_list(border, [], upto)
    rows = {row["code"]: row for row in answer["ports"]}
    risks = [row["risk"] for row in answer["ports"] if row["risk"] is not None]
    assert risks == sorted(risks, reverse=True)
    assert answer["ports"][0]["code"] == "TWTPE"
    within = [
        record for _, record in _standing(upto)
        if record["port"] == "TWTPE" and upto - dt.timedelta(days=28) < _day(record["arrived_at"]) <= upto
    ]  # fmt: skip
    taoyuan = rows["TWTPE"]
    assert taoyuan["declarations"] == len(within) > 50
    assert taoyuan["positive"] == sum(record["test_result"] == "POSITIVE" for record in within)
    assert taoyuan["waiting"] == sum(record["test_result"] == "PENDING" for record in within)
    assert taoyuan["ill"] == sum(
        bool(record.get("symptoms")) or (record.get("temperature_c") or 0) >= 37.3
        or record["test_result"] == "POSITIVE" for record in within
    )  # fmt: skip
    arrived = sum(
        by_port.get("TWTPE", 0)
        for day, by_port in arrivals.arrivals().items()
        if upto - dt.timedelta(days=28) < day <= upto
    )
    assert taoyuan["arrivals"] == arrived
    assert taoyuan["ill_rate"]["per_100000"] == pytest.approx(1e5 * taoyuan["ill"] / arrived, rel=1e-5)
    # Nothing is known of most of the mainland's ports, and that is not shown as zero arrivals.
    assert "CNPVG" not in rows
    assert answer["silent"] == 91 - len(rows)
    assert answer["marks"]["assigned"] > 0
    assert answer["marks"]["generated"] > 0


def _standing(upto: dt.date) -> list[tuple[dt.datetime, dict[str, Any]]]:
    last = {}
    for told, record in declarations.declarations():
        last[record["issuer"], record["declaration_id"]] = (told, record)
    return list(last.values())


def _day(moment_: dt.datetime) -> dt.date:
    return moment_.astimezone(dt.timezone(dt.timedelta(hours=8))).date()


def test_expected_imports_are_passengers_times_risk_learnt_before(border: Warehouse) -> None:
    upto = dt.date(2020, 3, 22)
    page = port_page(border, [], "TWTPE", upto)
    assert page is not None
    week = page["weeks"][0]
    assert (week["from"], week["to"]) == ("2020-03-16", "2020-03-22")
    first = dt.date(2020, 3, 16)
    past: dict[str, list[int]] = {}
    for back in range(1, 29):
        day = first - dt.timedelta(days=back)
        for flight in passengers.flights(day) if day > dt.date(2020, 1, 15) else ():
            past.setdefault(flight.origin, [0, 0])[1] += flight.passengers
    for _, record in _standing(upto):
        day = _day(record["arrived_at"])
        if record["test_result"] == "POSITIVE" and 1 <= (first - day).days <= 28 and record["origin_country"] in past:
            past[record["origin_country"]][0] += 1
    coming: dict[str, int] = {}
    for ahead in range(7):
        for flight in passengers.flights(first + dt.timedelta(days=ahead)):
            if flight.port == "TWTPE":
                coming[flight.origin] = coming.get(flight.origin, 0) + flight.passengers
    origins = sorted(past)
    share = (sum(x for x, _ in past.values()) + 0.5) / sum(n for _, n in past.values())
    risk = origin_risk([past[o][0] for o in origins], [past[o][1] for o in origins], [share] * len(origins))
    expected = expected_imports([[coming.get(o, 0) for o in origins]], risk, [week["observed"]])
    assert set(coming) <= set(origins)
    assert week["passengers"] == sum(coming.values())
    assert week["expected"] == pytest.approx(expected.expected[0], rel=1e-5)
    assert (week["lower"], week["upper"]) == (expected.lower[0], expected.upper[0])
    assert week["p_value"] == pytest.approx(expected.p_value[0], rel=1e-4)
    # In this week Europe and America brought far more than their past made one expect.
    assert week["raises_origin"]
    assert page["coming"] is not None
    assert page["coming"]["from"] == "2020-03-23"


def test_a_port_says_who_waits_and_on_which_flights_the_ill_came(border: Warehouse) -> None:
    # The tables hold what was told up to the end; what waits there has waited since.
    page = port_page(border, [], "TWTPE", UPTO)
    assert page is not None
    pending = [
        record for _, record in _standing(UPTO)
        if record["port"] == "TWTPE" and record["test_result"] == "PENDING"
        and _day(record["arrived_at"]) > UPTO - dt.timedelta(days=28)
    ]  # fmt: skip
    assert page["waiting_in_all"] == len(pending)
    assert [one["id"] for one in page["waiting"]] == [
        record["declaration_id"] for record in sorted(pending, key=lambda r: (r["reported_at"], r["declaration_id"]))
    ][:40]
    days = page["days"]
    assert len(days["arrivals"]) == len(days["ill"]) == 56
    assert days["arrivals"][-1] == arrivals.arrivals()[UPTO]["TWTPE"]
    for one in page["conveyances"]:
        assert one["ill"] or one["waiting"]
        assert one["conveyance"].startswith("DEMO") == (one["passengers"] is not None)
    assert [month["month"] for month in page["months"]] == ["2020-05", "2020-04", "2020-03", "2020-02", "2020-01"]


def test_an_origin_shows_its_ports_and_its_weeks(border: Warehouse) -> None:
    page = origin_page(border, [], "GB", dt.date(2020, 3, 22))
    assert page is not None
    assert page["ports"][0]["code"] == "TWTPE"
    assert page["ports"][0]["zh"] == "桃園機場"
    assert page["risk"]["lower"] < page["risk"]["per_100000"] < page["risk"]["upper"]
    assert page["weeks"][0]["observed"] >= 3
    assert sum(page["days"]["positive"]) >= page["weeks"][0]["observed"]
    assert origin_page(border, [], "XX", UPTO) is None
    assert port_page(border, [], "NOWHERE", UPTO) is None
    # A country that nobody came from: nothing is known, and that is said.
    nobody = origin_page(border, [], "AQ", UPTO)
    assert nobody is not None
    assert nobody["risk"]["per_100000"] is None
    assert nobody["weeks"][0]["reason"] == "no_list"


def test_an_origin_without_a_past_is_believed_to_be_as_it_reports(front: Any) -> None:
    landed = Landed(writer_of(front, "console_border_incidence"))
    day, at = dt.date(2020, 3, 20), moment("2020-03-20 09:00")

    def told(name: str, **more: Any) -> dict[str, Any]:
        return {"observation_id": name, "area": "000000", "reported_at": at, "period_days": 1, **more}

    def incidence(name: str, start: dt.date, value: float) -> dict[str, Any]:
        return told(
            name, indicator="origin_incidence", origin_country="IT", period_start=start, period_days=7, value=value
        )

    flight = told("L", indicator="advance_passengers", area="310115", port="CNPVG", origin_country="IT",
                  conveyance="MU1", period_start=day, count=500)  # fmt: skip
    landed.take(observations.RECORDS, [
        flight,
        incidence("I1", dt.date(2020, 3, 1), 7.0),
        incidence("I2", dt.date(2020, 3, 8), 14.0),
        # Not over before the week of the flight began, so nobody knew it then.
        incidence("I3", dt.date(2020, 3, 15), 700.0),
    ])  # fmt: skip
    page = origin_page(Warehouse(reader_of(front, "console_border_incidence")), [], "IT", dt.date(2020, 3, 22))
    assert page is not None
    # Two cases a day among 100,000, and a traveller may bring those of fourteen days.
    assert page["weeks"][0]["expected"] == pytest.approx(500 * 2e-5 * 14, rel=1e-5)
    assert page["weeks"][0]["upper"] >= 1
    # Today the third is known too, and that none of the 500 tested positive.
    assert page["risk"]["per_100000"] == pytest.approx(1e5 * 0.5 / (500 + 0.5 / (700e-5 / 7 * 14)), rel=1e-5)
    landed.database.close()


def test_revised_and_withdrawn_declarations_count_as_they_stand(front: Any) -> None:
    landed = Landed(writer_of(front, "console_border_made"))
    at = moment("2020-03-20 09:00")
    one = {"declaration_id": "D1", "port": "CNPVG", "reported_at": at, "arrived_at": at, "origin_country": "IT",
           "transport": "AIR", "symptoms": ["fever"], "test_result": "PENDING", "conveyance": "MU1"}  # fmt: skip
    again = one | {"revision": 2, "action": "REVISE", "test_result": "POSITIVE", "pathogen": "sars_cov_2"}
    third = again | {"revision": 3, "port": "CNSHA"}
    gone = one | {"declaration_id": "D2"}
    landed.take(entry_declarations.RECORDS, [one, gone])
    landed.take(entry_declarations.RECORDS, [again, gone | {"revision": 2, "action": "RETRACT"}, third])
    arrived = {"observation_id": "A1", "indicator": "arrivals", "area": "310105", "reported_at": at, "period_days": 1,
               "period_start": dt.date(2020, 3, 20), "count": 500, "port": "CNSHA"}  # fmt: skip
    by_origin = arrived | {"observation_id": "A2", "count": 100, "origin_country": "IT"}
    landed.take(observations.RECORDS, [arrived, by_origin, arrived | {"revision": 2, "action": "REVISE", "count": 400}])
    warehouse = Warehouse(reader_of(front, "console_border_made"))
    rows = {row["code"]: row for row in port_list(warehouse, [], dt.date(2020, 3, 22))["ports"]}
    assert rows.keys() == {"CNSHA"}
    assert (rows["CNSHA"]["declarations"], rows["CNSHA"]["positive"], rows["CNSHA"]["waiting"]) == (1, 1, 0)
    # The port's own total, and not its origins besides.
    assert rows["CNSHA"]["arrivals"] == 400
    assert rows["CNSHA"]["arrival_days"] == 1
    page = port_page(warehouse, [_alert("port", "CNSHA"), _alert("conveyance", "CNSHA/MU1"),
                                 _alert("port", "CNPVG")], "CNSHA", dt.date(2020, 3, 22))  # fmt: skip
    assert page is not None
    assert [alert["area"]["level"] for alert in page["alerts"]] == ["port", "conveyance"]
    landed.database.close()


def test_the_ill_are_those_of_the_signals(catalogue: Catalogue) -> None:
    signal = catalogue.signals["entry.ill"]
    assert ILL.strip("()") == signal.restriction
    assert isinstance(signal.denominator, Counted)
    assert "origin_country IS NULL AND conveyance IS NULL" in signal.denominator.condition


def test_the_marks_are_those_that_the_demo_sets() -> None:
    assert (assigned.ASSIGNED, assigned.GENERATED) == (chance.ASSIGNED, chance.GENERATED)


def _alert(level: str, code: str) -> dict[str, Any]:
    return {"id": code, "severity": "high", "opened_at": 1, "area": {"level": level, "code": code}}
