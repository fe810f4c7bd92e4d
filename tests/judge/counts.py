"""Counts per signal, level, area and report day, by plain loops over the standing reports."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[2] / "schemas" / "tables" / "areas.csv"
CHINA_TIME = timezone(timedelta(hours=8))
Cell = tuple[str, str, str, date]


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


def report_day(report: Mapping[str, Any]) -> date:
    """Civil day in China of the report."""
    moment: datetime = report["reported_at"]
    return moment.astimezone(CHINA_TIME).date()


def count(
    reports: Iterable[Mapping[str, Any]], signals: Mapping[str, Callable[[Mapping[str, Any]], bool]]
) -> Counter[Cell]:
    """Counts by (signal, level, area, day), every ancestor included.

    A report whose county is unknown counts at level county in the row "area unknown below" of the area it
    names, which carries that area's code and a u.
    """
    areas = _area_rows()
    cells: Counter[Cell] = Counter()
    for report in reports:
        day = report_day(report)
        code = _six_digits(report["residence_area"])
        for signal, counts in signals.items():
            if not counts(report):
                continue
            if areas[code]["level"] != "county":
                cells[signal, "county", code + "u", day] += 1
            node = code
            while node:
                cells[signal, areas[node]["level"], node, day] += 1
                node = _parent(node, areas)
    return cells
