"""Disease codes: the 42 statutory diseases, subtypes that are judged by another rule, and two names for the unknown.

A code's dates say when a report may carry it. Statutory class, clock and signals are the catalogue's.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class DiseaseCode:
    """One code that a report may carry.

    Attributes
    ----------
    code
        As written in events and in the catalogue.
    number
        Small and stable; diseases are shared out among workers and partitions by it.
    name_zh, name_en
        For people.
    parent
        Code of the disease of which this is a subtype, or None.
    valid_from, valid_to
        First and last report day (both included) of the code; None is open.
    classifications
        Symbols of CaseReport's `classification` that a report of this disease may carry.
    """

    code: str
    number: int
    name_zh: str
    name_en: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    classifications: frozenset[str]


@cache
def diseases() -> Mapping[str, DiseaseCode]:
    """Return every code, in order of number, retired ones too."""
    lines = (files("schemas") / "tables" / "diseases.csv").read_text("utf-8").splitlines()
    read = [
        DiseaseCode(
            code=row["code"],
            number=int(row["number"]),
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            parent=row["parent"] or None,
            valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            classifications=frozenset(row["classifications"].split()),
        )
        for row in csv.DictReader(lines)
    ]
    return MappingProxyType({disease.code: disease for disease in sorted(read, key=lambda d: d.number)})


def subtypes(code: str) -> tuple[str, ...]:
    """Return the codes whose reports count for this disease besides its own, in order of number."""
    return tuple(other.code for other in diseases().values() if other.parent == code)
