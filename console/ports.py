"""All ports of entry: who arrived, who was ill, and in which order to look at them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from catalogue.model import SEVERITIES
from console import border, naming
from console.assigned import marks
from console.import_forecast import WEEK, Counts, Json, Travel, number, rate, summed
from console.warehouse import Row, Warehouse
from detectors.epidemic.expected_imports import origin_risk
from schemas.areas import LEVELS, areas
from schemas.ports import Port, ports

DAYS = 28
"""Days that the list sums up."""

MONTHS = 12

COUNTED = ("declarations", "ill", "positive", "waiting")


def described(port: Port) -> Json:
    """Return a port as the page names it."""
    return {
        "code": port.code,
        "zh": port.name_zh,
        "en": port.name_en,
        "kind": port.kind,
        "area": naming.area(port.area, LEVELS[areas().level[areas().index(port.area)]]),
        "lon": port.lon,
        "lat": port.lat,
    }


def alerts_of(open_alerts: Iterable[Mapping[str, Any]], port: str) -> list[Mapping[str, Any]]:
    """Return the open alerts of a port and of what arrived there, worst first."""
    found = [
        alert
        for alert in open_alerts
        if alert["area"]["level"] in ("port", "conveyance") and alert["area"]["code"].split("/")[0] == port
    ]
    return sorted(found, key=lambda alert: (-SEVERITIES.index(alert["severity"]), -alert["opened_at"]))


def totals(rows: Iterable[Row], arrived: Mapping[dt.date, int]) -> Json:
    """Return what a port's declarations add up to, and the rate of the ill on the days whose arrivals are known."""
    listed = list(rows)
    known = [row for row in listed if row["day"] in arrived]
    among = sum(arrived.values())
    return {
        **summed(listed, COUNTED),
        "arrivals": among if arrived else None,
        "arrival_days": len(arrived),
        "ill_rate": rate(sum(row["ill"] for row in known), among),
        "import_rate": rate(sum(row["positive"] for row in known), among),
    }


def going_on(rows: Iterable[Row], arrived: Mapping[dt.date, int], upto: dt.date, usual: float) -> float | None:
    """Return how many imports a week brings if it goes on as in the last four; None where arrivals are not known.

    Parameters
    ----------
    rows
        The port's declarations by day.
    arrived
        Its arrivals by day.
    upto
        Last day.
    usual
        Imports per arrival at all ports: what a port of few arrivals is believed to have, worth half a case.
    """
    if not arrived:
        return None
    among = sum(arrived.values())
    imports = sum(row["positive"] for row in rows if row["day"] in arrived) if among else 0
    week = sum(count for day, count in arrived.items() if day > upto - dt.timedelta(days=WEEK))
    return float(origin_risk([imports], [among], [usual]).mean[0] * week)


def usual_share(rows: Iterable[Row], arrived: Mapping[str, Mapping[dt.date, int]]) -> float | None:
    """Return imports per arrival at all ports, on days whose arrivals are known; None where none are."""
    among = sum(sum(days.values()) for days in arrived.values())
    imports = sum(row["positive"] for row in rows if row["day"] in arrived.get(row["port"], {}))
    return (imports + 0.5) / among if among else None


def months(warehouse: Warehouse, upto: dt.date, port: str = "") -> list[Json]:
    """Return imports, arrivals and their rate by month of arrival, newest first.

    Only ports and days whose arrivals are known count, above the line as below it.
    """
    first = dt.date(upto.year + (upto.month - MONTHS) // 12, (upto.month - MONTHS) % 12 + 1, 1)
    arrived = border.arrivals(warehouse, first, upto, port)
    imports = border.positives(warehouse, first, upto, "day, port", port)
    by_month: dict[str, Json] = {}

    def month(day: dt.date) -> Json:
        key = day.strftime("%Y-%m")
        return by_month.setdefault(key, {"month": key, "arrivals": 0, "imports": 0, "elsewhere": 0, "days": set()})

    for days in arrived.values():
        for day, count in days.items():
            month(day)["arrivals"] += count
            month(day)["days"].add(day)
    for row in imports:
        known = row["day"] in arrived.get(row["port"], {})
        month(row["day"])["imports" if known else "elsewhere"] += row["positive"]
    return [
        {**one, "days": len(one["days"]), "rate": rate(one["imports"], one["arrivals"])}
        for _, one in sorted(by_month.items(), reverse=True)
    ]


def port_list(warehouse: Warehouse, open_alerts: Iterable[Mapping[str, Any]], upto: dt.date) -> Json:
    """Return every port that anything is known of, the riskiest first.

    A port's risk is the number of imports to be expected there in a week: what its last four weeks make if they go on,
    or what the newest seven days of passenger lists make at the risk of their origins, if that is more.
    """
    first = upto - dt.timedelta(days=DAYS - 1)
    arrived = border.arrivals(warehouse, first, upto)
    declared: dict[str, list[Row]] = {}
    rows = border.declared(warehouse, first, upto, "port, day")
    for row in rows:
        declared.setdefault(row["port"], []).append(row)
    usual = usual_share(rows, arrived)
    travel = Travel(warehouse, upto, weeks=1)
    listed, lists = _listed(warehouse, travel)
    alerts = list(open_alerts)
    found = []
    for port in ports().values():
        own, days = declared.get(port.code, []), arrived.get(port.code, {})
        at_port = alerts_of(alerts, port.code)
        if not own and not days and not at_port and port.code not in listed:
            continue
        found.append(_port(port, own, days, at_port, travel, listed.get(port.code), usual))
    found.sort(key=lambda one: (one["risk"] is None, -(one["risk"] or 0), -one["positive"], -one["ill"], one["code"]))
    return {
        "from": first.isoformat(),
        "upto": upto.isoformat(),
        "ports": found,
        "silent": len(ports()) - len(found),
        "months": months(warehouse, upto),
        "marks": marks(*rows, *lists),
    }


def _listed(warehouse: Warehouse, travel: Travel) -> tuple[dict[str, Counts], list[Row]]:
    """Return passengers by port, as arrays (days, origins) of the last week and of what is to come."""
    since = travel.today - dt.timedelta(days=WEEK - 1)
    rows = border.travellers(warehouse, "advance_passengers", since, travel.last, "port, day, origin")
    by_port: dict[str, list[Row]] = {}
    for row in rows:
        by_port.setdefault(row["port"], []).append(row)
    return {port: travel.by_day(own, "travellers") for port, own in by_port.items()}, rows


def _port(
    port: Port,
    rows: list[Row],
    arrived: Mapping[dt.date, int],
    alerts: list[Mapping[str, Any]],
    travel: Travel,
    passengers: Counts | None,
    usual: float | None,
) -> Json:
    lists = None if passengers is None else travel.latest(passengers)
    past = None if usual is None else going_on(rows, arrived, travel.today, usual)
    told = [value for value in (past, lists["expected"] if lists else None) if value is not None]
    return {
        **described(port),
        **totals(rows, arrived),
        "going_on": None if past is None else number(past),
        "lists": lists,
        "risk": number(max(told)) if told else None,
        "alerts": [{"id": alert["id"], "severity": alert["severity"]} for alert in alerts],
    }
