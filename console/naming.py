"""Codes to what people read: names, class and the larger areas around a place."""

import datetime as dt
from functools import cache
from typing import Any

from catalogue.model import Catalogue
from schemas.areas import PREFECTURE, PROVINCE, areas

UNKNOWN_BELOW = "u"


@cache
def _place(code: str) -> dict[str, Any]:
    table = areas()
    node = table.index(code.removesuffix(UNKNOWN_BELOW))
    within = []
    above = int(table.parent[node])
    while above > 0:
        within.append({"zh": str(table.name_zh[above]), "en": str(table.name_en[above])})
        above = int(table.parent[above])
    return {
        "code": code,
        "zh": str(table.name_zh[node]),
        "en": str(table.name_en[node]),
        "unknown": code.endswith(UNKNOWN_BELOW),
        "within": within[::-1],
    }


def area(code: str, level: str) -> dict[str, Any]:
    """Return the area of a series: its names, those of the areas around it (largest first), and its level.

    A code that ends in u stands for the reports whose area is known no further than this one.
    """
    return {**_place(code), "level": level}


def disease(catalogue: Catalogue, code: str, day: dt.date) -> dict[str, Any]:
    """Return a disease's names and its statutory class on a day; a code that the catalogue lost keeps its code."""
    known = catalogue.diseases.get(code)
    if known is None:
        return {"code": code, "zh": code, "en": code, "class": None, "managed_as": None}
    period = known.class_on(day)
    return {
        "code": code,
        "zh": known.name_zh,
        "en": known.name_en,
        "class": period.statutory_class if period else None,
        "managed_as": period.managed_as if period else None,
    }


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
