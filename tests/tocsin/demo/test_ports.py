"""What the demo says of Taiwan's ports must be what was published, and say what was not."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest

from tocsin.demo import arrivals, declarations, passengers
from tocsin.demo.chance import ASSIGNED, GENERATED
from tocsin.demo.days import SHANGHAI
from tocsin.demo.taiwan import cases

Items = list[tuple[datetime, dict[str, Any]]]


@pytest.fixture(scope="module")
def declared() -> Items:
    return list(declarations.declarations())


def _positive_by_month(declared: Items) -> Counter[int]:
    newest = {(r["issuer"], r["declaration_id"]): r for _, r in declared}
    return Counter(
        r["arrived_at"].astimezone(SHANGHAI).month for r in newest.values() if r["test_result"] == "POSITIVE"
    )


def _arrived_by_month() -> Counter[int]:
    total: Counter[int] = Counter()
    for _, record in arrivals.observations():
        total[record["period_start"].month] += record["count"]
    return total


def test_imports_fall_while_their_rate_rises(declared: Items) -> None:
    positive, arrived = _positive_by_month(declared), _arrived_by_month()
    assert [positive[month] for month in range(1, 6)] == [10, 10, 110, 24, 5]
    assert (arrived[3], arrived[4]) == (215_856, 22_612)
    assert [round(1e5 * positive[month] / arrived[month]) for month in (3, 4)] == [51, 106]


def test_the_contact_tracing_knows_of_more_arrivals_in_march() -> None:
    """The case list tells days of entry from late March on; SOURCES.md says so beside the rate."""
    known = Counter(c.arrived_by_contacts.month for c in cases() if c.imported and c.arrived_by_contacts)
    assert (known[3], known[4]) == (300, 24)


def test_waiting_results_are_revised_when_they_come(declared: Items) -> None:
    history: dict[str, list[dict[str, Any]]] = {}
    for _, record in declared:
        history.setdefault(record["declaration_id"], []).append(record)
    assert all(
        [r["revision"] for r in each] == list(range(1, len(each) + 1)) and each[0]["test_result"] == "PENDING"
        for each in history.values()
    )
    ends = Counter(each[-1]["test_result"] for each in history.values())
    assert ends["POSITIVE"] == 159
    assert ends["NEGATIVE"] > 300


def test_a_flight_that_the_list_names_keeps_its_name(declared: Items) -> None:
    aboard = {r["declaration_id"]: r["port"] for _, r in declared if r.get("conveyance") == "CI011-20200330"}
    assert len(aboard) == 12
    assert len(set(aboard.values())) == 1


def test_whatever_was_made_up_says_so(declared: Items) -> None:
    assert all(record["issuer"].startswith((ASSIGNED, GENERATED)) for _, record in declared)
    assert all(record["issuer"] == GENERATED for _, record in passengers.observations())
    real = [record["issuer"] for _, record in arrivals.observations()]
    assert real
    assert not any(issuer.startswith("DEMO") for issuer in real)


def test_passenger_lists_follow_the_arrivals_of_their_port() -> None:
    day = date(2020, 2, 1)
    listed: Counter[str] = Counter()
    for flight in passengers.flights(day):
        listed[flight.port] += flight.passengers
    for port, count in arrivals.airports(day).items():
        assert listed[port] == pytest.approx(count, rel=0.06)


def test_the_seed_gives_the_same_flights_everywhere() -> None:
    """Drawn from text, so neither the process's hash seed nor the order of draws matters."""
    assert [(f.conveyance, f.passengers) for f in passengers.flights(date(2020, 5, 4))][:2] == [
        ("DEMOTPEUS01-20200504", 154),
        ("DEMOTPEGB01-20200504", 67),
    ]
