"""Published totals held against what the case reports add up to: by province on one day, by day for one place."""

import datetime as dt
from itertools import accumulate
from typing import Any

from catalogue.model import Catalogue
from console.standing import standing_within
from console.warehouse import Row, Warehouse
from schemas.areas import PROVINCE, areas
from sinks import observations

PUBLISHED = "published_cases_cumulative"
PARTS = "published_cities_cumulative"
"""The sum of the published table's own parts, where it was told: it too may differ from the table's total."""

NATION = "000000"
LONGEST_DAYS = 400

Json = dict[str, Any]


def reconciliation(
    warehouse: Warehouse, catalogue: Catalogue, disease: str, area: str, on: dt.date | None, today: dt.date
) -> Json | None:
    """Return both figures, and their difference, for every province on a day and for one place on every day.

    Parameters
    ----------
    warehouse
        Where observations and aggregates are.
    catalogue
        Which signal counts a disease's cases.
    disease
        Code; empty is the disease of which most cases were reported. A published total that names a disease in its
        dimension belongs to that one only.
    area
        The place of the curve: a province's code, or the nation's.
    on
        The day of the table; None is the newest published one.
    today
        Civil day of the clock.

    Returns
    -------
    mapping or None
        None where there is no such disease or place. ``reported`` is the number of case reports up to the day, by
        report day, as the system counts them now: revised and retracted ones as they stand today.
    """
    first = today - dt.timedelta(days=LONGEST_DAYS - 1)
    signals = {signal.disease: signal.id for signal in catalogue.signals.values() if signal.id.endswith(".cases")}
    chosen = disease or _busiest(warehouse, signals, first, today)
    if chosen not in signals or (area != NATION and area not in _provinces()):
        return None
    published = _published(warehouse, chosen, first, today)
    told = sorted({day for by_day in published[PUBLISHED].values() for day in by_day})
    day = on or (told[-1] if told else None)
    counted = _reported(warehouse, signals[chosen], first, today)
    return {
        "disease": chosen,
        "diseases": [
            {"code": code, "zh": catalogue.diseases[code].name_zh, "en": catalogue.diseases[code].name_en}
            for code in sorted(signals)
            if catalogue.diseases[code].parent is None
        ],
        "day": day.isoformat() if day else None,
        "days": [told[0].isoformat(), told[-1].isoformat()] if told else None,
        "rows": _rows(published, counted, day) if day else [],
        "area": _place(area),
        "curve": _curve(published, counted, area, told),
        "today": today.isoformat(),
    }


def _provinces() -> frozenset[str]:
    table = areas()
    return frozenset(str(code) for code in table.code[table.level == PROVINCE])


def _place(code: str) -> Json:
    table = areas()
    node = table.index(code)
    return {"code": code, "zh": str(table.name_zh[node]), "en": str(table.name_en[node])}


def _busiest(warehouse: Warehouse, signals: dict[str, str], first: dt.date, today: dt.date) -> str:
    rows = warehouse.rows(
        "busiest",
        f"SELECT signal, sum(count) AS cases FROM {warehouse.database}.aggregates\n"
        "WHERE signal IN {signals:Array(String)} AND level = 'nation'\n"
        "AND day >= {from:Date32} AND day <= {upto:Date32}\n"
        "GROUP BY signal ORDER BY cases DESC, signal LIMIT 1",
        {"signals": sorted(signals.values()), "from": first, "upto": today},
    )
    busiest = rows[0]["signal"] if rows else min(signals.values())
    return next(code for code, signal in signals.items() if signal == busiest)


def _published(
    warehouse: Warehouse, disease: str, first: dt.date, today: dt.date
) -> dict[str, dict[str, dict[dt.date, int]]]:
    """Return the published totals by indicator, place and day; of several issuers the one that told last."""
    days = "indicator IN {indicators:Array(String)} AND period_start >= {from:Date32} AND period_start <= {upto:Date32}"
    columns = "indicator, area, period_start AS day, count, dimension, reported_at, _offset"
    inner = standing_within(warehouse.database, observations.RECORDS, columns, days)
    rows: list[Row] = warehouse.rows(
        "published",
        f"SELECT indicator, area, day, argMax(count, (reported_at, _offset)) AS told FROM ({inner})\n"
        "WHERE count IS NOT NULL AND (NOT arrayExists(d -> startsWith(d, 'disease='), dimension)\n"
        "  OR has(dimension, concat('disease=', {disease:String})))\n"
        "GROUP BY indicator, area, day",
        {"indicators": [PUBLISHED, PARTS], "from": first, "upto": today, "disease": disease},
    )
    found: dict[str, dict[str, dict[dt.date, int]]] = {PUBLISHED: {}, PARTS: {}}
    for row in rows:
        found[row["indicator"]].setdefault(row["area"], {})[row["day"]] = row["told"]
    return found


def _reported(warehouse: Warehouse, signal: str, first: dt.date, today: dt.date) -> dict[str, dict[dt.date, int]]:
    """Return the case reports up to each day, by province and for the nation."""
    rows = warehouse.rows(
        "reported",
        f"SELECT area, day, sum(count) AS cases FROM {warehouse.database}.aggregates\n"
        "WHERE signal = {signal:String} AND level IN ('province', 'nation') AND day <= {upto:Date32}\n"
        "GROUP BY area, day ORDER BY area, day",
        {"signal": signal, "upto": today},
    )
    daily: dict[str, dict[dt.date, int]] = {}
    for row in rows:
        daily.setdefault(row["area"], {})[row["day"]] = row["cases"]
    return {area: dict(zip(by_day, accumulate(by_day.values()), strict=True)) for area, by_day in daily.items()}


def _upto(cumulative: dict[dt.date, int], day: dt.date) -> int:
    """Return a running total on a day: days without a case are not listed."""
    return next((total for at, total in reversed(cumulative.items()) if at <= day), 0)


def _rows(
    published: dict[str, dict[str, dict[dt.date, int]]], counted: dict[str, dict[dt.date, int]], day: dt.date
) -> list[Json]:
    """Return one row a place, the nation first, then the largest differences."""
    places = {area for by_area in published.values() for area, days in by_area.items() if day in days}
    places |= {area for area, days in counted.items() if _upto(days, day)}
    rows: list[Json] = []
    for area in places & (_provinces() | {NATION}):
        told = published[PUBLISHED].get(area, {}).get(day)
        reported = _upto(counted.get(area, {}), day)
        rows.append(
            {
                "area": _place(area),
                "published": told,
                "parts": published[PARTS].get(area, {}).get(day),
                "reported": reported,
                "difference": None if told is None else reported - told,
            }
        )
    rows.sort(key=lambda row: (row["area"]["code"] != NATION, -abs(row["difference"] or 0), row["area"]["code"]))
    return rows


def _curve(
    published: dict[str, dict[str, dict[dt.date, int]]],
    counted: dict[str, dict[dt.date, int]],
    area: str,
    told: list[dt.date],
) -> Json | None:
    if not told:
        return None
    days = [told[0] + dt.timedelta(days=at) for at in range((told[-1] - told[0]).days + 1)]
    ours = counted.get(area, {})
    running = 0
    reported: list[int] = []
    for day in days:
        running = ours.get(day, running) if reported else _upto(ours, day)
        reported.append(running)
    return {
        "from": told[0].isoformat(),
        "published": [published[PUBLISHED].get(area, {}).get(day) for day in days],
        "parts": [published[PARTS].get(area, {}).get(day) for day in days],
        "reported": reported,
    }
