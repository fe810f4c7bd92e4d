"""Columnar validation of case reports: which row is wrong, why, and in which field, never what it said.

Intake and the publisher's local check share these rules. Every reason is explained in docs/rejections.md.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import registry
from schemas.areas import areas
from schemas.countries import COUNTRIES
from schemas.diseases import diseases
from schemas.privacy import holds_identifier, suspects_in
from schemas.pseudonym import PSEUDONYM_PATTERN

CLOCK_TOLERANCE_MS = 10 * 60 * 1000
"""How far a sender's clock may run ahead of the broker's, in milliseconds."""

OLDEST_ENTRY = np.datetime64("1990-01-01", "D")
"""Nothing was entered, diagnosed or filled in before; older stamps are unset clocks."""

OLDEST_ONSET = np.datetime64("1940-01-01", "D")
"""Leprosy and AIDS are reported decades after their onset; 1900 is an empty date field."""

_DAY_MS = 86_400_000
_SHANGHAI_MS = 8 * 3_600_000
_ABSENT = int(np.iinfo(np.int64).min)
_FAR_MS = int(np.iinfo(np.int64).max) // 2  # a crafted instant must not overflow into a plausible day
_MAX_AGE = 130
_CLASSIFICATIONS = tuple(
    next(f for f in registry.schema(registry.CASE_REPORT)["fields"] if f["name"] == "classification")["type"]["symbols"]
)

_CODE = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
_PATTERNS = {
    "issuer": _CODE,
    "sender": _CODE,
    "report_id": r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$",
    "population_group": r"^[A-Za-z0-9_-]{1,32}$",
    "institution": _CODE,
    "patient": PSEUDONYM_PATTERN,
}
_REQUIRED = ("issuer", "sender", "report_id")
_INTEGERS = ("revision", "origin", "age_years")
_DAYS = ("onset_date", "death_date", "filled_on")
_INSTANTS = ("reported_at", "diagnosed_at", "reviewed_at", "revised_at")

Columns = dict[str, NDArray[Any]]
Fault = tuple[NDArray[np.bool_], str, str]


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
    first = [np.datetime64(d.valid_from, "D").astype(np.int64) if d.valid_from else _ABSENT for d in table]
    last = [np.datetime64(d.valid_to, "D").astype(np.int64) if d.valid_to else latest for d in table]
    allowed = [[symbol in d.classifications for symbol in _CLASSIFICATIONS] for d in table]
    return _Diseases(
        tuple(d.code for d in table),
        np.array([*first, _ABSENT], np.int64),
        np.array([*last, latest], np.int64),
        np.array([*allowed, [True] * len(_CLASSIFICATIONS)], np.bool_),
    )


@cache
def _expressions() -> tuple[pl.Expr, ...]:
    """Everything that polars works out, in one pass: dozens of calls of a small batch cost more than the work."""
    vocabularies = {
        "disease": _diseases().codes,
        "corrected_from": _diseases().codes,
        "classification": _CLASSIFICATIONS,
        "origin_country": tuple(sorted(COUNTRIES)),
    }
    return (
        *(pl.col(name).to_physical().cast(pl.Int64).fill_null(_ABSENT) for name in (*_INTEGERS, *_DAYS, *_INSTANTS)),
        *(
            pl.col(name).cast(pl.Enum(codes), strict=False).to_physical().cast(pl.Int64).fill_null(-1)
            for name, codes in vocabularies.items()
        ),
        *(pl.col(name).is_not_null().alias(f"{name} given") for name in ("corrected_from", "origin_country")),
        *((pl.col("action") == action).fill_null(False).alias(action) for action in ("REVISE", "RETRACT")),
        *(
            ~pl.col(n).str.contains(p).fill_null(n not in _REQUIRED).alias(f"{n} misshapen")
            for n, p in _PATTERNS.items()
        ),
        *(
            suspects_in(pl.col(name)).fill_null(False).alias(f"{name} suspect")
            for name in _PATTERNS
            if name != "patient"
        ),
    )


def _columns(frame: pl.DataFrame) -> Columns:
    worked_out = frame.select(_expressions())
    columns = {series.name: series.to_numpy() for series in worked_out}
    for name in ("reported_area", "residence_area"):
        columns[name] = areas().indices(frame[name])
    return columns


def _day_of(milliseconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Civil day in Asia/Shanghai (UTC+8 all year since 1991); absent stays far below every day."""
    within: NDArray[np.int64] = np.clip(milliseconds, -_FAR_MS, _FAR_MS)
    return (within + _SHANGHAI_MS) // _DAY_MS


def _identifier_faults(frame: pl.DataFrame, columns: Columns) -> list[Fault]:
    # Only what is suspect or no known code is looked at closely, and that is rare.
    looked_at = {name: columns[f"{name} suspect"] for name in _PATTERNS if name != "patient"}
    looked_at["patient"] = columns["patient misshapen"]
    for name in ("disease", "reported_area", "residence_area"):
        looked_at[name] = columns[name] < 0
    for name in ("corrected_from", "origin_country"):
        looked_at[name] = columns[f"{name} given"] & (columns[name] < 0)
    faults: list[Fault] = []
    for name, mask in looked_at.items():
        rows = np.flatnonzero(mask)
        if len(rows):
            held = np.zeros(frame.height, np.bool_)
            held[rows] = [text is not None and holds_identifier(text) for text in frame[name].gather(rows).to_list()]
            faults.append((held, "identifier_found", name))
    return faults


def _code_faults(columns: Columns) -> list[Fault]:
    age = columns["age_years"]
    first = columns["revision"] == 1
    country_unknown = columns["origin_country given"] & (columns["origin_country"] < 0)
    return [
        *((columns[f"{name} misshapen"], "bad_pattern", name) for name in _PATTERNS),
        (columns["revision"] < 1, "revision_below_one", "revision"),
        (first & columns["RETRACT"], "retract_at_revision_one", "action"),
        (first & columns["REVISE"], "revise_at_revision_one", "action"),
        (columns["disease"] < 0, "unknown_disease", "disease"),
        (columns["corrected_from given"] & (columns["corrected_from"] < 0), "unknown_disease", "corrected_from"),
        (columns["reported_area"] < 0, "unknown_area", "reported_area"),
        (columns["residence_area"] < 0, "unknown_area", "residence_area"),
        ((columns["origin"] < 1) | (columns["origin"] > 6), "bad_code", "origin"),
        (country_unknown, "bad_code", "origin_country"),
        ((age != _ABSENT) & ((age < 0) | (age > _MAX_AGE)), "age_out_of_range", "age_years"),
    ]


def _plausibility_faults(columns: Columns, arrival: NDArray[np.int64]) -> list[Fault]:
    """Each date by itself: not before anything could have happened, not after the record arrived."""
    oldest_day = int(OLDEST_ENTRY.astype(np.int64))
    oldest_onset = int(OLDEST_ONSET.astype(np.int64))
    oldest_instant = oldest_day * _DAY_MS - _SHANGHAI_MS
    latest_instant = arrival + CLOCK_TOLERANCE_MS
    latest_day = _day_of(latest_instant)
    faults: list[Fault] = []
    for name in _INSTANTS:
        instant = columns[name]
        in_future = "reported_in_future" if name == "reported_at" else "date_in_future"
        faults.append((instant > latest_instant, in_future, name))
        faults.append(((instant != _ABSENT) & (instant < oldest_instant), "date_too_old", name))
    for name in _DAYS:
        day = columns[name]
        oldest = oldest_onset if name == "onset_date" else oldest_day
        faults.append((day > latest_day, "date_in_future", name))
        faults.append(((day != _ABSENT) & (day < oldest), "date_too_old", name))
    return faults


def _order_faults(columns: Columns, arrival: NDArray[np.int64], reported_day: NDArray[np.int64]) -> list[Fault]:
    """Dates against each other."""
    reported, revised, diagnosed = columns["reported_at"], columns["revised_at"], columns["diagnosed_at"]
    onset, death, filled = columns["onset_date"], columns["death_date"], columns["filled_on"]
    # A revision tells what was learnt after the card was entered (a carrier falls ill, a patient dies): its dates
    # are held against the moment of the revision.
    entered = np.where(columns["revision"] <= 1, reported, np.where(revised == _ABSENT, arrival, revised))
    entered_day = np.maximum(_day_of(entered), reported_day)
    entered = np.maximum(entered, reported)
    # A carrier, or one who only tested positive, may have been found before falling ill.
    ill_when_found = columns["classification"] < _CLASSIFICATIONS.index("CARRIER")
    return [
        ((revised != _ABSENT) & (revised < reported), "revised_before_report", "revised_at"),
        (onset > entered_day, "onset_after_report", "onset_date"),
        ((death != _ABSENT) & (onset > death), "onset_after_death", "onset_date"),
        (
            (diagnosed != _ABSENT) & ill_when_found & (onset > _day_of(diagnosed)),
            "onset_after_diagnosis",
            "onset_date",
        ),
        (diagnosed > entered + CLOCK_TOLERANCE_MS, "date_after_report", "diagnosed_at"),
        (death > entered_day, "date_after_report", "death_date"),
        (filled > entered_day, "date_after_report", "filled_on"),
    ]


def _disease_faults(columns: Columns, reported_day: NDArray[np.int64]) -> list[Fault]:
    table, disease = _diseases(), columns["disease"]
    outside = (reported_day < table.valid_from[disease]) | (reported_day > table.valid_to[disease])
    allowed = table.allowed[disease, columns["classification"]]
    return [
        (outside, "disease_not_valid_on_date", "disease"),
        (~allowed, "classification_not_allowed", "classification"),
    ]


def check(frame: pl.DataFrame, arrival_ms: NDArray[np.int64]) -> pl.DataFrame:
    """Find the first fault of every row.

    Parameters
    ----------
    frame
        Case reports with the columns and types of the newest CaseReport, as `schemas.columns.conform` makes them.
    arrival_ms
        When each row arrived, milliseconds UTC by the broker's clock (or, for a local check, now).

    Returns
    -------
    DataFrame
        One row a faulty row of `frame`: ``row`` (its position, UInt32, ascending), ``reason``, ``field``. A row
        that holds an identifier is reported as such whatever else is wrong with it.
    """
    columns = _columns(frame)
    arrival = np.asarray(arrival_ms, np.int64)
    reported_day = _day_of(columns["reported_at"])
    faults = [
        *_identifier_faults(frame, columns),
        *_code_faults(columns),
        *_plausibility_faults(columns, arrival),
        *_order_faults(columns, arrival, reported_day),
        *_disease_faults(columns, reported_day),
    ]
    first = np.full(frame.height, -1, np.int16)
    for number in range(len(faults) - 1, -1, -1):
        first[faults[number][0]] = number
    rows = np.flatnonzero(first >= 0)
    return pl.DataFrame(
        {
            "row": rows.astype(np.uint32),
            "reason": [faults[number][1] for number in first[rows]],
            "field": [faults[number][2] for number in first[rows]],
        },
        schema={"row": pl.UInt32, "reason": pl.String, "field": pl.String},
    )
