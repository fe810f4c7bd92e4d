"""Codes to what people read: names, class and the larger areas around a place."""

import datetime as dt
from functools import cache, lru_cache
from typing import Any

from catalogue.model import Catalogue
from catalogue.other_subjects import ENTRY, ENTRY_NAMES
from schemas.areas import LEVELS, PREFECTURE, PROVINCE, areas
from schemas.pathogens import pathogens
from schemas.ports import ports

UNKNOWN_BELOW = "u"


@cache
def _place(code: str) -> dict[str, Any]:
    table = areas()
    node = table.index(code.removesuffix(UNKNOWN_BELOW))
    return {
        "code": code,
        "zh": str(table.name_zh[node]),
        "en": str(table.name_en[node]),
        "unknown": code.endswith(UNKNOWN_BELOW),
        "within": _around(int(table.parent[node])),
    }


def _around(node: int) -> list[dict[str, str]]:
    """Return the names of an area and of those that hold it, largest first, without the nation."""
    table = areas()
    found = []
    while node > 0:
        found.append({"zh": str(table.name_zh[node]), "en": str(table.name_en[node])})
        node = int(table.parent[node])
    return found[::-1]


def _named(code: str, zh: str, en: str, within: list[dict[str, str]]) -> dict[str, Any]:
    return {"code": code, "zh": zh, "en": en, "unknown": False, "within": within}


@lru_cache(maxsize=65_536)
def _elsewhere(code: str, level: str) -> dict[str, Any]:
    """Return the names of a series that is no area of the tree; one that nobody knows is called by its code."""
    head, _, tail = code.partition("/")
    if level in ("port", "conveyance"):
        port = ports().get(head)
        if port is None:
            return _named(code, code, code, [])
        within = _around(areas().index(port.area))
        if not tail:
            return _named(code, port.name_zh, port.name_en, within)
        return _named(code, tail, tail, [*within, {"zh": port.name_zh, "en": port.name_en}])
    if level in LEVELS:
        try:
            place = _place(head)
        except KeyError:
            return _named(code, code, code, [])
        suffix = f" · {tail}" if tail else ""
        return {**place, "code": code, "zh": place["zh"] + suffix, "en": place["en"] + suffix}
    # A country's name is known to every browser in the reader's own language.
    return _named(code, code, code, [])


def area(code: str, level: str) -> dict[str, Any]:
    """Return the place of a series: its names, those of the areas around it (largest first), and its level.

    A code that ends in u stands for the reports whose area is known no further than this one. A port and a conveyance
    at a port lie in the port's area; a subtype in an area bears the subtype's name behind the area's; a country of
    origin has its code for a name.
    """
    return {**_elsewhere(code, level), "level": level}


def disease(catalogue: Catalogue, code: str, day: dt.date) -> dict[str, Any]:
    """Return the names of a disease and its statutory class on a day.

    A pathogen whose findings are no notifiable disease, and travellers ill with nobody knows what, have names and no
    class. A code that the catalogue lost keeps its code.
    """
    known = catalogue.diseases.get(code)
    if known is None:
        zh, en = _without_disease(code)
        return {"code": code, "zh": zh, "en": en, "class": None, "managed_as": None}
    period = known.class_on(day)
    return {
        "code": code,
        "zh": known.name_zh,
        "en": known.name_en,
        "class": period.statutory_class if period else None,
        "managed_as": period.managed_as if period else None,
    }


def _without_disease(code: str) -> tuple[str, str]:
    pathogen = pathogens().get(code)
    if pathogen is not None:
        return pathogen.name_zh, pathogen.name_en
    return (ENTRY_NAMES["zh"], ENTRY_NAMES["en"]) if code == ENTRY else (code, code)


def prefecture_of(code: str) -> str:
    """Return the area whose point on the map stands for this one: its prefecture, or its province if it has none."""
    table = areas()
    node = table.index(code.removesuffix(UNKNOWN_BELOW))
    while node > 0 and table.level[node] > PREFECTURE:
        node = int(table.parent[node])
    if str(table.code[node])[:2] in POINT_PROVINCES:
        while node > 0 and table.level[node] > PROVINCE:
            node = int(table.parent[node])
    return str(table.code[node])


POINT_PROVINCES = frozenset({"11", "12", "31", "50", "71", "81", "82"})
"""Provinces that are one point on the map: municipalities, and those whose prefectures our table does not list."""
