"""Cumulative totals of provinces and the nation as published, beside the cities that the demo's reports are made of.

The page of reconciliation holds them against what the reports add up to: on 2020-02-12 the cities' rows of the same
table sum to 44,518, the nation's row says 58,839.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from tocsin.demo.arrivals import AREA, BORDER_CONTROL
from tocsin.demo.days import closing
from tocsin.demo.expansion import residence
from tocsin.demo.tables import rows

TABLE = "PUBLISHED-TABLE"
NATION = "000000"
CASES, DEATHS, CITIES = "published_cases_cumulative", "published_deaths_cumulative", "published_cities_cumulative"
_CRITERIA = ("clinical", "home_quarantine", "extended")


def _observation(issuer: str, indicator: str, area: str, day: date, count: int) -> tuple[datetime, dict[str, Any]]:
    told = closing(day)
    return told, {
        "issuer": issuer,
        "sender": issuer,
        "reported_at": told,
        "reported_area": area,
        "observation_id": f"{indicator}-{area}-{day.isoformat()}",
        "indicator": indicator,
        "area": area,
        "period_start": day,
        "period_days": 1,
        "count": count,
    }


def _cities() -> Counter[tuple[date, str]]:
    """Sums over the table's city rows, by day and province and for the nation."""
    summed: Counter[tuple[date, str]] = Counter()
    for row in rows("city_daily_cumulative"):
        day, count = date.fromisoformat(row["date"]), int(row["confirmed"])
        summed[day, residence(row["city_code"])[:2] + "0000"] += count
        summed[day, NATION] += count
    return summed


def observations() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield the totals of cases, deaths and cities' sums, and Taiwan's numbers of tests, in order of release.

    Deaths are told from the first on.
    """
    released = [
        _observation(TABLE, CITIES, area, day, count) for (day, area), count in sorted(_cities().items()) if count
    ]
    for row in rows("published_totals"):
        day, area = date.fromisoformat(row["date"]), row["area"]
        released.append(_observation(TABLE, CASES, area, day, int(row["confirmed"])))
        if int(row["dead"]):
            released.append(_observation(TABLE, DEATHS, area, day, int(row["dead"])))
    for row in rows("taiwan_tests"):
        day = date.fromisoformat(row["date"])
        for criterion in _CRITERIA:
            told, tests = _observation(BORDER_CONTROL, "tests_performed", AREA, day, int(row[criterion]))
            tests["observation_id"] += f"-{criterion}"
            tests["dimension"] = [{"name": "criterion", "value": criterion}]
            released.append((told, tests))
    yield from sorted(released, key=lambda item: item[0])
