"""Reading of a family: the diseases that one policy group watches in one way, and their signals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogue.document import Value, read
from catalogue.model import ClassPeriod, ClockPeriod, Disease, Signal
from catalogue.periods import Period, read_periods
from catalogue.rules import Defaults, Probe, read_defaults
from catalogue.signals import SIGNALS_A_SUBJECT, Subject, read_signal
from schemas.diseases import DiseaseCode, subtypes
from schemas.pathogens import pathogens

CLASSES = ("A", "B", "C")

_DISEASE_KEYS = ("class", "classes", "report_hours", "report_clocks", "signals")

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
            family.signals.append((read_signal(suffix, _subject(codes[code]), layers, defaults), layers[0]))
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


def _subject(code: DiseaseCode) -> Subject:
    counting = tuple(sorted((code.code, *subtypes(code.code))))
    return Subject(
        code=code.code,
        disease=code.code,
        disease_number=code.number,
        first_number=code.number * SIGNALS_A_SUBJECT,
        diseases=counting,
        pathogens=tuple(sorted(one.code for one in pathogens().values() if one.disease in counting)),
        names={"zh": code.name_zh, "en": code.name_en},
    )
