"""Routine tests for other pathogens, a few of them typed: generated whole, because no set has any.

They show what a network of laboratories is for: norovirus GII.17 comes up in three districts within a month, and
a subtype of influenza that a district has never had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from tocsin.demo.chance import GENERATED, dice, pseudonym
from tocsin.demo.days import END, FIRST_DAY, LAST_DAY, at, days_between
from tocsin.demo.laboratories import LABORATORIES, drawn_course, first_result


@dataclass(frozen=True, slots=True)
class _Routine:
    """Tests of one kind that a laboratory does every day in each of its counties."""

    laboratory: str
    pathogen: str
    test: str
    specimen: str
    share: float
    clustered: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """One positive result that is out of the ordinary."""

    day: date
    laboratory: str
    county: str
    pathogen: str
    type: str


_ROUTINES = (
    _Routine("SHENZHEN", "norovirus", "NOROVIRUS-PCR", "stool", 0.08, True),
    _Routine("GUANGZHOU", "norovirus", "NOROVIRUS-PCR", "stool", 0.06, True),
    _Routine("CHENGDU", "influenza_a", "92142-9", "throat_swab", 0.1, False),
    _Routine("CHENGDU", "influenza_novel", "NOVEL-FLU-PCR", "throat_swab", 0.0, False),
)
_FOUND = (
    _Found(date(2020, 3, 9), "SHENZHEN", "440305", "norovirus", "GII.17"),
    _Found(date(2020, 3, 16), "SHENZHEN", "440305", "norovirus", "GII.17"),
    _Found(date(2020, 3, 21), "SHENZHEN", "440306", "norovirus", "GII.17"),
    _Found(date(2020, 3, 27), "GUANGZHOU", "440106", "norovirus", "GII.17"),
    _Found(date(2020, 4, 8), "CHENGDU", "510107", "influenza_novel", "H9N2"),
)
_LABORATORIES = {laboratory.code: laboratory for laboratory in LABORATORIES}


def _result(
    routine: _Routine, county: str, day: date, positive: bool, kind: str | None
) -> tuple[datetime, dict[str, Any]]:
    name = f"{routine.pathogen}-{county}-{day:%Y%m%d}-{'T' if kind else 'R'}"
    course = drawn_course(at(day, 8), dice("routine", name))
    record = first_result(
        GENERATED,
        _LABORATORIES[routine.laboratory],
        name,
        county,
        course,
        specimen_type=routine.specimen,
        test=routine.test,
        pathogen=routine.pathogen,
        result="POSITIVE" if positive else "NEGATIVE",
        subtype=None if routine.clustered else kind,
        cluster_type=kind if routine.clustered else None,
        patient=pseudonym("routine", name),
    )
    return course.verified, record


@cache
def _found() -> dict[tuple[str, str, date], str]:
    return {(found.pathogen, found.county, found.day): found.type for found in _FOUND}


def results() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield the results, in order of release."""
    released = []
    for routine in _ROUTINES:
        for county in _LABORATORIES[routine.laboratory].counties:
            for day in days_between(FIRST_DAY, LAST_DAY):
                positive = dice("share", routine.pathogen, county, day).random() < routine.share
                released.append(_result(routine, county, day, positive, None))
                kind = _found().get((routine.pathogen, county, day))
                if kind is not None:
                    released.append(_result(routine, county, day, True, kind))
    yield from sorted((item for item in released if item[0] <= END), key=lambda item: item[0])
