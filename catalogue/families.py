"""Reading of a family: the diseases that one policy group watches in one way, and their signals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogue.condition import ConditionError, expression
from catalogue.document import Value, read
from catalogue.model import LEVELS, ClassPeriod, ClockPeriod, Disease, Judging, Signal
from catalogue.periods import Period, read_periods
from catalogue.rules import Defaults, Probe, read_defaults, read_levels, read_severity
from schemas.diseases import DiseaseCode, subtypes

CLASSES = ("A", "B", "C")
SIGNALS_A_DISEASE = 10

_JUDGING_KEYS = ("severity", "clock_hours", "every_case", "levels")
_SIGNAL_KEYS = ("number", "titles", "source", "restriction", "day", "area", "judgings", *_JUDGING_KEYS)
_DISEASE_KEYS = ("class", "classes", "report_hours", "report_clocks", "signals")
_LANGUAGES = ("zh", "en")

Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Family:
    """What one family file says."""

    diseases: list[tuple[Disease, Value]]
    signals: list[tuple[Signal, Value]]


def read_family(document: Value, base: Fields, defaults: Defaults, codes: Mapping[str, DiseaseCode]) -> Family:
    """Return the diseases and signals of a family file, each with its place.

    Parameters
    ----------
    document
        Root of the file.
    base
        Signals of every disease by suffix, as ``defaults.yaml`` gives them; family and disease may say more.
    defaults
        Parameters of methods, and policies with a name.
    codes
        The disease table.
    """
    top = document.fields(("family", "titles", "report_hours", "signals", "diseases"), ("family", "diseases"))
    name = top["family"].text()
    own = top["signals"].entries() if "signals" in top else {}
    family = Family([], [])
    for code, value in top["diseases"].entries().items():
        if code not in codes:
            raise value.error(f"no disease has the code {code!r}")
        fields = value.fields(_DISEASE_KEYS)
        family.diseases.append((_disease(codes[code], name, fields, top, value), value))
        special = fields["signals"].entries() if "signals" in fields else {}
        for suffix in dict.fromkeys((*base, *own, *special)):
            layers = [layer[suffix] for layer in (special, own, base) if suffix in layer]
            family.signals.append((_signal(suffix, codes[code], layers, defaults), layers[0]))
    return family


def read_base(file: Value, probe: Probe | None) -> tuple[Defaults, Fields]:
    """Return from ``defaults.yaml`` what rules need not say, and the signals of every disease."""
    top = file.fields(("methods", "policies", "signals"), ("methods", "signals"))
    return read_defaults(top["methods"], top.get("policies"), probe), top["signals"].entries()


def family_files(folder: Path) -> Iterator[Value]:
    """Return the roots of the family files of a catalogue folder, in order of name."""
    for file in sorted((folder / "families").glob("*.yaml")):
        yield read(file)


def _disease(code: DiseaseCode, family: str, fields: Fields, top: Fields, place: Value) -> Disease:
    if "class" in fields and "classes" in fields:
        raise fields["class"].error("either 'class' or 'classes', not both")
    classes: tuple[ClassPeriod, ...] = ()
    if "class" in fields:
        statutory = fields["class"].choice(CLASSES)
        classes = (ClassPeriod(None, None, statutory, statutory),)
    elif "classes" in fields:
        periods = read_periods(fields["classes"], ("class", "managed_as"), ("class",), gapless=False)
        classes = tuple(_class_period(period) for period in periods)
    if "report_clocks" in fields:
        dated = read_periods(fields["report_clocks"], ("hours",), ("hours",), gapless=True)
        clocks = tuple(ClockPeriod(p.valid_from, p.valid_to, p.fields["hours"].whole()) for p in dated)
    else:
        hours = fields.get("report_hours") or top.get("report_hours")
        if hours is None:
            raise place.error("neither the disease nor its family has 'report_hours' or 'report_clocks'")
        clocks = (ClockPeriod(None, None, hours.whole()),)
    return Disease(code.code, code.number, code.name_zh, code.name_en, code.parent, family, classes, clocks)


def _class_period(period: Period) -> ClassPeriod:
    statutory = period.fields["class"].choice(CLASSES)
    managed = period.fields["managed_as"].choice(CLASSES) if "managed_as" in period.fields else statutory
    return ClassPeriod(period.valid_from, period.valid_to, statutory, managed)


def _signal(suffix: str, code: DiseaseCode, sources: list[Value], defaults: Defaults) -> Signal:
    place = sources[0]
    layers = [source.fields(_SIGNAL_KEYS) for source in sources]
    restriction = _first("restriction", layers, place)
    try:
        expression(restriction.text())
    except ConditionError as error:
        raise restriction.error(str(error)) from error
    titles = _first("titles", layers, place).fields(_LANGUAGES, _LANGUAGES)
    names = {"zh": code.name_zh, "en": code.name_en}
    number = _first("number", layers, place)
    if number.whole(0) >= SIGNALS_A_DISEASE:
        raise number.error(f"signals of a disease are numbered from 0 to {SIGNALS_A_DISEASE - 1}")
    return Signal(
        id=f"{code.code}.{suffix}",
        number=code.number * SIGNALS_A_DISEASE + number.whole(0),
        disease=code.code,
        disease_number=code.number,
        source=_first("source", layers, place).choice(("case-reports",)),
        diseases=tuple(sorted((code.code, *subtypes(code.code)))),
        restriction=restriction.text(),
        day=_first("day", layers, place).choice(("report",)),
        area=_first("area", layers, place).choice(("residence",)),
        titles={language: titles[language].text().replace("{name}", names[language]) for language in _LANGUAGES},
        judgings=_judgings(layers, place, defaults),
    )


def _judgings(layers: list[dict[str, Value]], place: Value, defaults: Defaults) -> tuple[Judging, ...]:
    dated = next((layer["judgings"] for layer in layers if "judgings" in layer), None)
    if dated is None:
        return (_judging(Period(None, None, {}, place), layers, defaults),)
    periods = read_periods(dated, _JUDGING_KEYS, gapless=True)
    return tuple(_judging(period, layers, defaults) for period in periods)


def _judging(period: Period, layers: list[dict[str, Value]], defaults: Defaults) -> Judging:
    stack: list[dict[str, Value]] = [period.fields, *layers]
    levels: dict[str, Value] = {}
    for layer in reversed(stack):
        if "levels" in layer:
            levels.update(layer["levels"].fields(LEVELS))
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


def _first(key: str, layers: list[dict[str, Value]], place: Value) -> Value:
    value = next((layer[key] for layer in layers if key in layer), None)
    if value is None:
        raise place.error(f"{key!r} is missing here, in the family and in the defaults")
    return value
