"""What the codes of other systems mean here: tests, results, materials. Each table is a file in ``schemas/tables``."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

STATUS: Mapping[str, str] = MappingProxyType({"P": "PRELIMINARY", "F": "FINAL", "C": "CORRECTED", "X": "CANCELLED"})
"""OBX-11 (HL7 table 0085) to the status of a result."""

WRONG = ("D", "W")
"""OBX-11 of a result that is deleted, or belongs to another patient: it is taken back."""


@dataclass(frozen=True, slots=True)
class Test:
    """What a LOINC code asks for: a pathogen, at times a subtype, by a method."""

    pathogen: str
    subtype: str | None
    method: str


def _rows(name: str) -> "csv.DictReader[str]":
    return csv.DictReader((files("schemas") / "tables" / name).read_text("utf-8").splitlines())


@cache
def tests() -> Mapping[str, Test]:
    """Return the tests by LOINC code."""
    read = {
        row["code"]: Test(row["pathogen"], row["subtype"] or None, row["method"]) for row in _rows("loinc_tests.csv")
    }
    return MappingProxyType(read)


@cache
def results() -> Mapping[tuple[str, str], str]:
    """Return results by coding system and code; the system of plain text is ``text``, its code in capitals."""
    return MappingProxyType({(row["system"], row["code"]): row["result"] for row in _rows("hl7_results.csv")})


@cache
def specimens() -> Mapping[tuple[str, str], str]:
    """Return materials by coding system and code."""
    return MappingProxyType({(row["system"], row["code"]): row["specimen_type"] for row in _rows("hl7_specimens.csv")})
