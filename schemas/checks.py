"""Columnar validation of records: which row is wrong, why, and in which field, never what it said.

What every type of record has in common is here: patterns, codes, ranges, dates that cannot be, and identifiers that
must not pass. What is special about one is in its own module, as `Rules`. Intake and the publisher's local check share
all of it. Every reason is explained in docs/rejections.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.areas import areas
from schemas.privacy import holds_identifier, suspects_in
from schemas.pseudonym import PSEUDONYM_PATTERN

CLOCK_TOLERANCE_MS = 10 * 60 * 1000
"""How far a sender's clock may run ahead of the broker's, in milliseconds."""

OLDEST_ENTRY = np.datetime64("1990-01-01", "D")
"""Nothing was entered, diagnosed or filled in before; older stamps are unset clocks."""

ABSENT = int(np.iinfo(np.int64).min)
"""An integer, day or instant that is null."""

CODE = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
NUMBER = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$"
"""What an institution's own numbers look like."""

_DAY_MS = 86_400_000
_SHANGHAI_MS = 8 * 3_600_000
_FAR_MS = int(np.iinfo(np.int64).max) // 2  # a crafted instant must not overflow into a plausible day

Columns = dict[str, NDArray[Any]]
Fault = tuple[NDArray[np.bool_], str, str]


@dataclass(frozen=True, slots=True)
class Coded:
    """A text that must be one of some codes; null passes where the field may be null."""

    field: str
    codes: Callable[[], Sequence[str]]
    reason: str = "bad_code"


@dataclass(frozen=True, slots=True)
class Area:
    """A GB/T 2260 code."""

    field: str


@dataclass(frozen=True, slots=True)
class Within:
    """A number between two bounds, both included; null passes."""

    field: str
    low: float
    high: float
    reason: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list of texts each of which must be one of some codes, or match a pattern; `part` is a field of its items."""

    field: str
    codes: Callable[[], Sequence[str]] | None = None
    pattern: str = CODE
    reason: str = "bad_code"
    part: str = ""


FieldRule = Coded | Area | Within | Items


@dataclass(frozen=True, slots=True)
class Rules:
    """What records of one type must keep to.

    Attributes
    ----------
    key
        Field of the record's id, which is also the message's key.
    patterns
        Further text fields and what they must match; issuer, sender, key and patient are everybody's.
    fields
        Rules of single fields, in the order in which their faults are named.
    integers, days, instants
        Fields by type; `days` and `instants` must not lie in the future, nor before `oldest`.
    oldest
        First plausible day of fields for which it is not `OLDEST_ENTRY`.
    later
        Milliseconds by which instants, or days by which days, may lie in the future all the same.
    further
        From columns, arrival and report day to more faults: of dates against each other and the like.
    numbers, present
        Floating-point fields that `further` looks at, null as NaN; and fields of which it asks only whether they are
        given. Both, and every code, have a column ``<field> given``.
    symbols
        Enum fields that `further` looks at, as the number of the symbol.
    anonymous
        True where the record has no patient.
    """

    key: str
    patterns: Mapping[str, str]
    fields: tuple[FieldRule, ...]
    days: tuple[str, ...]
    instants: tuple[str, ...]
    further: Callable[[Columns, NDArray[np.int64], NDArray[np.int64]], list[Fault]]
    integers: tuple[str, ...] = ()
    symbols: Mapping[str, Sequence[str]] = field(default_factory=dict)
    oldest: Mapping[str, np.datetime64] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    anonymous: bool = False


def day_of(milliseconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the civil day in Asia/Shanghai (UTC+8 all year since 1991); absent stays far below every day."""
    within: NDArray[np.int64] = np.clip(milliseconds, -_FAR_MS, _FAR_MS)
    return (within + _SHANGHAI_MS) // _DAY_MS


class Checks:
    """Rules at work on frames.

    Parameters
    ----------
    rules
        Of one type of record.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        own = {"issuer": CODE, "sender": CODE, rules.key: NUMBER}
        patient = {} if rules.anonymous else {"patient": PSEUDONYM_PATTERN}
        self._patterns = {**own, **rules.patterns, **patient}
        self._required = ("issuer", "sender", rules.key)
        self._coded = [rule for rule in rules.fields if isinstance(rule, Coded)]
        self._areas = [rule.field for rule in rules.fields if isinstance(rule, Area)]
        self._items = [rule for rule in rules.fields if isinstance(rule, Items)]
        self._within = [rule for rule in rules.fields if isinstance(rule, Within)]
        self._worked_out: tuple[pl.Expr, ...] | None = None

    def check(self, frame: pl.DataFrame, arrival_ms: NDArray[np.int64]) -> pl.DataFrame:
        """Find the first fault of every row.

        Parameters
        ----------
        frame
            Records with the columns and types of the newest version, as `schemas.columns.conform` makes them.
        arrival_ms
            When each row arrived, milliseconds UTC by the broker's clock (or, for a local check, now).

        Returns
        -------
        DataFrame
            One row a faulty row of `frame`: ``row`` (its position, UInt32, ascending), ``reason``, ``field``. A row
            that holds an identifier is reported as such whatever else is wrong with it.
        """
        columns = self._columns(frame)
        arrival = np.asarray(arrival_ms, np.int64)
        reported_day = day_of(columns["reported_at"])
        faults = [
            *self._identifier_faults(frame, columns),
            *self._field_faults(columns),
            *self._plausibility_faults(columns, arrival),
            *self.rules.further(columns, arrival, reported_day),
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

    def _expressions(self) -> tuple[pl.Expr, ...]:
        """Everything that polars works out, in one pass: dozens of calls of a small batch cost more than the work."""
        if self._worked_out is None:
            rules = self.rules
            vocabularies = {rule.field: tuple(rule.codes()) for rule in self._coded} | dict(rules.symbols)
            self._worked_out = (
                *(
                    pl.col(name).to_physical().cast(pl.Int64).fill_null(ABSENT)
                    for name in dict.fromkeys(("revision", *rules.integers, *rules.days, *rules.instants))
                ),
                *(
                    pl.col(name).cast(pl.Enum(codes), strict=False).to_physical().cast(pl.Int64).fill_null(-1)
                    for name, codes in vocabularies.items()
                ),
                *(pl.col(name).fill_null(float("nan")) for name in rules.numbers),
                *(
                    pl.col(name).is_not_null().alias(f"{name} given")
                    for name in (*(rule.field for rule in self._coded), *rules.numbers, *rules.present)
                ),
                *((pl.col("action") == action).fill_null(False).alias(action) for action in ("REVISE", "RETRACT")),
                *(
                    ~pl.col(n).str.contains(p).fill_null(n not in self._required).alias(f"{n} misshapen")
                    for n, p in self._patterns.items()
                ),
                *(
                    suspects_in(pl.col(name)).fill_null(False).alias(f"{name} suspect")
                    for name in self._patterns
                    if name != "patient"
                ),
                *(
                    (~pl.col(rule.field).is_between(rule.low, rule.high))
                    .fill_null(False)
                    .alias(f"{rule.field} outside")
                    for rule in self._within
                ),
                *(_bad_items(rule).alias(f"{rule.field}.{rule.part} bad") for rule in self._items),
            )
        return self._worked_out

    def _columns(self, frame: pl.DataFrame) -> Columns:
        worked_out = frame.select(self._expressions())
        columns = {series.name: series.to_numpy() for series in worked_out}
        for name in self._areas:
            columns[name] = areas().indices(frame[name])
        return columns

    def _identifier_faults(self, frame: pl.DataFrame, columns: Columns) -> list[Fault]:
        # Only what is suspect or no known code is looked at closely, and that is rare.
        looked_at = {name: columns[f"{name} suspect"] for name in self._patterns if name != "patient"}
        if "patient" in self._patterns:
            looked_at["patient"] = columns["patient misshapen"]
        for rule in self._coded:
            looked_at[rule.field] = columns[f"{rule.field} given"] & (columns[rule.field] < 0)
        for name in self._areas:
            looked_at[name] = columns[name] < 0
        faults: list[Fault] = []
        for name, mask in looked_at.items():
            rows = np.flatnonzero(mask)
            if len(rows):
                texts = frame[name].gather(rows).to_list()
                faults.append(
                    (_marked(frame.height, rows, [_identifies(text) for text in texts]), "identifier_found", name)
                )
        for items in self._items:
            rows = np.flatnonzero(columns[f"{items.field}.{items.part} bad"])
            if len(rows):
                lists = frame[items.field].gather(rows).to_list()
                told = [any(_identifies(each[items.part] if items.part else each) for each in found) for found in lists]
                faults.append((_marked(frame.height, rows, told), "identifier_found", items.field))
        return faults

    def _field_faults(self, columns: Columns) -> list[Fault]:
        first = columns["revision"] == 1
        faults: list[Fault] = [
            *((columns[f"{name} misshapen"], "bad_pattern", name) for name in self._patterns),
            (columns["revision"] < 1, "revision_below_one", "revision"),
            (first & columns["RETRACT"], "retract_at_revision_one", "action"),
            (first & columns["REVISE"], "revise_at_revision_one", "action"),
        ]
        for rule in self.rules.fields:
            if isinstance(rule, Coded):
                wrong = columns[f"{rule.field} given"] & (columns[rule.field] < 0)
                faults.append((wrong, rule.reason, rule.field))
            elif isinstance(rule, Area):
                faults.append((columns[rule.field] < 0, "unknown_area", rule.field))
            elif isinstance(rule, Within):
                faults.append((columns[f"{rule.field} outside"], rule.reason, rule.field))
            else:
                faults.append((columns[f"{rule.field}.{rule.part} bad"], rule.reason, rule.field))
        return faults

    def _plausibility_faults(self, columns: Columns, arrival: NDArray[np.int64]) -> list[Fault]:
        """Each date by itself: not before anything could have happened, not after the record arrived."""
        latest = arrival + CLOCK_TOLERANCE_MS
        later = self.rules.later
        faults: list[Fault] = []
        for name in self.rules.instants:
            instant = columns[name]
            oldest = int(self._oldest(name)) * _DAY_MS - _SHANGHAI_MS
            in_future = "reported_in_future" if name == "reported_at" else "date_in_future"
            faults.append((instant > latest + later.get(name, 0), in_future, name))
            faults.append(((instant != ABSENT) & (instant < oldest), "date_too_old", name))
        for name in self.rules.days:
            day = columns[name]
            faults.append((day > day_of(latest) + later.get(name, 0), "date_in_future", name))
            faults.append(((day != ABSENT) & (day < self._oldest(name)), "date_too_old", name))
        return faults

    def _oldest(self, name: str) -> int:
        return int(self.rules.oldest.get(name, OLDEST_ENTRY).astype(np.int64))


def entered(columns: Columns, arrival: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when the state that a record tells was known: a revision tells what was learnt after the first entry.

    Milliseconds UTC: `reported_at` at revision 1, else `revised_at`, else the moment of arrival; never before
    `reported_at`.
    """
    revised = columns["revised_at"]
    moment = np.where(columns["revision"] <= 1, columns["reported_at"], np.where(revised == ABSENT, arrival, revised))
    latest: NDArray[np.int64] = np.maximum(moment, columns["reported_at"])
    return latest


def _bad_items(rule: Items) -> pl.Expr:
    item = pl.element().struct.field(rule.part) if rule.part else pl.element()
    good = item.is_in(list(rule.codes())) if rule.codes is not None else item.str.contains(rule.pattern)
    return pl.col(rule.field).list.eval(~good | suspects_in(item)).list.any().fill_null(False)


def _marked(height: int, rows: NDArray[np.int64], told: list[bool]) -> NDArray[np.bool_]:
    held = np.zeros(height, np.bool_)
    held[rows] = told
    return held


def _identifies(text: str | None) -> bool:
    return text is not None and holds_identifier(text)
