"""Pathogen codes, and which disease each is a finding of."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Pathogen:
    """One code that a laboratory result may carry.

    Attributes
    ----------
    code
        As written in events and in the catalogue.
    number
        Small and stable.
    name_zh, name_en
        For people.
    disease
        Disease code under which a case with this pathogen is reported; None where it is not notifiable.
    """

    code: str
    number: int
    name_zh: str
    name_en: str
    disease: str | None


@cache
def pathogens() -> Mapping[str, Pathogen]:
    """Return every code, in order of number."""
    lines = (files("schemas") / "tables" / "pathogens.csv").read_text("utf-8").splitlines()
    read = [
        Pathogen(row["code"], int(row["number"]), row["name_zh"], row["name_en"], row["disease"] or None)
        for row in csv.DictReader(lines)
    ]
    return MappingProxyType({pathogen.code: pathogen for pathogen in sorted(read, key=lambda p: p.number)})
