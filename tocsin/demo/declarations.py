"""What Taiwan's ports would have declared: its imported cases, and travellers who were ill and tested negative.

An imported case becomes a declaration on the day of entry that the case list tells: 110 arrived in March 2020 and 24
in April. Of January and February the list tells none, so contact tracing does. The day, the origin, symptoms, onset,
how and when it was found are real. The port is drawn in proportion to the airports' arrivals of that day and the flight
from those generated for it; the hour and the body temperature are drawn too. So all of these are marked as assigned,
and the negative ones as generated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tocsin.demo.arrivals import AREA, airports
from tocsin.demo.chance import ASSIGNED, GENERATED, dice, pseudonym, rounded
from tocsin.demo.days import END, FIRST_DAY, LAST_DAY, at, closing, days_between
from tocsin.demo.passengers import Flight, flights
from tocsin.demo.taiwan import DISEASE, Case, announced, cases

_LIST_TELLS_FROM = date(2020, 3, 1)
PATHOGEN = "sars_cov_2"
_ILL_NEGATIVES = 15e-5
"""Travellers who are ill and turn out negative, per arrival."""

_ILL_FROM = date(2019, 11, 20)
"""Eight weeks before the replay, so that its first weeks are judged against something."""

_ARRIVALS_FROM = date(2020, 1, 1)
_SIX_WEEKS = timedelta(weeks=6)

_HUBS = frozenset({"AE", "DE", "FR", "GB", "HK", "NL", "SG", "TR", "US"})
_COMMON = ("fever", "cough", "rhinorrhoea", "sore_throat", "headache", "diarrhoea", "fatigue")


def _flight(day: date, port: str, origin: str, draw: Random) -> Flight:
    """Draw a flight by its passengers: one from that country where there is any, else one from where planes meet."""
    landing = [flight for flight in flights(day) if flight.port == port]
    direct = [flight for flight in landing if flight.origin == origin]
    chosen = direct or [flight for flight in landing if flight.origin in _HUBS] or landing
    return draw.choices(chosen, [flight.passengers for flight in chosen])[0]


def _port(day: date, draw: Random) -> str:
    counted = airports(day)
    return draw.choices(list(counted), list(counted.values()))[0]


def _temperature(feverish: bool, draw: Random) -> float:
    return round(draw.uniform(37.5, 39.3) if feverish else draw.uniform(36.1, 37.1), 1)


def _declaration(mark: str, number: str, port: str, arrived: datetime, told: datetime) -> dict[str, Any]:
    return {
        "issuer": f"{mark}-{port}",
        "revision": 1,
        "action": "REPORT",
        "sender": f"{mark}-{port}",
        "reported_at": told,
        "reported_area": AREA,
        "declaration_id": number,
        "port": port,
        "arrived_at": arrived,
        "transport": "AIR",
    }


def _revised(record: dict[str, Any], told: datetime, **changed: object) -> dict[str, Any]:
    return record | {"revision": record["revision"] + 1, "action": "REVISE", "revised_at": told} | changed


def _detected(case: Case) -> str:
    """How the port found the case: the list says only that it was at the airport, which of three ways is ours."""
    if case.found != "airport":
        return "LATER"
    if "fever" in case.symptoms:
        return "THERMAL"
    return "DECLARED" if case.symptoms else "TEST"


def _transit(case: Case, origin: str, flight: Flight) -> list[str]:
    """Who comes on a flight from elsewhere changed planes there; contact tracing knows of some who did."""
    if case.transit:
        return [case.transit]
    return [] if case.flight or flight.origin == origin else [flight.origin]


def _entered(case: Case) -> date | None:
    """Day of entry by the case list; before it tells any, by contact tracing. See SOURCES.md on March."""
    if not case.imported:
        return None
    traced = case.arrived_by_contacts
    return traced if traced is not None and traced < _LIST_TELLS_FROM else case.arrived


def _imported(case: Case, arrived: date) -> Iterator[tuple[datetime, dict[str, Any]]]:
    draw = dice("import", case.flight or case.number)
    port, hour, minute = _port(arrived, draw), draw.randint(5, 20), draw.randint(0, 59)
    own = dice("import", case.number)
    origin = case.countries[0]
    known, at_port = announced(case), case.found == "airport"
    landed = min(at(arrived, hour, minute), known - timedelta(hours=3))
    found = landed if at_port else max(landed, at(case.notified or case.confirmed, 9, case.number % 60))
    told = min(found + timedelta(minutes=40), known - timedelta(hours=2))
    flight = _flight(arrived, port, case.transit or origin, own)
    record = _declaration(ASSIGNED, f"TW-{case.number:04d}", port, landed, told) | {
        "origin_country": origin,
        "transit_countries": _transit(case, origin, flight),
        "conveyance": f"{case.flight}-{arrived:%Y%m%d}" if case.flight else flight.conveyance,
        "symptoms": list(case.symptoms),
        "temperature_c": _temperature("fever" in case.symptoms, own) if at_port else None,
        "suspected_disease": DISEASE,
        "test_result": "PENDING",
        "pathogen": PATHOGEN,
        "detected_by": _detected(case),
        "onset_date": case.onset if case.onset is not None and case.onset <= told.date() else None,
        "patient": case.patient,
    }
    yield told, record
    yield known, _revised(record, known, test_result="POSITIVE", onset_date=case.onset)


def _like(day: date) -> date:
    """Return the day whose arrivals stand for a day's: of 2019 nothing is known, so that of six weeks later."""
    return day if day >= _ARRIVALS_FROM else day + _SIX_WEEKS


def _aboard(day: date, port: str, count: int) -> list[Flight]:
    """Draw a flight for each of several travellers who have nothing to do with each other: one each, if there are."""
    landing = [
        replace(flight, conveyance=f"{flight.conveyance.rpartition('-')[0]}-{day:%Y%m%d}")
        for flight in flights(_like(day))
        if flight.port == port
    ]
    draw = dice("aboard", port, day)
    return draw.sample(landing, count) if count <= len(landing) else draw.choices(landing, k=count)


def _negative(day: date, port: str, count: int) -> Iterator[tuple[datetime, dict[str, Any]]]:
    for number, flight in enumerate(_aboard(day, port, count)):
        draw = dice("ill", port, day, number)
        landed = at(day, draw.randint(5, 21), draw.randint(0, 59))
        told = landed + timedelta(minutes=draw.randint(15, 60))
        symptoms = sorted(set(draw.choices(_COMMON, k=draw.randint(1, 3))))
        record = _declaration(GENERATED, f"{port}-{day:%Y%m%d}-{number:03d}", port, landed, told) | {
            "origin_country": flight.origin,
            "conveyance": flight.conveyance,
            "symptoms": symptoms,
            "temperature_c": _temperature("fever" in symptoms, draw),
            "test_result": "PENDING",
            "pathogen": PATHOGEN,
            "detected_by": "THERMAL" if "fever" in symptoms else "DECLARED",
            "patient": pseudonym("ill", port, day, number),
        }
        released = told if day >= FIRST_DAY else closing(day)
        yield released, record
        known = told + timedelta(minutes=draw.randint(12 * 60, 48 * 60))
        if known <= END:
            yield max(known, released), _revised(record, known, test_result="NEGATIVE")


def declarations() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield the declarations and their revisions, in order of release."""
    released: list[tuple[datetime, dict[str, Any]]] = []
    for case in cases():
        entered = _entered(case)
        if entered is not None:
            released.extend(_imported(case, entered))
    for day in days_between(_ILL_FROM, LAST_DAY):
        for port, arrived in airports(_like(day)).items():
            released.extend(_negative(day, port, rounded(arrived * _ILL_NEGATIVES, dice("ill", port, day))))
    yield from sorted(released, key=lambda item: item[0])
