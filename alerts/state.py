"""The state of an alert as an AlertEvent carries it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

Kind = Literal["OPENED", "JOINED", "REVISED", "ENDED", "REOPENED", "WITHDRAWN", "MERGED"]
Standing = Literal["OPEN", "ENDED", "WITHDRAWN", "MERGED"]

EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one method says of an episode's last alarm day, and on which of its days it alarmed.

    Days are counted from 1970-01-01. Numbers are None, never NaN, where `reason` says why there is no verdict.
    """

    method: str
    parameters: str
    speaks: bool
    day: int
    observed: float | None
    expected: float | None
    upper: float | None
    score: float | None
    p_value: float | None
    alarm: bool
    reason: str
    alarm_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """One coordinate of a marker: everything of the partition before `to_offset` is in."""

    topic: str
    partition: int
    to_offset: int


@dataclass(frozen=True, slots=True)
class AlertState:
    """One revision of one alert: the schema AlertEvent without the chain's parent.

    `days` holds the alarm days that stand now. It is empty where no episode backs the alert any more: withdrawn,
    merged, or ended because only the baseline moved. Alerts with days are the current set, and only they are a pure
    function of the reports; the others say what once was told.
    """

    alert_id: str
    revision: int
    kind: Kind
    state: Standing
    signal: str
    disease: str
    area: str
    level: str
    severity: str
    first_day: int
    last_day: int
    days: tuple[int, ...]
    cases: int
    cases_7d: int
    peak_7d: int
    evidence: tuple[Evidence, ...]
    baseline_from: int
    baseline: tuple[int, ...]
    opened_at: int
    deadline: int | None
    clock_hours: int
    continues: str | None
    merged_into: str | None
    speaks: bool
    speaks_because: str
    expanded_from_counts: bool
    catalogue: str
    clock: int
    marker: tuple[Position, ...]
    marker_id: str
    denominator_7d: int | None = None

    @property
    def current(self) -> bool:
        """Return whether alarm days back the alert now; it is then OPEN or ENDED."""
        return bool(self.days)

    def to_record(self, parent: bytes) -> dict[str, Any]:
        """Return the record of schema AlertEvent; `parent` is the id of the event that this one extends."""
        record: dict[str, Any] = {name: getattr(self, name) for name in _STATE_FIELDS}
        record["days"] = list(self.days)
        record["baseline"] = list(self.baseline)
        record["evidence"] = [{name: getattr(each, name) for name in _EVIDENCE_FIELDS} for each in self.evidence]
        for each in record["evidence"]:
            each["alarm_days"] = list(each["alarm_days"])
        record["marker"] = [{name: getattr(each, name) for name in _POSITION_FIELDS} for each in self.marker]
        record["parent"] = parent
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "AlertState":
        """Return the state that a decoded AlertEvent carries; dates may be ``datetime.date`` or day numbers."""
        values: dict[str, Any] = {f.name: record[f.name] for f in fields(cls)}
        for name in ("first_day", "last_day", "baseline_from"):
            values[name] = day_number(values[name])
        values["days"] = tuple(record["days"])
        values["baseline"] = tuple(record["baseline"])
        values["evidence"] = tuple(
            Evidence(
                **{
                    **{f.name: e[f.name] for f in fields(Evidence)},
                    "day": day_number(e["day"]),
                    "alarm_days": tuple(e["alarm_days"]),
                }
            )
            for e in record["evidence"]
        )
        values["marker"] = tuple(Position(p["topic"], p["partition"], p["to_offset"]) for p in record["marker"])
        return cls(**values)


# Asking a class for its fields takes longer than reading them.
_STATE_FIELDS = tuple(field.name for field in fields(AlertState))
_EVIDENCE_FIELDS = tuple(field.name for field in fields(Evidence))
_POSITION_FIELDS = tuple(field.name for field in fields(Position))


@dataclass(frozen=True, slots=True)
class Computed:
    """One episode as the counts of this moment give it: everything of an alert that is a pure function of them.

    `continues_first` is the first day of the episode that this one renews after the cap, or None. `revised_day` is
    the civil day of the newest revision under the episode where the caller knows it; None is taken as today.
    """

    signal: str
    disease: str
    area: str
    level: str
    severity: str
    clock_hours: int
    every_case: bool
    first_day: int
    last_day: int
    days: tuple[int, ...]
    ended: bool
    continues_first: int | None
    cases: int
    cases_7d: int
    peak_7d: int
    evidence: tuple[Evidence, ...]
    baseline_from: int
    baseline: tuple[int, ...]
    expanded_from_counts: bool = False
    revised_day: int | None = None
    denominator_7d: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When and from what an evaluation was made.

    Attributes
    ----------
    clock
        Highest clock of the applied entries, milliseconds UTC.
    today
        Civil day of that clock in Asia/Shanghai, days since 1970-01-01.
    catalogue
        Version of the catalogue.
    marker, marker_id
        Source positions, and their id.
    """

    clock: int
    today: int
    catalogue: str
    marker: Sequence[Position]
    marker_id: str


def day_number(day: dt.date | int) -> int:
    """Return a civil day as days since 1970-01-01."""
    return day if isinstance(day, int) else (day - EPOCH).days
