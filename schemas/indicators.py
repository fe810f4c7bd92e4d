"""Indicators: what observations count or measure, in which unit, and between which bounds it is believed."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

COUNT, SHARE, VALUE = "count", "share", "value"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One code that an observation may carry.

    Attributes
    ----------
    code
        As written in events and in the catalogue.
    number
        Small and stable.
    name_zh, name_en
        For people.
    kind
        ``count``, ``share`` (a count out of a denominator) or ``value`` (a measurement).
    unit
        Of what is counted or measured.
    low, high
        Bounds of the count or the value, both included.
    future_days
        Days by which the period may begin after the moment of arrival: a forecast, a passenger list.
    needs
        Fields that must be given besides.
    """

    code: str
    number: int
    name_zh: str
    name_en: str
    kind: str
    unit: str
    low: float
    high: float
    future_days: int
    needs: tuple[str, ...]


@cache
def indicators() -> Mapping[str, Indicator]:
    """Return every indicator, in order of number."""
    lines = (files("schemas") / "tables" / "indicators.csv").read_text("utf-8").splitlines()
    read = [
        Indicator(
            code=row["code"],
            number=int(row["number"]),
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            kind=row["kind"],
            unit=row["unit"],
            low=float(row["low"]),
            high=float(row["high"]),
            future_days=int(row["future_days"]),
            needs=tuple(row["needs"].split()),
        )
        for row in csv.DictReader(lines)
    ]
    return MappingProxyType({indicator.code: indicator for indicator in sorted(read, key=lambda i: i.number)})
