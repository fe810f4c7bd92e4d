"""Counts of case reports per signal, level, area and report day, by plain loops over the standing ones."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[2] / "schemas" / "tables" / "areas.csv"
CHINA_TIME = timezone(timedelta(hours=8))
Cell = tuple[str, str, str, date]


@cache
def _area_rows() -> dict[str, dict[str, str]]:
    with TABLE.open(encoding="utf-8") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def _six_digits(code: str) -> str:
    return code[:6] if len(code) >= 6 else code.ljust(6, "0")


def _parent(code: str, areas: Mapping[str, object]) -> str:
    """The nearest area above that is in the table, by the digits of the code."""
    if code == "000000":
        return ""
    for candidate in (code[:4] + "00", code[:2] + "0000"):
        if candidate != code and candidate in areas:
            return candidate
    return "000000"


def civil_day(moment: datetime) -> date:
    """Civil day in China of a moment."""
    return moment.astimezone(CHINA_TIME).date()


def places(code: str) -> Iterator[tuple[str, str]]:
    """Level and code of every series in which a record of an area counts, the narrowest first.

    Where the county is unknown there is at level county the row "area unknown below" of the area that is named, which
    carries that area's code and a u.
    """
    areas = _area_rows()
    node = _six_digits(code)
    if areas[node]["level"] != "county":
        yield "county", node + "u"
    while node:
        yield areas[node]["level"], node
        node = _parent(node, areas)


def count(
    reports: Iterable[Mapping[str, Any]], signals: Mapping[str, Callable[[Mapping[str, Any]], bool]]
) -> Counter[Cell]:
    """Counts of case reports by (signal, level, area, day), every ancestor included."""
    cells: Counter[Cell] = Counter()
    for report in reports:
        day = civil_day(report["reported_at"])
        for signal, counts in signals.items():
            if counts(report):
                for level, area in places(report["residence_area"]):
                    cells[signal, level, area, day] += 1
    return cells
