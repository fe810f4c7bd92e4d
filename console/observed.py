"""What observations say, indicator by indicator: newest figures, the bounds they are believed in, what was refused."""

import datetime as dt
from typing import Any

from console.assigned import COUNTS, marks
from console.standing import standing_within
from console.warehouse import Row, Warehouse
from schemas.areas import areas
from schemas.indicators import Indicator, indicators
from schemas.ports import ports
from schemas.sources import OBSERVATIONS
from sinks import observations

DAYS = 28
AHEAD_DAYS = 14
SHOWN = 200

Json = dict[str, Any]


def described(indicator: Indicator) -> Json:
    """Return an indicator as the page names it."""
    return {
        "code": indicator.code,
        "zh": indicator.name_zh,
        "en": indicator.name_en,
        "kind": indicator.kind,
        "unit": indicator.unit,
        "low": indicator.low,
        "high": indicator.high,
        "future_days": indicator.future_days,
    }


def indicator_list(warehouse: Warehouse, upto: dt.date) -> Json:
    """Return every indicator with what came of it lately, and what was refused of all observations and why."""
    first = upto - dt.timedelta(days=DAYS - 1)
    days = "period_start >= {from:Date32} AND period_start <= {upto:Date32}"
    inner = standing_within(
        warehouse.database, observations.RECORDS, "indicator, area, port, issuer, period_start, arrived_at", days
    )
    rows = warehouse.rows(
        "indicators",
        "SELECT indicator, count() AS records, uniqExact(area) AS areas, uniqExactIf(port, isNotNull(port)) AS ports,\n"
        f"max(period_start) AS newest, max(toUnixTimestamp64Milli(arrived_at)) AS arrived, {COUNTS}\n"
        f"FROM ({inner}) GROUP BY indicator",
        {"from": first, "upto": upto + dt.timedelta(days=AHEAD_DAYS)},
    )
    by_code = {row["indicator"]: row for row in rows}
    return {
        "from": first.isoformat(),
        "upto": upto.isoformat(),
        "indicators": [_lately(indicator, by_code.get(indicator.code)) for indicator in indicators().values()],
        "refused": _refused(warehouse),
        "marks": marks(*rows),
    }


def _lately(indicator: Indicator, row: Row | None) -> Json:
    if row is None:
        return {**described(indicator), "records": 0, "areas": 0, "ports": 0, "newest": None}
    return {
        **described(indicator),
        **{name: row[name] for name in ("records", "areas", "ports", "assigned", "generated")},
        "newest": row["newest"].isoformat(),
    }


def _refused(warehouse: Warehouse) -> list[Json]:
    """Return the reasons for which observations were refused, over all time: what lies beyond its bounds is one."""
    return warehouse.rows(
        "refused_observations",
        "SELECT reason, field, count() AS records, uniqExact(sender) AS senders, "
        f"max(toUnixTimestamp64Milli(clock)) AS last FROM {warehouse.database}.verdicts\n"
        "WHERE topic = {topic:String} AND verdict = 'rejected' GROUP BY reason, field ORDER BY records DESC, reason",
        {"topic": OBSERVATIONS.name},
    )


def indicator_page(warehouse: Warehouse, code: str, upto: dt.date) -> Json | None:
    """Return the newest figure of an indicator for every place and division, or None where there is no such one."""
    indicator = indicators().get(code)
    if indicator is None:
        return None
    days = "indicator = {indicator:String} AND period_start >= {from:Date32} AND period_start <= {upto:Date32}"
    inner = standing_within(
        warehouse.database,
        observations.RECORDS,
        "area, port, site, origin_country, dimension, period_start, period_days, count, denominator, value, issuer",
        days,
    )
    first = upto - dt.timedelta(days=DAYS - 1)
    rows = warehouse.rows(
        "indicator",
        "SELECT area, port, site, origin_country AS origin, dimension, max(period_start) AS day,\n"
        + ", ".join(f"argMax({name}, (period_start, issuer)) AS last_{name}" for name in _FIGURES)
        + f", {COUNTS}\nFROM ({inner}) GROUP BY area, port, site, origin, dimension\n"
        f"ORDER BY day DESC, ifNull(last_count, 0) DESC, area, port LIMIT {SHOWN + 1}",
        {"from": first, "upto": upto + dt.timedelta(days=AHEAD_DAYS), "indicator": code},
    )
    return {
        "indicator": described(indicator),
        "from": first.isoformat(),
        "upto": upto.isoformat(),
        "figures": [_figure(indicator, row) for row in rows[:SHOWN]],
        "more": len(rows) > SHOWN,
        "marks": marks(*rows),
    }


_FIGURES = ("count", "denominator", "value", "period_days")


def _figure(indicator: Indicator, row: Row) -> Json:
    told = row["last_count"] if row["last_count"] is not None else row["last_value"]
    table = areas()
    node = table.index(row["area"])
    port = ports().get(row["port"]) if row["port"] else None
    return {
        "area": {"code": row["area"], "zh": str(table.name_zh[node]), "en": str(table.name_en[node])},
        "port": {"code": port.code, "zh": port.name_zh, "en": port.name_en} if port else None,
        "site": row["site"],
        "origin": row["origin"],
        "dimension": list(row["dimension"]),
        "day": row["day"].isoformat(),
        **{name: row[f"last_{name}"] for name in _FIGURES},
        # The rules of today: a figure may have been accepted when its bounds were wider.
        "beyond": told is not None and not indicator.low <= told <= indicator.high,
        "assigned": bool(row["assigned"] or row["generated"]),
    }
