"""The catalogue as values: diseases, the signals that count them, the rules that judge them."""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from catalogue.counted import RECORDS, Counted, Spread
from catalogue.levels import Level

Severity = Literal["low", "medium", "high", "critical"]

SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
METHODS: tuple[str, ...] = ("c1", "c2", "c3", "cusum", "cusum_rossi", "single_case", "k_in_window", "w8")
"""Methods that every level is judged by and that aggregates show."""

ON_REQUEST: tuple[str, ...] = ("percentile", "beta_binomial", "first_ever", "k_places")
"""Methods that judge only where a policy names them: they look back on years, or want a denominator."""

AGGREGATED: tuple[str, ...] = (*METHODS, "beta_binomial")
"""Methods that rows of aggregates show. Alerts show all that judge."""

BESIDE: tuple[str, ...] = ("beta_binomial", "first_ever", "k_places")
"""Methods that look at the signal's denominator beside its counts."""

SHARES: tuple[str, ...] = ("beta_binomial",)
"""Of those the ones that judge shares: a day whose denominator is unknown, or below the count, is left out of both."""

Agree = Literal["any", "all"] | int
Parameter = int | float | str | bool


@dataclass(frozen=True, slots=True)
class MethodUse:
    """One method at one level: its parameters and whether its alarms open alerts.

    Attributes
    ----------
    method
        Name that ``detectors.build`` knows, one of `METHODS` or `ON_REQUEST`.
    parameters
        Keyword parameters of that detector, all spelled out (an alert repeats them, and is recomputed from them).
    speaks
        True for a voice: its alarms count towards the policy's. False where it is only shown beside the others.
    minimum
        Smallest seven-day count on which an alarm of this use is heard. 1 leaves the detector's word as it is.
    severity
        Severity of an episode on which this use alarms, where it differs from the judging's.
    """

    method: str
    parameters: Mapping[str, Parameter]
    speaks: bool
    minimum: int = 1
    severity: Severity | None = None

    @property
    def parameters_json(self) -> str:
        """Return the parameters as JSON with sorted keys, the form that alerts carry."""
        return json.dumps(dict(self.parameters), sort_keys=True, separators=(",", ":"))


class PolicyError(ValueError):
    """A policy whose methods could never agree as it asks; `key` is what is wrong with it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key} {message}")
        self.key = key


@dataclass(frozen=True, slots=True)
class Policy:
    """How one level is judged: by which methods, and what makes their words an alarm that opens or joins an alert.

    What it means, cell by cell, is defined by ``detectors.policies.agreement.Agreement``.

    Attributes
    ----------
    uses
        Every method that is judged, those of `METHODS` first, in that order; no method twice.
    agree
        How many of those that speak must alarm: ``any``, ``all``, or a number.
    minimum
        Smallest seven-day count on which the policy alarms.
    fallback
        Method whose word decides alone on a day on which fewer voices can judge than must agree, voice or not; None:
        those that can judge must all agree.
    """

    uses: tuple[MethodUse, ...]
    agree: Agree = "any"
    minimum: int = 1
    fallback: str | None = None

    def __post_init__(self) -> None:
        voices = len(self.voices)
        if isinstance(self.agree, int) and not 1 <= self.agree <= voices:
            raise PolicyError("agree", f"must be at most the {voices} methods that speak, not {self.agree}")
        if self.agree == "all" and not voices:
            raise PolicyError("agree", "must be left out where no method speaks")
        if self.fallback is not None and self.fallback not in [use.method for use in self.uses]:
            raise PolicyError("fallback", f"must be a method that is judged, not {self.fallback!r}")
        if self.fallback is not None and not voices:
            raise PolicyError("fallback", "must be left out where no method speaks")

    @property
    def voices(self) -> tuple[str, ...]:
        """Return the methods that speak."""
        return tuple(use.method for use in self.uses if use.speaks)

    @property
    def heard(self) -> frozenset[str]:
        """Return the methods whose alarms can make the policy's: the voices and the fallback."""
        return frozenset(self.voices) | ({self.fallback} if self.fallback else frozenset())

    @property
    def summary(self) -> str:
        """Return in words when the policy alarms."""
        voices = len(self.voices)
        if not voices:
            return "shown only"
        told = f"{self.agree} of {voices} do" if voices > 1 else f"{self.voices[0]} does"
        parts = [f"alarms if {told}"]
        if self.minimum > 1:
            parts.append(f"on at least {self.minimum} in seven days")
        if self.fallback is not None:
            parts.append(f"or {self.fallback} alone where too few can judge")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Judging:
    """How the days of one period are judged. Periods of a signal touch, never overlap, and cover all time.

    Attributes
    ----------
    valid_from, valid_to
        First and last day, both included; None is open.
    levels
        Policy of each level; a level that is absent is not evaluated.
    severity
        Severity of alerts whose last alarm day falls in the period, unless a use that alarms has a higher or lower
        one of its own; of several the highest.
    clock_hours
        Hours to verify an alert, from its opening: 2, 24, or 168 where the policy says five working days.
    every_case
        True where each new case on an open alert speaks again (policy group A).
    """

    valid_from: dt.date | None
    valid_to: dt.date | None
    levels: Mapping[Level, Policy]
    severity: Severity
    clock_hours: int
    every_case: bool = False

    def covers(self, day: dt.date) -> bool:
        """Return whether the civil day `day` is judged by this version."""
        return _inside(self.valid_from, self.valid_to, day)


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that is counted by area and day, and how its counts are judged.

    Attributes
    ----------
    id
        ``<disease>.cases`` for the count of cases; stable, part of every alert's identity.
    number
        Stable small integer, unique in the catalogue.
    disease, disease_number
        Catalogue code and its number; the number chooses the partition of aggregates and alerts. A pathogen without a
        notifiable disease, and what is no disease, stand under a code and number of their own.
    source
        Source topic, as ``case-reports``.
    diseases, pathogens
        Codes that count, sorted: the disease and its subtypes, the pathogens of it. Both empty: whatever it is.
    restriction
        SQL over the record's columns that a record of one of these must meet besides.
    day
        One of `catalogue.places.DAYS`; ``report``: the civil day (Asia/Shanghai) of ``reported_at``.
    area
        One of `catalogue.places.PLACES`; ``residence``: the report's ``residence_area``.
    titles
        Titles by language, ``zh`` and ``en``.
    judgings
        Dated versions of the rules, oldest first.
    amount, repeat_days
        As in `catalogue.counted.Counted`.
    denominator
        Among how many the cases fall: tests, arrivals; or in how many places; None where counts stand alone.
    """

    id: str
    number: int
    disease: str
    disease_number: int
    source: str
    diseases: tuple[str, ...]
    restriction: str
    day: str
    area: str
    titles: Mapping[str, str]
    judgings: tuple[Judging, ...]
    pathogens: tuple[str, ...] = ()
    amount: str = RECORDS
    repeat_days: int = 0
    denominator: Counted | Spread | None = None

    @property
    def condition(self) -> str:
        """Return the whole condition as SQL text, usable by ClickHouse and by `catalogue.condition.expression`."""
        about = about_sql(self.source, self.diseases, self.pathogens)
        return f"{about} AND ({self.restriction})" if about else f"({self.restriction})"

    @property
    def counted(self) -> Counted:
        """Return what is counted, without how it is judged."""
        return Counted(self.source, self.condition, self.day, self.area, self.amount, self.repeat_days)

    @property
    def identity(self) -> str:
        """Return the hash of what is counted (source, condition, day, area), not of how it is judged."""
        beside = (self.denominator.text,) if self.denominator else ()
        text = "\n".join((self.id, self.counted.text, *beside))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def judging_on(self, day: dt.date) -> Judging:
        """Return the version in force on a civil day.

        Raises
        ------
        LookupError
            If no version covers the day; the loader does not let such a signal pass.
        """
        for judging in self.judgings:
            if judging.covers(day):
                return judging
        raise LookupError(f"{self.id} has no judging on {day}")


def about_sql(source: str, diseases: tuple[str, ...], pathogens: tuple[str, ...]) -> str:
    """Return the condition that a record of a source is about one of these diseases or pathogens; empty for any."""
    disease, pathogen = (", ".join(f"'{code}'" for code in codes) for codes in (diseases, pathogens))
    if source == "case-reports":
        return f"disease IN ({disease})" if diseases else ""
    if source == "lab-results":
        return f"pathogen IN ({pathogen})" if pathogens else ""
    if source == "entry-declarations" and diseases:
        found = f" OR (test_result = 'POSITIVE' AND pathogen IN ({pathogen}))" if pathogens else ""
        return f"(suspected_disease IN ({disease}){found})"
    return ""


@dataclass(frozen=True, slots=True)
class ClassPeriod:
    """Statutory class of a disease from its first to its last day; ``managed_as`` differs where the law says so."""

    valid_from: dt.date | None
    valid_to: dt.date | None
    statutory_class: str
    managed_as: str


@dataclass(frozen=True, slots=True)
class ClockPeriod:
    """Legal hours from diagnosis to report, from the first to the last day (both included): 2 or 24."""

    valid_from: dt.date | None
    valid_to: dt.date | None
    hours: int


@dataclass(frozen=True, slots=True)
class Disease:
    """A disease or subtype that reports may name, and the family (policy group) that says how it is watched."""

    code: str
    number: int
    name_zh: str
    name_en: str
    parent: str | None
    family: str
    classes: tuple[ClassPeriod, ...]
    clocks: tuple[ClockPeriod, ...]

    def class_on(self, day: dt.date) -> ClassPeriod | None:
        """Return the class in force on a civil day, None where the disease was not on the statutory list."""
        return next((p for p in self.classes if _inside(p.valid_from, p.valid_to, day)), None)

    def clock_on(self, day: dt.date) -> int:
        """Return the legal hours of reporting in force on a civil day."""
        return next(p.hours for p in self.clocks if _inside(p.valid_from, p.valid_to, day))


@dataclass(frozen=True, slots=True)
class Annotation:
    """A dated remark that is drawn on curves, so that a step which has a reason is not read as an outbreak.

    `area` is a six-digit code and holds for everything below it.
    """

    disease: str
    area: str
    day: dt.date
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is watched. `version` is a hash of the content, carried by every alert and aggregate."""

    diseases: Mapping[str, Disease]
    signals: Mapping[str, Signal]
    annotations: tuple[Annotation, ...]
    version: str


def version_of(
    diseases: Mapping[str, Disease], signals: Mapping[str, Signal], annotations: tuple[Annotation, ...]
) -> str:
    """Return the version of a catalogue's content: 16 hexadecimal digits, the same however the files are laid out."""
    content = [
        [dataclasses.asdict(diseases[code]) for code in sorted(diseases)],
        [dataclasses.asdict(signals[name]) for name in sorted(signals)],
        [dataclasses.asdict(note) for note in annotations],
    ]
    text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _inside(valid_from: dt.date | None, valid_to: dt.date | None, day: dt.date) -> bool:
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)
