"""The page of one area: its open alerts, its diseases with their counts, the areas within it, its ports."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from alerts.joined import place_of
from catalogue.model import Catalogue, Signal
from console import naming
from console.case_signals import case_signals
from console.cells import counted_cells
from console.desk import briefly
from console.warehouse import Warehouse
from console.weeks import added, weeks
from schemas.areas import COUNTY, LEVELS, NATION, areas
from schemas.ports import ports

CURVE_DAYS = 90

_MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})

Json = dict[str, Any]


def _around(node: int) -> list[Json]:
    """Return the areas that hold one, largest first."""
    table = areas()
    found = []
    above = int(table.parent[node])
    while above >= 0 and above != node:
        found.append(naming.area(str(table.code[above]), LEVELS[table.level[above]]))
        if table.level[above] == NATION:
            break
        above = int(table.parent[above])
    return found[::-1]


def _children(node: int) -> list[int]:
    """Return the areas in force directly below one; of a municipality the counties, which lie below mere brackets."""
    table = areas()
    level = int(table.level[node])
    if level == COUNTY:
        return []
    below = np.arange(node + 1, int(table.end[node]))
    below = below[np.isnat(table.valid_to[below])]
    wanted = level + 1
    if str(table.code[node]) in _MUNICIPALITIES:
        wanted = COUNTY
    return [int(n) for n in below[table.level[below] == wanted]]


def _curve(warehouse: Warehouse, signals: list[str], level: str, code: str, today: dt.date) -> list[int]:
    first = today - dt.timedelta(days=CURVE_DAYS - 1)
    within = (
        "signal IN {signals:Array(String)} AND level = {level:String} AND area = {area:String} "
        "AND day >= {first:Date32} AND day <= {today:Date32}"
    )
    rows = warehouse.rows(
        "area",
        f"SELECT day, sum(cases) AS counted FROM ({counted_cells(warehouse.database, within)}) GROUP BY day",
        {"signals": signals, "level": level, "area": code, "first": first, "today": today},
    )
    counts = [0] * CURVE_DAYS
    for row in rows:
        counts[(row["day"] - first).days] = row["counted"]
    return counts


def _within(alert: Mapping[str, Any], node: int) -> bool:
    """Return whether an alert's place lies in the area; an alert on a larger area does not."""
    table = areas()
    place = alert["area"]
    code = place["code"].split("/")[0].removesuffix("u")
    if place["level"] in ("port", "conveyance"):
        port = ports().get(code)
        code = port.area if port else ""
    elif place_of(place["level"], code) is None:
        return False
    try:
        return node <= table.index(code) < int(table.end[node])
    except KeyError:
        return False


def area_page(
    warehouse: Warehouse,
    catalogue: Catalogue,
    open_alerts: Iterable[Mapping[str, Any]],
    code: str,
    today: dt.date | None,
    disease: str = "",
) -> Json | None:
    """Return what the page of an area shows, or None where there is no such area, or disease.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    catalogue
        Names and signals.
    open_alerts
        As the list shows them.
    code
        Code of the area, six digits.
    today
        Civil day of the clock; None where nothing has arrived yet.
    disease
        Code of the disease that curve and areas below show; empty is all together.
    """
    table = areas()
    try:
        node = table.index(code)
    except KeyError:
        return None
    own, level = str(table.code[node]), LEVELS[table.level[node]]
    known = [signal for signal in case_signals(catalogue) if catalogue.diseases[signal.disease].parent is None]
    chosen = [signal for signal in case_signals(catalogue) if signal.disease == disease] if disease else known
    if not chosen:
        return None
    here = weeks(warehouse, "area_diseases", [s.id for s in known], [level], today, [own])
    alerts = [briefly(alert) for alert in open_alerts if _within(alert, node)]
    ids = [signal.id for signal in chosen]
    return {
        "area": naming.area(own, level),
        "around": _around(node),
        "population": None if np.isnan(table.population[node]) else int(table.population[node]),
        "upto": today.isoformat() if today else None,
        "disease": disease,
        "curve": _curve(warehouse, ids, level, own, today) if today else [],
        "diseases": _diseases(catalogue, known, here, level, own, today, alerts),
        "children": _counted_children(warehouse, ids, node, today, alerts),
        "ports": [
            {"code": port.code, "zh": port.name_zh, "en": port.name_en, "kind": port.kind}
            for port in ports().values()
            if node <= table.index(port.area) < int(table.end[node])
        ],
        "alerts": alerts,
    }


def _diseases(
    catalogue: Catalogue,
    known: list[Signal],
    here: Mapping[tuple[str, str, str], tuple[int, int]],
    level: str,
    code: str,
    today: dt.date | None,
    alerts: list[Json],
) -> list[Json]:
    found = []
    for signal in known:
        week, before = here.get((signal.id, level, code), (0, 0))
        standing = sum(alert["disease"]["code"] == signal.disease for alert in alerts)
        if week or before or standing:
            names = naming.disease(catalogue, signal.disease, today or dt.date.max)
            found.append({**names, "week": week, "before": before, "alerts": standing})
    return sorted(found, key=lambda one: (-one["week"], -one["alerts"], one["code"]))


def _counted_children(
    warehouse: Warehouse, signals: list[str], node: int, today: dt.date | None, alerts: list[Json]
) -> list[Json]:
    table = areas()
    children = _children(node)
    if not children:
        return []
    level = LEVELS[table.level[children[0]]]
    codes = [str(table.code[child]) for child in children]
    counted = weeks(warehouse, "area_children", signals, [level], today, codes)
    found = []
    for child, code in zip(children, codes, strict=True):
        week, before = added([counted.get((signal, level, code), (0, 0)) for signal in signals])
        standing = sum(_within(alert, child) for alert in alerts)
        found.append({**naming.area(code, level), "week": week, "before": before, "alerts": standing})
    return sorted(found, key=lambda one: (-one["week"], -one["alerts"], one["code"]))
