"""Taiwan's published cases of the demo's span, one row a case, and the case reports made of them.

They stand in the place of the province's row in the cities' table: both end with 442 cases on 2020-05-31, and
either alone counts each once. The list knows who was imported and when each fell ill; the table only how many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from tocsin.demo.arrivals import AREA
from tocsin.demo.chance import pseudonym
from tocsin.demo.days import at, day_from
from tocsin.demo.tables import rows

ISSUER = f"CDC{AREA}"
DISEASE = "covid19"
_SEX = {"M": "MALE", "F": "FEMALE", "": "UNKNOWN"}
_SAME_COUNTY, _OTHER_PROVINCE, _HONG_KONG_MACAO, _FOREIGN = 1, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Case:
    """One published case.

    Attributes
    ----------
    number
        As published.
    sex
        As in CaseReport.
    imported
        Infected abroad, by the list.
    countries
        ISO 3166 alpha-2 of where the case had been, as the list names them.
    onset, notified, confirmed, died
        Days; notified is when a doctor or the quarantine told the authority.
    arrived
        Day of entry where the case list tells it, which it does of cases announced from 27 March 2020 on.
    arrived_by_contacts
        The same by the published contact tracing, which knows nearly all.
    transit
        Country in which a flight was changed, by contact tracing.
    flight
        Number, where the list names it.
    found
        How: airport, home_quarantine, hospital and so on.
    symptoms
        Codes.
    """

    number: int
    sex: str
    imported: bool
    countries: tuple[str, ...]
    onset: date | None
    notified: date | None
    confirmed: date
    died: date | None
    arrived: date | None
    arrived_by_contacts: date | None
    transit: str
    flight: str
    found: str
    symptoms: tuple[str, ...]

    @property
    def report_id(self) -> str:
        """Card number of its case report."""
        return f"{DISEASE}-{AREA}-{self.number:06d}"

    @property
    def patient(self) -> str:
        """What stands for the person in every record."""
        return pseudonym("taiwan", self.number)


@cache
def cases() -> Sequence[Case]:
    """Return all cases confirmed up to 2020-05-31, in order of number."""
    return [
        Case(
            number=int(row["case"]),
            sex=_SEX[row["sex"]],
            imported=row["kind"] == "imported",
            countries=tuple(row["countries"].split(";")) if row["countries"] else (),
            onset=day_from(row["onset"]),
            notified=day_from(row["reported"]),
            confirmed=date.fromisoformat(row["confirmed"]),
            died=day_from(row["died"]),
            arrived=day_from(row["arrived"]),
            arrived_by_contacts=day_from(row["arrived_by_contacts"]),
            transit=row["transit"],
            flight=row["flight"],
            found=row["found"],
            symptoms=tuple(row["symptoms"].split(";")) if row["symptoms"] else (),
        )
        for row in rows("taiwan_cases")
    ]


def announced(case: Case) -> datetime:
    """Return when a case was published: the hour is ours, by its number."""
    return at(case.confirmed, 14, case.number % 60)


def _origin(case: Case) -> tuple[int, str | None]:
    """Origin and country: the first named, because the list does not say where of several it was."""
    if not case.imported:
        return _SAME_COUNTY, None
    first = case.countries[0]
    if first == "CN":
        return _OTHER_PROVINCE, None
    return (_HONG_KONG_MACAO if first in ("HK", "MO") else _FOREIGN), first


def _report(case: Case) -> dict[str, Any]:
    origin, country = _origin(case)
    return {
        "issuer": ISSUER,
        "revision": 1,
        "action": "REPORT",
        "sender": ISSUER,
        "reported_at": announced(case),
        "reported_area": AREA,
        "report_id": case.report_id,
        "disease": DISEASE,
        "classification": "CONFIRMED",
        "residence_area": AREA,
        "origin": origin,
        "origin_country": country,
        "onset_date": case.onset,
        "sex": case.sex,
        # One had died before the test was done.
        "death_date": case.died if case.died is not None and case.died <= case.confirmed else None,
        "patient": case.patient,
    }


def case_reports() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield the case reports, and a revision for each later death, in order of release."""
    released = [(announced(case), _report(case)) for case in cases()]
    for case in cases():
        if case.died is not None and case.died > case.confirmed:
            told = at(case.died, 18)
            changed = {"revision": 2, "action": "REVISE", "death_date": case.died, "revised_at": told}
            released.append((told, _report(case) | changed))
    yield from sorted(released, key=lambda item: item[0])
