"""Single tests of one hospital's laboratory in 2020, spread over the demo's laboratories.

Results, Ct values, repeated tests of one patient and the delays from collection to receipt to verification are real.
Ours are the laboratory, the patient's county, the pathogen's code, the date of day 0, the hour of collection, which
results came as preliminary ones first, were corrected or cancelled, and which card a positive one belongs to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tocsin.demo.chance import ASSIGNED, dice, pseudonym
from tocsin.demo.days import END, at
from tocsin.demo.laboratories import LABORATORIES, Course, Laboratory, first_result, revised_result
from tocsin.demo.tables import rows

DAY_ZERO = date(2020, 1, 31)
"""The source counts days from an unknown one; 4 to 60 become 4 February to 31 March."""

_PRELIMINARY, _WRONG_FIRST, _CANCELLED, _LINKED = 0.2, 0.006, 0.2, 0.4
_OPPOSITE = {"POSITIVE": "NEGATIVE", "NEGATIVE": "POSITIVE"}
_CT_OF_WRONG = 38.5
_NOTHING_FOUND = 45.0


def course_of(row: dict[str, str], draw: Random) -> Course:
    """Return the course of a specimen: the day and both delays as they are, the hour drawn."""
    day = DAY_ZERO + timedelta(days=int(row["day"]))
    collected = at(day, draw.randint(7, 19), draw.randint(0, 59))
    received = collected + timedelta(hours=float(row["collected_to_received"]))
    return Course(collected, received, received + timedelta(hours=float(row["received_to_verified"])))


def _link(row: dict[str, str], laboratory: Laboratory, linked: Counter[str], draw: Random) -> dict[str, str]:
    """Give a share of the positives the numbers of cards of the laboratory's city, each once."""
    if row["result"] != "POSITIVE" or draw.random() >= _LINKED:
        return {}
    linked[laboratory.code] += 1
    card = f"covid19-{laboratory.prefecture}-{linked[laboratory.code]:06d}"
    return {"report_id": card, "report_issuer": f"CDC{laboratory.prefecture}"}


def _versions(record: dict[str, Any], course: Course, draw: Random) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield a result and what became of it."""
    if draw.random() < _PRELIMINARY:
        told = course.received + 0.6 * (course.verified - course.received)
        early = record | {"reported_at": told, "resulted_at": told, "status": "PRELIMINARY"}
        yield told, early
        yield course.verified, revised_result(early, course.verified, status="FINAL", resulted_at=course.verified)
        return
    later = course.verified + timedelta(minutes=draw.randint(20 * 60, 60 * 60))
    if record["result"] == "INVALID" and draw.random() < _CANCELLED:
        yield course.verified, record
        yield later, revised_result(record, later, status="CANCELLED")
    elif record["result"] in _OPPOSITE and draw.random() < _WRONG_FIRST:
        value = _CT_OF_WRONG if record["result"] == "NEGATIVE" else _NOTHING_FOUND
        wrong = record | {"result": _OPPOSITE[record["result"]], "value": value}
        yield course.verified, wrong
        right = {"result": record["result"], "value": record["value"]}
        yield later, revised_result(wrong, later, status="CORRECTED", resulted_at=later, **right)
    else:
        yield course.verified, record


def _records() -> Iterator[tuple[int, dict[str, str], Laboratory, Course, dict[str, Any]]]:
    for number, row in enumerate(rows("laboratory_tests"), 1):
        patient = dice("patient", row["subject"])
        laboratory = patient.choice(LABORATORIES)
        county = patient.choice(laboratory.counties)
        course = course_of(row, dice("hour", number))
        record = first_result(
            ASSIGNED,
            laboratory,
            f"{number:05d}",
            county,
            course,
            specimen_type="nasopharyngeal_swab",
            test="94500-6",
            pathogen="sars_cov_2",
            result=row["result"],
            value=float(row["ct"]) if row["ct"] else None,
            unit="{Ct}" if row["ct"] else None,
            patient=pseudonym("laboratory", row["subject"]),
        )
        yield number, row, laboratory, course, record


def results() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield the results and their revisions, in order of release.

    Left out are one specimen that came 61,370 hours after it was taken, long after the demo's end, and the impossible.
    """
    released: list[tuple[datetime, dict[str, Any]]] = []
    linked: Counter[str] = Counter()
    for number, row, laboratory, course, record in _records():
        if course.received <= course.verified <= END - timedelta(days=3):
            draw = dice("laboratory", number)
            released.extend(_versions(record | _link(row, laboratory, linked, draw), course, draw))
    yield from sorted(released, key=lambda item: item[0])


def impossible() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield what was verified before it was received; intake refuses it."""
    for _, _, _, course, record in _records():
        if course.verified < course.received:
            yield course.received, record
