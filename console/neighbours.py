"""The areas next to one: whether the same is seen there tells a local event from a wave or a change of reporting."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console import naming
from console.warehouse import Warehouse
from console.weeks import weeks
from schemas.areas import LEVELS, NATION, areas
from schemas.ports import ports

NEIGHBOURS = 8

_EARTH_KM = 6371.0


def _distances(lon: float, lat: float, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return great-circle distances in km."""
    a, b, c, d = np.radians(lon), np.radians(lat), np.radians(lons), np.radians(lats)
    half = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(half)))


def nearest(area: str, level: str) -> list[tuple[str, float]]:
    """Return the codes of the nearest areas of the same level, or ports, with the distance in km; nearest first.

    By the points of the area table (an area's seat), whichever larger area they lie in. Empty for the nation, an
    origin, a conveyance, and for codes that are not known.
    """
    if level == "port":
        own = ports().get(area)
        others = [port for port in ports().values() if port.code != area]
        if own is None:
            return []
        codes, lon, lat = [port.code for port in others], own.lon, own.lat
        lons, lats = np.array([p.lon for p in others]), np.array([p.lat for p in others])
    elif level in LEVELS and LEVELS.index(level) != NATION:
        table = areas()
        try:
            node = table.index(area.split("/")[0].removesuffix("u"))
        except KeyError:
            return []
        in_force = np.isnat(table.valid_to) & (table.level == LEVELS.index(level))
        nodes = np.flatnonzero(in_force & (np.arange(len(table)) != node))
        codes, lon, lat = [str(table.code[n]) for n in nodes], float(table.lon[node]), float(table.lat[node])
        lons, lats = table.lon[nodes], table.lat[nodes]
    else:
        return []
    distance = _distances(lon, lat, lons, lats)
    order = np.argsort(distance, kind="stable")[:NEIGHBOURS]
    return [(codes[i], round(float(distance[i]), 1)) for i in order.tolist()]


def neighbours(
    warehouse: Warehouse,
    alert: Mapping[str, Any],
    open_alerts: Iterable[Mapping[str, Any]],
    upto: dt.date,
) -> list[dict[str, Any]]:
    """Return the neighbours of an alert's area with the same signal's counts there, nearest first.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    alert
        As the list shows it.
    open_alerts
        Those that stand; one of the same signal at a neighbour is named.
    upto
        Last day counted: seven days to it, and the seven before them.
    """
    level = alert["area"]["level"]
    near = nearest(alert["area"]["code"], level)
    if not near:
        return []
    signal = alert["signal"]
    counted = weeks(warehouse, "neighbours", [signal], [level], upto, [code for code, _ in near])
    standing = {a["area"]["code"]: a for a in open_alerts if a["signal"] == signal and a["area"]["level"] == level}
    found = []
    for code, km in near:
        week, before = counted.get((signal, level, code), (0, 0))
        other = standing.get(code)
        found.append(
            {
                "area": naming.area(code, level),
                "km": km,
                "cases_7d": week,
                "before_7d": before,
                "alert": other["id"] if other else None,
                "severity": other["severity"] if other else None,
            }
        )
    return found
