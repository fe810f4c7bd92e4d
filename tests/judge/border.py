"""Counts of entry declarations at ports and by origin, and the arrivals among which they fall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.judge.counts import Cell, civil_day

NATION = "000000"
CAUSES = {"covid19": "sars_cov_2", "cholera": "vibrio_cholerae"}
"""Diseases that declarations of the judge's stream suspect, and the pathogen of each."""

FEVER = 37.3


def _ill(declared: Mapping[str, Any]) -> bool:
    warm = declared["temperature_c"]
    return bool(declared["symptoms"]) or declared["test_result"] == "POSITIVE" or (warm is not None and warm >= FEVER)


def count(declarations: Iterable[Mapping[str, Any]]) -> Counter[Cell]:
    """Travellers by (signal, level, port or origin or conveyance, day of arrival)."""
    cells: Counter[Cell] = Counter()
    for one in declarations:
        day = civil_day(one["arrived_at"])
        subjects = []
        for disease, pathogen in CAUSES.items():
            found = one["test_result"] == "POSITIVE" and one["pathogen"] == pathogen
            if (one["suspected_disease"] == disease or found) and one["test_result"] != "NEGATIVE":
                subjects.append((f"{disease}.port", f"{disease}.origin"))
        if _ill(one):
            subjects.append(("entry.ill", "entry.origin"))
            if one["conveyance"]:
                cells["entry.conveyance", "conveyance", f"{one['port']}/{one['conveyance']}", day] += 1
        for by_port, by_origin in subjects:
            for level, area in (("port", one["port"]), ("nation", NATION)):
                cells[by_port, level, area, day] += 1
            for level, area in (("origin", one["origin_country"]), ("nation", NATION)):
                cells[by_origin, level, area, day] += 1
    return cells


def arrivals(observations: Iterable[Mapping[str, Any]]) -> Counter[Cell]:
    """Arrivals by (signal, level, port or origin, day) for the signals that are held against them."""
    cells: Counter[Cell] = Counter()
    for one in observations:
        if one["indicator"] != "arrivals" or one["period_days"] != 1:
            continue
        day, number = one["period_start"], one["count"]
        if one["origin_country"]:
            cells["entry.origin", "origin", one["origin_country"], day] += number
            cells["entry.origin", "nation", NATION, day] += number
        elif not one["conveyance"]:
            cells["entry.ill", "port", one["port"], day] += number
            cells["entry.ill", "nation", NATION, day] += number
    return +cells
