"""Ports of entry: airports, sea ports, land and rail crossings, each with the area in which it lies."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Port:
    """One port.

    Attributes
    ----------
    code
        As written in events and in the catalogue: country and three letters.
    number
        Small and stable.
    name_zh, name_en
        For people.
    kind
        AIR, SEA, ROAD, RAIL or FOOT: how most people arrive there.
    area
        GB/T 2260 code of the area in which it lies.
    lon, lat
        Degrees.
    """

    code: str
    number: int
    name_zh: str
    name_en: str
    kind: str
    area: str
    lon: float
    lat: float


@cache
def ports() -> Mapping[str, Port]:
    """Return every port, in order of number."""
    lines = (files("schemas") / "tables" / "ports.csv").read_text("utf-8").splitlines()
    read = [
        Port(
            code=row["code"],
            number=int(row["number"]),
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            kind=row["kind"],
            area=row["area"],
            lon=float(row["lon"]),
            lat=float(row["lat"]),
        )
        for row in csv.DictReader(lines)
    ]
    return MappingProxyType({port.code: port for port in sorted(read, key=lambda p: p.number)})
