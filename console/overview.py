"""The map: where the cases of the last seven days are, one point an area, and which areas have an open alert."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from catalogue.model import SEVERITIES, Catalogue
from console import naming
from console.case_signals import case_signals
from console.naming import POINT_PROVINCES
from console.warehouse import Warehouse
from schemas.areas import LEVELS, PREFECTURE, PROVINCE, areas

WINDOW_DAYS = 7

# In the order in which an alert is preferred to stand for a point: the one that is about just this area first.
_NARROWNESS = {"prefecture": 0, "province": 1, "county": 2, "nation": 3}


def _points() -> list[int]:
    """Return the nodes that are drawn: prefectures in force, and a few provinces as a whole."""
    table = areas()
    in_force = np.isnat(table.valid_to)
    chosen = []
    for node in np.flatnonzero(in_force):
        whole_province = str(table.code[node])[:2] in POINT_PROVINCES
        if table.level[node] == (PROVINCE if whole_province else PREFECTURE):
            chosen.append(int(node))
    return chosen


def _counted(warehouse: Warehouse, signals: list[str], upto: dt.date) -> dict[tuple[str, str], int]:
    rows = warehouse.rows(
        "map",
        f"SELECT level, area, sum(count) AS cases FROM {warehouse.database}.aggregates "
        "WHERE signal IN {signals:Array(String)} AND level IN ('prefecture', 'province', 'nation') "
        "AND day > {before:Date32} AND day <= {upto:Date32} GROUP BY level, area",
        {"signals": signals, "before": upto - dt.timedelta(days=WINDOW_DAYS), "upto": upto},
    )
    return {(row["level"], row["area"]): row["cases"] for row in rows}


def _rank(alert: Mapping[str, Any]) -> tuple[int, int, int]:
    return SEVERITIES.index(alert["severity"]), -_NARROWNESS[alert["area"]["level"]], alert["opened_at"]


def _alert_of_point(alerts: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    best: dict[str, Mapping[str, Any]] = {}
    for alert in alerts:
        place = alert["area"]
        if place["level"] not in _NARROWNESS:
            continue
        point = naming.prefecture_of(place["code"])
        # An alert of a whole province or the nation colours no single city.
        if place["level"] in ("province", "nation") and point[:2] not in POINT_PROVINCES:
            continue
        if point not in best or _rank(alert) > _rank(best[point]):
            best[point] = alert
    return best


def overview(
    warehouse: Warehouse,
    catalogue: Catalogue,
    open_alerts: Iterable[Mapping[str, Any]],
    disease: str,
    upto: dt.date | None,
) -> dict[str, Any]:
    """Return the points of the map, most cases first.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    catalogue
        Which signals there are.
    open_alerts
        As the list shows them.
    disease
        Code of one disease; empty is all. A subtype's cases are counted with its disease already.
    upto
        Civil day of the clock; None where nothing has arrived yet.
    """
    known = case_signals(catalogue)
    parents = [signal for signal in known if catalogue.diseases[signal.disease].parent is None]
    chosen = [signal for signal in known if signal.disease == disease] if disease else parents
    counted = _counted(warehouse, [signal.id for signal in chosen], upto) if upto else {}
    codes = {signal.disease for signal in chosen}
    alerts = _alert_of_point(a for a in open_alerts if not disease or a["disease"]["code"] in codes)
    table = areas()
    points = []
    for node in _points():
        code, level = str(table.code[node]), LEVELS[table.level[node]]
        alert = alerts.get(code)
        points.append(
            {
                **naming.area(code, level),
                "lon": round(float(table.lon[node]), 3),
                "lat": round(float(table.lat[node]), 3),
                "count": counted.get((level, code), 0),
                "alert": alert["id"] if alert else None,
                "severity": alert["severity"] if alert else None,
            }
        )
    points.sort(key=lambda point: (-point["count"], point["code"]))
    return {
        "upto": upto.isoformat() if upto else None,
        "total": sum(cases for (level, _), cases in counted.items() if level == "nation"),
        "affected": sum(1 for point in points if point["count"]),
        "points": points,
        "diseases": [
            {"code": d.code, "zh": d.name_zh, "en": d.name_en}
            for d in (catalogue.diseases[signal.disease] for signal in known)
        ],
    }
