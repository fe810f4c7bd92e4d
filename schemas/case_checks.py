"""What a case report must keep to, besides what every record must; see `schemas.checks`."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas import registry
from schemas.checks import (
    ABSENT,
    CLOCK_TOLERANCE_MS,
    CODE,
    Area,
    Checks,
    Coded,
    Columns,
    Fault,
    Rules,
    Within,
    day_of,
    entered,
)
from schemas.countries import COUNTRIES
from schemas.diseases import diseases

OLDEST_ONSET = np.datetime64("1940-01-01", "D")
"""Leprosy and AIDS are reported decades after their onset; 1900 is an empty date field."""

_MAX_AGE = 130
_CLASSIFICATIONS = registry.symbols(registry.CASE_REPORT, "classification")


@dataclass(frozen=True, slots=True)
class _Diseases:
    """Disease codes as arrays, one element a code, and one more at the end for the unknown (index -1)."""

    codes: tuple[str, ...]
    valid_from: NDArray[np.int64]
    valid_to: NDArray[np.int64]
    allowed: NDArray[np.bool_]


@cache
def _diseases() -> _Diseases:
    table = list(diseases().values())
    latest = np.iinfo(np.int64).max
    first = [np.datetime64(d.valid_from, "D").astype(np.int64) if d.valid_from else ABSENT for d in table]
    last = [np.datetime64(d.valid_to, "D").astype(np.int64) if d.valid_to else latest for d in table]
    allowed = [[symbol in d.classifications for symbol in _CLASSIFICATIONS] for d in table]
    return _Diseases(
        tuple(d.code for d in table),
        np.array([*first, ABSENT], np.int64),
        np.array([*last, latest], np.int64),
        np.array([*allowed, [True] * len(_CLASSIFICATIONS)], np.bool_),
    )


def _further(columns: Columns, arrival: NDArray[np.int64], reported_day: NDArray[np.int64]) -> list[Fault]:
    return [*_order_faults(columns, arrival, reported_day), *_disease_faults(columns, reported_day)]


def _order_faults(columns: Columns, arrival: NDArray[np.int64], reported_day: NDArray[np.int64]) -> list[Fault]:
    """Dates against each other."""
    reported, revised, diagnosed = columns["reported_at"], columns["revised_at"], columns["diagnosed_at"]
    onset, death, filled = columns["onset_date"], columns["death_date"], columns["filled_on"]
    # A carrier falls ill, a patient dies: a revision's dates are held against the moment of the revision.
    known = entered(columns, arrival)
    known_day = np.maximum(day_of(known), reported_day)
    # A carrier, or one who only tested positive, may have been found before falling ill.
    ill_when_found = columns["classification"] < _CLASSIFICATIONS.index("CARRIER")
    return [
        ((revised != ABSENT) & (revised < reported), "revised_before_report", "revised_at"),
        (onset > known_day, "onset_after_report", "onset_date"),
        ((death != ABSENT) & (onset > death), "onset_after_death", "onset_date"),
        ((diagnosed != ABSENT) & ill_when_found & (onset > day_of(diagnosed)), "onset_after_diagnosis", "onset_date"),
        (diagnosed > known + CLOCK_TOLERANCE_MS, "date_after_report", "diagnosed_at"),
        (death > known_day, "date_after_report", "death_date"),
        (filled > known_day, "date_after_report", "filled_on"),
    ]


def _disease_faults(columns: Columns, reported_day: NDArray[np.int64]) -> list[Fault]:
    table, disease = _diseases(), columns["disease"]
    outside = (reported_day < table.valid_from[disease]) | (reported_day > table.valid_to[disease])
    allowed: NDArray[Any] = table.allowed[disease, columns["classification"]]
    return [
        (outside, "disease_not_valid_on_date", "disease"),
        (~allowed, "classification_not_allowed", "classification"),
    ]


CHECKS = Checks(
    Rules(
        key="report_id",
        patterns={"population_group": r"^[A-Za-z0-9_-]{1,32}$", "institution": CODE},
        fields=(
            Coded("disease", lambda: _diseases().codes, "unknown_disease"),
            Coded("corrected_from", lambda: _diseases().codes, "unknown_disease"),
            Area("reported_area"),
            Area("residence_area"),
            Within("origin", 1, 6, "bad_code"),
            Coded("origin_country", lambda: sorted(COUNTRIES)),
            Within("age_years", 0, _MAX_AGE, "age_out_of_range"),
        ),
        integers=(),
        days=("onset_date", "death_date", "filled_on"),
        instants=("reported_at", "diagnosed_at", "reviewed_at", "revised_at"),
        symbols={"classification": _CLASSIFICATIONS},
        oldest={"onset_date": OLDEST_ONSET},
        further=_further,
    )
)
