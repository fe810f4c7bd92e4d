"""Small worlds of laboratory results in which patients are tested again, and the rule of repeats in plain loops."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from streams.repeats import Settled

SHANGHAI = ZoneInfo("Asia/Shanghai")
SCHEMA: dict[str, Any] = {
    "issuer": pl.String,
    "result_id": pl.String,
    "revision": pl.Int32,
    "action": pl.String,
    "reported_at": pl.Datetime("ms", "UTC"),
    "patient": pl.String,
    "specimen_id": pl.String,
    "pathogen": pl.String,
    "subtype": pl.String,
    "cluster_type": pl.String,
    "result": pl.String,
    "status": pl.String,
    "area": pl.String,
    "value": pl.Float64,
    "collected_at": pl.Datetime("ms", "UTC"),
    "expanded_from_counts": pl.Boolean,
}


@dataclass(frozen=True)
class Result:
    """One revision of a result."""

    issuer: str
    result_id: str
    revision: int
    action: str
    reported_at: dt.datetime
    patient: str | None
    specimen_id: str
    pathogen: str
    subtype: str | None
    cluster_type: str | None
    result: str
    status: str
    area: str
    value: float | None
    collected_at: dt.datetime | None
    expanded_from_counts: bool

    @property
    def key(self) -> tuple[str | None, ...]:
        """Whose result it is, of what and which."""
        who = (self.patient, None) if self.patient is not None else (self.issuer, self.specimen_id)
        return (*who, self.pathogen, self.result)

    @property
    def day(self) -> dt.date:
        """Civil day on which it was reported."""
        return self.reported_at.astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Entry:
    """What one journal entry accepted and what that replaced."""

    after: tuple[Result, ...]
    before: tuple[Result, ...]


def counting(standing: Iterable[Result], days: int = 30) -> list[Result]:
    """Return the results that count, by the rule in one plain loop."""
    able = [
        one
        for one in standing
        if one.result in ("POSITIVE", "NEGATIVE") and one.status != "CANCELLED" and one.action != "RETRACT"
    ]
    last: dict[tuple[str | None, ...], dt.date] = {}
    counts = []
    for one in sorted(able, key=lambda one: (one.day, one.issuer, one.result_id)):
        if one.key not in last or (one.day - last[one.key]).days >= days:
            last[one.key] = one.day
            counts.append(one)
    return counts


def revisions(seed: int, results: int, patients: int = 3) -> list[list[Result]]:
    """Return for each of some results all its revisions, on days that are close together."""
    random = Random(seed)
    return [_revisions(random, f"R{number}", patients) for number in range(results)]


def _revisions(random: Random, result_id: str, patients: int) -> list[Result]:
    midnight = dt.datetime(2024, 2, 20, 16, tzinfo=dt.UTC)
    instant = midnight + dt.timedelta(days=random.randrange(90), seconds=random.choice([-1, 0, 7]))
    own = Result(
        issuer=random.choice(["LAB-A", "LAB-B"]),
        result_id=random.choice([result_id, f"{result_id}-ä"]),
        revision=1,
        action="REPORT",
        reported_at=instant,
        patient=random.choice([None, f"k1:{random.randrange(patients)}"]),
        specimen_id=f"S{random.randrange(patients)}",
        pathogen=random.choice(["NOV", "NOV", "H5N1"]),
        subtype=random.choice([None, "GII.17"]),
        cluster_type=None,
        result=random.choice(["POSITIVE", "POSITIVE", "NEGATIVE", "INDETERMINATE", "INVALID"]),
        status=random.choice(["PRELIMINARY", "FINAL"]),
        area=random.choice(["440305", "110105"]),
        value=random.choice([None, 17.5]),
        collected_at=random.choice([None, instant - dt.timedelta(hours=3)]),
        expanded_from_counts=random.random() < 0.3,
    )
    told = [own]
    while random.random() < 0.5 and told[-1].action != "RETRACT":
        last = replace(told[-1], revision=len(told) + 1, action="REVISE")
        told.append(
            random.choice(
                [
                    replace(last, action="RETRACT"),
                    replace(last, status="CANCELLED"),
                    replace(last, status="FINAL"),
                    replace(last, area="330106", value=random.choice([None, 18.0])),
                    replace(last, result="POSITIVE", patient="k1:0"),
                    replace(last, result="NEGATIVE", patient=None),
                ]
            )
        )
    return told


def journal(seed: int, told: Sequence[Sequence[Result]], most: int = 4) -> list[Entry]:
    """Return entries that tell all revisions, those of one result in their order and the results in any."""
    random = Random(seed)
    left = [list(one) for one in told]
    standing: dict[int, Result] = {}
    entries = []
    while any(left):
        after, before = [], []
        for _ in range(random.randrange(1, most + 1)):
            open_ones = [number for number, one in enumerate(left) if one]
            if not open_ones:
                break
            number = random.choice(open_ones)
            if number in standing:
                before.append(standing[number])
            standing[number] = left[number].pop(0)
            after.append(standing[number])
        entries.append(Entry(tuple(after), tuple(before)))
    return entries


def frame(results: Sequence[Result]) -> pl.DataFrame:
    """Return results as the journal's rows."""
    rows = [[getattr(one, name) for name in SCHEMA] for one in results]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def batch(entries: Sequence[Entry], first: int) -> tuple[pl.DataFrame, pl.DataFrame, Any, Any]:
    """Return the arguments for `settled` of entries that are numbered from `first`."""
    numbers = range(first, first + len(entries))
    after = [(one, number) for number, entry in zip(numbers, entries, strict=True) for one in entry.after]
    before = [(one, number) for number, entry in zip(numbers, entries, strict=True) for one in entry.before]
    return (
        frame([one for one, _ in after]),
        frame([one for one, _ in before]),
        np.array([number for _, number in after], np.int64),
        np.array([number for _, number in before], np.int64),
    )


def added_up(said: Iterable[Settled], to_entry: int | None = None) -> Counter[tuple[Any, ...]]:
    """Return the sum of changes, those of later entries left out; nothing counts less than not at all."""
    total: Counter[tuple[Any, ...]] = Counter()
    for one in said:
        for rows, entry, weight in ((one.after, one.after_entry, 1), (one.before, one.before_entry, -1)):
            for row, number in zip(rows.rows(), entry.tolist(), strict=True):
                if to_entry is None or number <= to_entry:
                    total[row] += weight
    return Counter({row: weight for row, weight in total.items() if weight})
