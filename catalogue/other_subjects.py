"""Reading of what is watched besides diseases: every pathogen of the laboratories, and ill travellers at the border."""

from catalogue.document import Value
from catalogue.model import Signal
from catalogue.rules import Defaults
from catalogue.signals import SIGNALS_A_SUBJECT, Subject, read_signal
from schemas.diseases import diseases
from schemas.pathogens import Pathogen, pathogens

_PATHOGENS_FROM = 10_000
_ENTRY_FROM = 20_000
_UNLISTED = 1000
"""Pathogens without a notifiable disease are shared out by their number behind this one, ill travellers by the last."""

ENTRY = "entry"
"""Stands for the disease of whoever arrives ill with nobody knows what."""

ENTRY_NAMES = {"zh": "入境发热或有症状者", "en": "Ill travellers"}
_ENTRY_NUMBER = 2 * _UNLISTED


def read_laboratory(document: Value, defaults: Defaults) -> list[tuple[Signal, Value]]:
    """Return the signals of every pathogen: the file's, with what it says of single ones.

    Raises
    ------
    CatalogueError
        With file and line.
    """
    top = document.fields(("signals", "pathogens"), ("signals",))
    base = top["signals"].entries()
    special = top["pathogens"].entries() if "pathogens" in top else {}
    for code, value in special.items():
        if code not in pathogens():
            raise value.error(f"no pathogen has the code {code!r}")
    found = []
    for pathogen in pathogens().values():
        subject = _pathogen(pathogen)
        own = special[pathogen.code].entries() if pathogen.code in special else {}
        for suffix in dict.fromkeys((*base, *own)):
            layers = [layer[suffix] for layer in (own, base) if suffix in layer]
            found.append((read_signal(suffix, subject, layers, defaults), layers[0]))
    return found


def read_entry(document: Value, defaults: Defaults) -> list[tuple[Signal, Value]]:
    """Return the signals of travellers of whom only is known that they are ill.

    Raises
    ------
    CatalogueError
        With file and line.
    """
    subject = Subject(ENTRY, ENTRY, _ENTRY_NUMBER, _ENTRY_FROM, (), (), ENTRY_NAMES)
    entries = document.fields(("signals",), ("signals",))["signals"].entries()
    return [(read_signal(suffix, subject, [value], defaults), value) for suffix, value in entries.items()]


def _pathogen(pathogen: Pathogen) -> Subject:
    disease = diseases()[pathogen.disease] if pathogen.disease else None
    return Subject(
        code=pathogen.code,
        disease=disease.code if disease else pathogen.code,
        disease_number=disease.number if disease else _UNLISTED + pathogen.number,
        first_number=_PATHOGENS_FROM + pathogen.number * SIGNALS_A_SUBJECT,
        diseases=(),
        pathogens=(pathogen.code,),
        names={"zh": pathogen.name_zh, "en": pathogen.name_en},
    )
