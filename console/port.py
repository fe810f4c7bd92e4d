"""One port of entry: its curve, its origins and conveyances, who waits for a result, and what was to be expected."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from console import border
from console.assigned import marks
from console.import_forecast import WEEK, WEEKS, Counts, Json, Travel, number, rate
from console.ports import COUNTED, DAYS, alerts_of, described, months, totals
from console.warehouse import Row, Warehouse
from schemas.ports import ports
from schemas.symptoms import symptoms

SHOWN = 40
"""Conveyances and waiting results of one answer."""

_HERE = "port = {port:String}"


def port_page(warehouse: Warehouse, open_alerts: Iterable[Mapping[str, Any]], code: str, upto: dt.date) -> Json | None:
    """Return what is known of a port, or None where there is no such port."""
    port = ports().get(code)
    if port is None:
        return None
    first = upto - dt.timedelta(days=WEEK * WEEKS - 1)
    recent = upto - dt.timedelta(days=DAYS - 1)
    arrived = border.arrivals(warehouse, first, upto, code).get(code, {})
    by_day = border.declared(warehouse, first, upto, "day", _HERE, port=code)
    travel = Travel(warehouse, upto)
    lists = border.travellers(
        warehouse, "advance_passengers", travel.first, travel.last, "day, origin", _HERE, port=code
    )
    passengers = travel.by_day(lists, "travellers")
    by_origin = border.declared(warehouse, first, upto, "day, origin", _HERE, port=code)
    imports = travel.by_day(by_origin, "positive")
    late = [row for row in by_day if row["day"] >= recent]
    known = {day: count for day, count in arrived.items() if day >= recent}
    return {
        "port": described(port),
        "from": first.isoformat(),
        "recent_from": recent.isoformat(),
        "upto": upto.isoformat(),
        "totals": totals(late, known),
        "days": _days(first, upto, arrived, by_day),
        "weeks": [travel.week(passengers, imports, upto - dt.timedelta(days=WEEK * at)) for at in range(WEEKS)],
        "coming": travel.coming(passengers),
        "origins": _origins(travel, passengers, imports, [row for row in by_origin if row["day"] >= recent], upto),
        "conveyances": _conveyances(warehouse, code, recent, upto),
        "waiting": _waiting(warehouse, code, recent, upto),
        "waiting_in_all": sum(row["waiting"] for row in late),
        "months": months(warehouse, upto, code),
        "alerts": alerts_of(open_alerts, code),
        "marks": marks(*by_day, *lists),
    }


def _days(first: dt.date, upto: dt.date, arrived: Mapping[dt.date, int], rows: Iterable[Row]) -> Json:
    """Return columns by day; arrivals of a day that nobody told are null, and so is its rate."""
    days = [first + dt.timedelta(days=at) for at in range((upto - first).days + 1)]
    by_day = {row["day"]: row for row in rows}
    columns: dict[str, list[Any]] = {
        name: [by_day[day][name] if day in by_day else 0 for day in days] for name in COUNTED
    }
    rates = [rate(by_day[day]["ill"] if day in by_day else 0, arrived[day]) if day in arrived else None for day in days]
    return {"arrivals": [arrived.get(day) for day in days], **columns, "ill_rate": rates}


def _origins(
    travel: Travel,
    passengers: Counts,
    imports: Counts,
    rows: Iterable[Row],
    upto: dt.date,
) -> list[Json]:
    """Return the port's origins: declarations of four weeks, the last week's prediction, riskiest first."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        own = sums.setdefault(row["origin"], dict.fromkeys(COUNTED, 0))
        for name in COUNTED:
            own[name] += row[name]
    week = travel.days(upto - dt.timedelta(days=WEEK - 1), upto)
    risk = travel.risk(upto - dt.timedelta(days=WEEK - 1))
    found = []
    for at, origin in enumerate(travel.origins):
        listed = passengers[week, at].sum()
        if origin not in sums and not listed:
            continue
        alone = np.zeros_like(passengers)
        alone[:, at] = passengers[:, at]
        mean = number(1e5 * risk.mean[at])
        found.append(
            {
                "origin": origin,
                **sums.get(origin, dict.fromkeys(COUNTED, 0)),
                "risk_per_100000": mean,
                "week": travel.week(alone, imports, upto) if listed else None,
            }
        )
    missing = [{"origin": o, **s, "risk_per_100000": None, "week": None} for o, s in sums.items()
               if o not in travel.origins]  # fmt: skip

    def order(one: Json) -> tuple[float, int, int, str]:
        expected = one["week"]["expected"] if one["week"] else None
        return -(expected or 0.0), -one["positive"], -one["ill"], one["origin"]

    return sorted(found + missing, key=order)


def _conveyances(warehouse: Warehouse, port: str, first: dt.date, upto: dt.date) -> list[Json]:
    """Return the conveyances with ill travellers, most positive first, with the passengers on their lists."""
    rows = border.declared(
        warehouse, first, upto, "conveyance", f"{_HERE} AND conveyance IS NOT NULL",
        "groupUniqArray(5)(origin) AS origins, min(day) AS arrived", port=port,
    )  # fmt: skip
    rows.sort(key=lambda row: (-row["positive"], -row["ill"], -row["waiting"], row["conveyance"]))
    worst = [row for row in rows if row["ill"] or row["waiting"]][:SHOWN]
    if not worst:
        return []
    listed = border.travellers(
        warehouse, "advance_passengers", first, upto, "conveyance",
        f"{_HERE} AND conveyance IN {{conveyances:Array(String)}}",
        port=port, conveyances=[row["conveyance"] for row in worst],
    )  # fmt: skip
    passengers = {row["conveyance"]: row["travellers"] for row in listed}
    return [
        {
            "conveyance": row["conveyance"],
            "origins": sorted(row["origins"]),
            "arrived": row["arrived"].isoformat(),
            **{name: row[name] for name in COUNTED},
            "passengers": passengers.get(row["conveyance"]),
        }
        for row in worst
    ]


def _waiting(warehouse: Warehouse, port: str, first: dt.date, upto: dt.date) -> list[Json]:
    rows = border.waiting(warehouse, first, upto, SHOWN, _HERE, port=port)
    return [
        {
            "id": row["declaration_id"],
            "origin": row["origin"],
            "conveyance": row["conveyance"],
            "symptoms": [_symptom(code) for code in row["symptoms"]],
            "temperature_c": row["temperature_c"],
            "pathogen": row["pathogen"],
            "arrived": row["arrived"],
            "reported": row["reported"],
        }
        for row in rows
    ]


def _symptom(code: str) -> Json:
    zh, en = symptoms().get(code, (code, code))
    return {"code": code, "zh": zh, "en": en}
