"""Counts of laboratory results, repeats of one patient taken once, and the tests among which they fall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.judge.counts import Cell, civil_day, places

REPEAT_DAYS = 30
Result = Mapping[str, Any]


def that_count(results: Iterable[Result]) -> list[Result]:
    """Of one patient's results of one pathogen and outcome the first, then the next after thirty days, and so on."""
    able = [one for one in results if one["result"] in ("POSITIVE", "NEGATIVE") and one["status"] != "CANCELLED"]
    able.sort(key=lambda one: (civil_day(one["reported_at"]), one["issuer"], one["result_id"]))
    counted: list[Result] = []
    last: dict[tuple[str, ...], date] = {}
    for one in able:
        who = ("patient", one["patient"]) if one["patient"] else ("specimen", one["issuer"], one["specimen_id"])
        case = (*who, one["pathogen"], one["result"])
        day = civil_day(one["reported_at"])
        if case not in last or day >= last[case] + timedelta(days=REPEAT_DAYS):
            last[case] = day
            counted.append(one)
    return counted


def count(results: Iterable[Result], pathogens: Sequence[str]) -> tuple[Counter[Cell], Counter[Cell]]:
    """Positives, and the tests that they are held against, by (signal, level, area, day)."""
    cells: Counter[Cell] = Counter()
    beside: Counter[Cell] = Counter()
    counted = [one for one in that_count(results) if one["pathogen"] in pathogens]
    for one in counted:
        day = civil_day(one["reported_at"])
        positive = one["result"] == "POSITIVE"
        for suffix in ("positivity", "first"):
            for level, area in places(one["area"]):
                cell = (f"{one['pathogen']}.{suffix}", level, area, day)
                beside[cell] += 1
                if positive:
                    cells[cell] += 1
        kind = one["cluster_type"] or one["subtype"]
        if positive and kind:
            _, narrow = next(places(one["area"]))
            cells[f"{one['pathogen']}.types", "county", f"{narrow}/{kind}", day] += 1
            cells[f"{one['pathogen']}.types", "nation", f"000000/{kind}", day] += 1
    return cells, beside
