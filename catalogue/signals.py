"""Reading of one signal: what is counted, among what, and the dated rules that judge it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalogue.condition import ConditionError, expression
from catalogue.counted import RECORDS, Counted, Spread
from catalogue.document import Value
from catalogue.levels import Level
from catalogue.model import Judging, Signal, about_sql
from catalogue.periods import Period, read_periods
from catalogue.places import DAYS, PLACES
from catalogue.rules import Defaults, read_levels, read_severity
from schemas.sources import sources

SIGNALS_A_SUBJECT = 10
"""Signals of one subject are numbered from 0 to one less."""

LANGUAGES = ("zh", "en")

_JUDGING_KEYS = ("severity", "clock_hours", "every_case", "levels")
_COUNTED_KEYS = ("source", "restriction", "day", "area", "amount")
_SIGNAL_KEYS = ("number", "titles", *_COUNTED_KEYS, "repeat_days", "denominator", "judgings", *_JUDGING_KEYS)
_AMOUNTS = {"observations": ("count", "denominator")}

Layers = Sequence[Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a signal is about.

    Attributes
    ----------
    code
        Before the dot of the signal's id.
    disease, disease_number
        What its alerts name, and the number that shares them out to partitions.
    first_number
        Number of the signal that has number 0 in its file.
    diseases, pathogens
        Codes that count, sorted.
    names
        By language.
    """

    code: str
    disease: str
    disease_number: int
    first_number: int
    diseases: tuple[str, ...]
    pathogens: tuple[str, ...]
    names: Mapping[str, str]


def read_signal(suffix: str, subject: Subject, stack: Sequence[Value], defaults: Defaults) -> Signal:
    """Return a signal from what several files say of it.

    Parameters
    ----------
    suffix
        Behind the dot of its id.
    subject
        Whom it is about.
    stack
        What is said of it; what stands earlier goes before.
    defaults
        Parameters of methods, and policies with a name.

    Raises
    ------
    CatalogueError
        With file and line.
    """
    place = stack[0]
    layers = [value.fields(_SIGNAL_KEYS) for value in stack]
    counted = _counted(layers, place)
    _checked(_first("restriction", layers, place), counted.source)
    titles = _first("titles", layers, place).fields(LANGUAGES, LANGUAGES)
    number = _first("number", layers, place)
    if number.whole(0) >= SIGNALS_A_SUBJECT:
        raise number.error(f"signals of a subject are numbered from 0 to {SIGNALS_A_SUBJECT - 1}")
    denominator = next((layer["denominator"] for layer in layers if "denominator" in layer), None)
    return Signal(
        id=f"{subject.code}.{suffix}",
        number=subject.first_number + number.whole(0),
        disease=subject.disease,
        disease_number=subject.disease_number,
        source=counted.source,
        diseases=subject.diseases,
        restriction=counted.condition,
        day=counted.day,
        area=counted.area,
        titles={language: titles[language].text().replace("{name}", subject.names[language]) for language in LANGUAGES},
        judgings=_judgings(layers, place, defaults, PLACES[counted.area].levels),
        pathogens=subject.pathogens,
        amount=counted.amount,
        repeat_days=counted.repeat_days,
        denominator=_denominator(denominator, counted, subject) if denominator else None,
    )


def _counted(layers: Layers, place: Value) -> Counted:
    """Return what is counted; its condition is the restriction alone."""
    source = _first("source", layers, place).choice(sources())
    day, area = _first("day", layers, place), _first("area", layers, place)
    repeats = next((layer["repeat_days"] for layer in layers if "repeat_days" in layer), None)
    if repeats is not None and source != "lab-results":
        raise repeats.error("repeats of one patient are known of lab-results only")
    return Counted(
        source=source,
        condition=_first("restriction", layers, place).text(),
        day=_day(day, source),
        area=_area(area, source),
        amount=_amount(next((layer["amount"] for layer in layers if "amount" in layer), None), source),
        repeat_days=repeats.whole(0) if repeats is not None else 0,
    )


def _denominator(value: Value, signal: Counted, subject: Subject) -> Counted | Spread:
    fields = value.fields((*_COUNTED_KEYS, "places_in"))
    if "places_in" in fields:
        if len(fields) > 1:
            raise value.error("'places_in' stands alone: the places are the signal's own")
        if PLACES[signal.area].space != "types":
            raise value.error(f"'places_in' is for findings of one type, not for the {signal.area}")
        return Spread(fields["places_in"].whole())
    if "restriction" not in fields:
        raise value.error("'restriction' is missing")
    source = fields["source"].choice(sources()) if "source" in fields else signal.source
    _checked(fields["restriction"], source)
    area = _area(fields["area"], source) if "area" in fields else signal.area
    if PLACES[area].space != PLACES[signal.area].space:
        raise fields["area"].error(f"{area!r} has other series than the signal's {signal.area!r}")
    about = about_sql(source, subject.diseases, subject.pathogens)
    restriction = f"({fields['restriction'].text()})"
    return Counted(
        source=source,
        condition=f"{about} AND {restriction}" if about else restriction,
        day=_day(fields["day"], source) if "day" in fields else signal.day,
        area=area,
        amount=_amount(fields.get("amount"), source),
        repeat_days=signal.repeat_days if source == signal.source else 0,
    )


def _checked(restriction: Value, source: str) -> None:
    try:
        expression(restriction.text(), source)
    except ConditionError as error:
        raise restriction.error(str(error)) from error


def _day(value: Value, source: str) -> str:
    day = value.choice(DAYS)
    if source not in DAYS[day]:
        raise value.error(f"{source} has no {day} day")
    return day


def _area(value: Value, source: str) -> str:
    area = value.choice(PLACES)
    if source not in PLACES[area].columns:
        raise value.error(f"{source} does not say the {area}")
    return area


def _amount(value: Value | None, source: str) -> str:
    return RECORDS if value is None else value.choice((RECORDS, *_AMOUNTS.get(source, ())))


def _judgings(layers: Layers, place: Value, defaults: Defaults, allowed: Sequence[Level]) -> tuple[Judging, ...]:
    dated = next((layer["judgings"] for layer in layers if "judgings" in layer), None)
    if dated is None:
        return (_judging(Period(None, None, {}, place), layers, defaults, allowed),)
    periods = read_periods(dated, _JUDGING_KEYS, gapless=True)
    return tuple(_judging(period, layers, defaults, allowed) for period in periods)


def _judging(period: Period, layers: Layers, defaults: Defaults, allowed: Sequence[Level]) -> Judging:
    stack: list[Mapping[str, Value]] = [period.fields, *layers]
    levels: dict[str, Value] = {}
    for layer in reversed(stack):
        if "levels" in layer:
            levels.update(layer["levels"].fields(allowed))
    if not levels:
        raise period.place.error("'levels' is missing")
    every_case = next((layer["every_case"].truth() for layer in stack if "every_case" in layer), False)
    return Judging(
        valid_from=period.valid_from,
        valid_to=period.valid_to,
        levels=read_levels(levels, defaults),
        severity=read_severity(_first("severity", stack, period.place)),
        clock_hours=_first("clock_hours", stack, period.place).whole(),
        every_case=every_case,
    )


def _first(key: str, layers: Layers, place: Value) -> Value:
    value = next((layer[key] for layer in layers if key in layer), None)
    if value is None:
        raise place.error(f"{key!r} is missing here, in the family and in the defaults")
    return value
