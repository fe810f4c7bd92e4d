"""The map: where the cases of the last seven days are, one point an area, and which areas have an open alert."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from catalogue.model import SEVERITIES, Catalogue
from console import naming
from console.case_signals import case_signals
from console.cells import counted_cells
from console.naming import POINT_PROVINCES
from console.warehouse import Warehouse
from schemas.areas import COUNTY, LEVELS, PREFECTURE, PROVINCE, areas

WINDOW_DAYS = 7

# In the order in which an alert is preferred to stand for a point: the one that is about just this area first.
_NARROWNESS = {"prefecture": 0, "province": 1, "county": 2, "nation": 3}


def _points(by_county: bool) -> list[int]:
    """Return the nodes that are drawn: prefectures or counties in force, and a few provinces as a whole."""
    table = areas()
    in_force = np.isnat(table.valid_to)
    if by_county:
        chosen = np.flatnonzero(in_force & (table.level == COUNTY)).tolist()
        whole = set(POINT_PROVINCES) - {str(table.code[node])[:2] for node in chosen}
    else:
        whole = set(POINT_PROVINCES)
        cities = np.flatnonzero(in_force & (table.level == PREFECTURE)).tolist()
        chosen = [node for node in cities if str(table.code[node])[:2] not in whole]
    provinces = np.flatnonzero(in_force & (table.level == PROVINCE)).tolist()
    return chosen + [node for node in provinces if str(table.code[node])[:2] in whole]


def background() -> list[list[float]]:
    """Return where every county lies, [longitude, latitude]: what the map shows of those without cases."""
    table = areas()
    return [[round(float(table.lon[n]), 3), round(float(table.lat[n]), 3)] for n in _points(by_county=True)]


def _counted(warehouse: Warehouse, signals: list[str], upto: dt.date, levels: list[str]) -> dict[tuple[str, str], int]:
    within = (
        "signal IN {signals:Array(String)} AND level IN {levels:Array(String)} "
        "AND day > {before:Date32} AND day <= {upto:Date32}"
    )
    rows = warehouse.rows(
        "map",
        f"SELECT level, area, sum(cases) AS week FROM ({counted_cells(warehouse.database, within)})\n"
        "GROUP BY level, area",
        {"signals": signals, "levels": levels, "before": upto - dt.timedelta(days=WINDOW_DAYS), "upto": upto},
    )
    return {(row["level"], row["area"]): row["week"] for row in rows}


def _rank(alert: Mapping[str, Any]) -> tuple[int, int, int]:
    return SEVERITIES.index(alert["severity"]), -_NARROWNESS[alert["area"]["level"]], alert["opened_at"]


def _alert_of_point(alerts: Iterable[Mapping[str, Any]], by_county: bool) -> dict[str, Mapping[str, Any]]:
    best: dict[str, Mapping[str, Any]] = {}
    for alert in alerts:
        place = alert["area"]
        if place["level"] not in _NARROWNESS:
            continue
        # A subtype in an area is told at the area.
        code = place["code"].split("/")[0]
        point = code if by_county else naming.prefecture_of(code)
        # An alert of a larger area colours no single point within it.
        larger = ("prefecture", "province", "nation") if by_county else ("province", "nation")
        if place["level"] in larger and point[:2] not in POINT_PROVINCES:
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
    *,
    by_county: bool = False,
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
    by_county
        Points are counties, and only those with a case or an alert are returned: `background` has the others. Else
        they are all prefectures.
    """
    known = case_signals(catalogue)
    parents = [signal for signal in known if catalogue.diseases[signal.disease].parent is None]
    chosen = [signal for signal in known if signal.disease == disease] if disease else parents
    levels = ["county" if by_county else "prefecture", "province", "nation"]
    counted = _counted(warehouse, [signal.id for signal in chosen], upto, levels) if upto else {}
    codes = {signal.disease for signal in chosen}
    wanted = (a for a in open_alerts if not disease or a["disease"]["code"] in codes)
    alerts = _alert_of_point(wanted, by_county)
    table = areas()
    points = []
    for node in _points(by_county):
        code, level = str(table.code[node]), LEVELS[table.level[node]]
        alert = alerts.get(code)
        if by_county and alert is None and not counted.get((level, code)):
            continue
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
