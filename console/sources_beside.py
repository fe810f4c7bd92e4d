"""Clinic, laboratory and port of one disease and place, day by day, and the alerts that are one event with another."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from alerts.joined import SOURCES, joined, place_of
from catalogue.model import Catalogue
from console import desk, naming
from console.warehouse import Row, Warehouse
from schemas.areas import LEVELS, areas
from schemas.ports import ports

#: What each source's signals of a disease are called: those that count everything of it once.
_COUNTED = {"case-reports": ".cases", "lab-results": ".positivity", "entry-declarations": ".port"}

#: How far apart members of one event can begin: alarm days of one alert reach over 56 days at most.
_REACH_DAYS = 70

_MEMBER = (
    "alert_id, signal, disease, level, area, severity, state, days, cases_7d, last_day, "
    "toUnixTimestamp64Milli(opened_at) AS opened_ms"
)


@dataclass(frozen=True, slots=True)
class Series:
    """What one source counts of a disease at a place: signals, and the series to add up; none where it counts none."""

    source: str
    signals: tuple[str, ...]
    level: str
    areas: tuple[str, ...]


def _within(place: str) -> tuple[str, ...]:
    """Return the ports that lie in a place."""
    table = areas()
    node = table.index(place)
    last = int(table.end[node])
    return tuple(port.code for port in ports().values() if node <= table.index(port.area) < last)


def series_of(catalogue: Catalogue, disease: str, level: str, area: str) -> list[Series]:
    """Return the series to set beside each other for an alert's disease and area, one a source.

    Clinic and laboratory count at the alert's own area; a port's alert is set beside the city in which the port lies,
    and an area's alert beside all ports within it. For a country of origin only the port's own series is known.
    """
    code = area.split("/")[0]
    if level == "origin":
        return [Series("entry-declarations", _signals(catalogue, disease, ".origin"), "origin", (code,))]
    if level in ("port", "conveyance"):
        place = place_of("port", code)
        at_ports: tuple[str, ...] = (code,)
    else:
        place = code if level in LEVELS else None
        at_ports = () if place is None else _within(place.removesuffix("u"))
    if place is None:
        return []
    table = areas()
    own_level = level if level in LEVELS else LEVELS[table.level[table.index(place)]]
    found = []
    for source in SOURCES:
        signals = _signals(catalogue, disease, _COUNTED[source])
        if source != "entry-declarations":
            found.append(Series(source, signals, own_level, (place,)))
        elif own_level == "nation":
            found.append(Series(source, signals, "nation", (place,)))
        elif at_ports:
            found.append(Series(source, signals, "port", at_ports))
    return found


def _signals(catalogue: Catalogue, disease: str, ending: str) -> tuple[str, ...]:
    return tuple(sorted(s.id for s in catalogue.signals.values() if s.disease == disease and s.id.endswith(ending)))


def beside(warehouse: Warehouse, catalogue: Catalogue, row: Row, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """Return the daily counts of each source for an alert's disease and area.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    catalogue
        Which signals there are.
    row
        The alert, selected with `alert_rows.COLUMNS`.
    first, last
        Days of the axis, both included.

    Returns
    -------
    list of dict
        ``source``, ``signals``, ``places`` (names of ports where they are added up) and ``counts`` by day; ``counts``
        is None where no signal of that source is about the disease, which is not the same as none.
    """
    found = []
    days = (last - first).days + 1
    for one in series_of(catalogue, row["disease"], row["level"], row["area"]):
        counts: list[int] | None = None
        if one.signals:
            counts = [0] * days
            for counted in _counted(warehouse, one, first, last):
                counts[(counted["day"] - first).days] = counted["cases"]
        names = [_port(code) for code in one.areas] if one.level == "port" else []
        found.append({"source": one.source, "signals": list(one.signals), "places": names, "counts": counts})
    return found


def _port(code: str) -> dict[str, str]:
    port = ports()[code]
    return {"code": code, "level": "port", "zh": port.name_zh, "en": port.name_en}


def _counted(warehouse: Warehouse, one: Series, first: dt.date, last: dt.date) -> list[Row]:
    return warehouse.rows(
        "beside",
        f"SELECT day, sum(count) AS cases FROM {warehouse.database}.aggregates "
        "WHERE signal IN {signals:Array(String)} AND level = {level:String} AND area IN {areas:Array(String)} "
        "AND day >= {first:Date32} AND day <= {last:Date32} GROUP BY day",
        {
            "signals": list(one.signals),
            "level": one.level,
            "areas": list(one.areas),
            "first": first,
            "last": last,
        },
    )


def members(warehouse: Warehouse, catalogue: Catalogue, row: Row) -> list[dict[str, Any]]:
    """Return the alerts that are one event with this one, itself among them and the leading one first; else nothing."""
    place = place_of(row["level"], row["area"])
    if place is None or not row["days"]:
        return []
    # Series of a city begin with its four digits, or are ports within it; larger places are told by their own code.
    whole = place.endswith("0000") and place[:2] not in ("11", "12", "31", "50")
    prefix = place if whole or place[2:4] == "90" else place[:2] if place.endswith("0000") else place[:4]
    near = [code for code in ports() if place_of("port", code) == place]
    rows = warehouse.rows(
        "members",
        # Disease and area never change in an alert, so they may choose before the newest revision is looked for.
        f"SELECT {_MEMBER} FROM (SELECT * FROM {warehouse.database}.alert_history WHERE disease = {{disease:String}} "
        "AND (startsWith(area, {prefix:String}) OR substring(area, 1, 5) IN {ports:Array(String)})\n"
        "ORDER BY alert_id, _offset DESC LIMIT 1 BY alert_id)\n"
        "WHERE notEmpty(days) AND last_day >= {first:Date32} AND first_day <= {last:Date32}",
        {
            "disease": row["disease"],
            "first": row["first_day"] - dt.timedelta(days=_REACH_DAYS),
            "last": row["last_day"] + dt.timedelta(days=_REACH_DAYS),
            "prefix": prefix,
            "ports": near,
        },
    )
    by_id = {other["alert_id"]: other for other in rows}
    for event in joined(desk.heard(catalogue, other) for other in rows):
        names = [alert.alert_id for alert in event]
        if row["alert_id"] in names:
            return [_member(catalogue, by_id[name]) for name in names]
    return []


def _member(catalogue: Catalogue, row: Row) -> dict[str, Any]:
    return {
        "id": row["alert_id"],
        "source": desk.source_of(catalogue, row["signal"]),
        "signal": row["signal"],
        "area": naming.area(row["area"], row["level"]),
        "severity": row["severity"],
        "state": row["state"],
        "cases_7d": row["cases_7d"],
        "first_day": row["days"][0].isoformat(),
        "last_day": row["last_day"].isoformat(),
        "days": [day.isoformat() for day in row["days"]],
    }
