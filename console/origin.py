"""One origin country: how risky its travellers were, what was expected of them and found, and at which ports."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from console import border
from console.assigned import marks
from console.import_forecast import LEARNING_DAYS, WEEK, WEEKS, Json, Travel, number
from console.ports import COUNTED, DAYS
from console.warehouse import Warehouse
from detectors import Reason
from schemas.countries import COUNTRIES
from schemas.ports import ports

_THERE = "origin_country = {origin:String}"


def origin_page(
    warehouse: Warehouse, open_alerts: Iterable[Mapping[str, Any]], code: str, upto: dt.date
) -> Json | None:
    """Return what is known of the travellers from a country, or None where there is no such country."""
    if code not in COUNTRIES:
        return None
    first = upto - dt.timedelta(days=WEEK * WEEKS - 1)
    recent = upto - dt.timedelta(days=DAYS - 1)
    travel = Travel(warehouse, upto)
    by_port = border.declared(warehouse, first, upto, "day, port", _THERE, origin=code)
    lists = border.travellers(
        warehouse, "advance_passengers", first, travel.last, "port, day", "origin = {origin:String}", origin=code
    )
    alone = np.zeros_like(travel.listed)
    if code in travel.origins:
        at = travel.origins.index(code)
        alone[:, at] = travel.listed[:, at]
    imports = alone * 0
    if code in travel.origins:
        imports[:, at] = travel.found[:, at]
    days = [first + dt.timedelta(days=i) for i in range((upto - first).days + 1)]
    daily = {name: dict.fromkeys(days, 0) for name in COUNTED}
    for row in by_port:
        for name in COUNTED:
            daily[name][row["day"]] += row[name]
    passengers = dict.fromkeys(days, 0)
    for row in lists:
        if row["day"] in passengers:
            passengers[row["day"]] += row["travellers"]
    return {
        "origin": code,
        "from": first.isoformat(),
        "recent_from": recent.isoformat(),
        "upto": upto.isoformat(),
        "risk": _risk(travel, code),
        "days": {
            "passengers": [passengers[day] or None for day in days],
            **{name: list(counts.values()) for name, counts in daily.items()},
        },
        "weeks": [travel.week(alone, imports, upto - dt.timedelta(days=WEEK * i)) for i in range(WEEKS)],
        "coming": travel.coming(alone),
        "ports": _ports([row for row in by_port if row["day"] >= recent], lists, recent, upto),
        "alerts": [
            alert for alert in open_alerts if alert["area"]["level"] == "origin" and alert["area"]["code"] == code
        ],
        "marks": marks(*by_port, *lists),
    }


def _risk(travel: Travel, code: str) -> Json:
    """Return the share of infected among the origin's travellers of the last four weeks, per 100,000."""
    risk = travel.risk(travel.today + dt.timedelta(days=1))
    at = travel.origins.index(code) if code in travel.origins else None
    if at is None or risk.reason[at] != Reason.JUDGED:
        return {"per_100000": None, "lower": None, "upper": None, "days": LEARNING_DAYS}
    return {
        "per_100000": number(1e5 * risk.mean[at]),
        "lower": number(1e5 * risk.lower[at]),
        "upper": number(1e5 * risk.upper[at]),
        "days": LEARNING_DAYS,
    }


def _ports(
    declared: Iterable[Mapping[str, Any]], lists: Iterable[Mapping[str, Any]], first: dt.date, upto: dt.date
) -> list[Json]:
    sums: dict[str, dict[str, int]] = {}
    for row in declared:
        own = sums.setdefault(row["port"], dict.fromkeys((*COUNTED, "passengers"), 0))
        for name in COUNTED:
            own[name] += row[name]
    for row in lists:
        if first <= row["day"] <= upto:
            own = sums.setdefault(row["port"], dict.fromkeys((*COUNTED, "passengers"), 0))
            own["passengers"] += row["travellers"]
    known = ports()
    found = [
        {
            "code": code,
            "zh": known[code].name_zh,
            "en": known[code].name_en,
            **own,
            "passengers": own["passengers"] or None,
        }
        for code, own in sums.items()
        if code in known
    ]
    return sorted(found, key=lambda one: (-one["positive"], -one["ill"], -(one["passengers"] or 0), one["code"]))
