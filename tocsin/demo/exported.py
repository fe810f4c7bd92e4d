"""What was known of other countries up to 2020-02-25: new cases a week, and tests on flights out of Wuhan.

Cases are those of a list collected from the press and from authorities, residents only; those that it dates. A week's
count per 100,000 residents is the incidence that a port expects of travellers from there. It was far too low, because
few were tested: arrivals above what it foretells are how that shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from tocsin.demo.days import FIRST_DAY, closing
from tocsin.demo.published_totals import NATION
from tocsin.demo.tables import rows

LIST = "EXPORTED-LIST"
_LAST_WEEK_ENDS = date(2020, 2, 25)
_WEEK = 7
_MILLIONS = (
    "KR51.3 IT60.5 JP126.5 IR84 SG5.85 HK7.5 US331 TH69.8 AU25.5 MY32.4 BH1.7 DE83.8 VN97.3 AE9.9 FR65.3 CA37.7 "
    "MO0.65 GB67.9 KW4.3 IQ40.2 ES46.8 OM5.1 IN1380 PH109.6 AT9 IL8.7 RU145.9 AF38.9 BE11.6 KH16.7 HR4.1 EG102.3 "
    "FI5.5 LB6.8 NP29.1 LK21.4 SE10.1 CH8.7"
)
"""Residents in 2020, rounded, as the United Nations estimate them."""

POPULATION = {entry[:2]: round(float(entry[2:]) * 1e6) for entry in _MILLIONS.split()}


def _told(indicator: str, number: str, day: date, told: datetime) -> dict[str, Any]:
    return {
        "issuer": LIST,
        "sender": LIST,
        "reported_at": told,
        "reported_area": NATION,
        "observation_id": f"{indicator}-{number}",
        "indicator": indicator,
        "area": NATION,
        "period_start": day,
    }


def _incidences() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield weeks from each country's first case on, those without new cases too."""
    cases: Counter[tuple[str, date]] = Counter()
    for row in rows("exported_cases"):
        cases[row["country"], date.fromisoformat(row["date"])] += int(row["cases"])
    for country, population in POPULATION.items():
        began = min((day for each, day in cases if each == country), default=None)
        last = _LAST_WEEK_ENDS
        while began is not None and last >= max(began, FIRST_DAY):
            first = last - timedelta(days=_WEEK - 1)
            count = sum(cases[country, first + timedelta(days=n)] for n in range(_WEEK))
            told = closing(last)
            yield (
                told,
                _told("origin_incidence", f"{country}-{first.isoformat()}", first, told)
                | {
                    "period_days": _WEEK,
                    "origin_country": country,
                    "count": count,
                    "denominator": population,
                    "value": round(1e5 * count / population, 6),
                },
            )
            last = first - timedelta(days=1)


def _flights() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield those of the fifteen rows of flights that say how many were tested and how many of them positive."""
    for row in rows("repatriation_flights"):
        if not row["tested"] or not row["positive"]:
            continue
        day, flight, destination = date.fromisoformat(row["date"]), row["flight"], row["destination"]
        told = closing(day)
        dimensions = {"from": "wuhan", "destination": destination, "passengers": row["passengers"]}
        yield (
            told,
            _told("positive_tests", f"{flight}-{destination}", day, told)
            | {
                "period_days": 1,
                "origin_country": "CN",
                "conveyance": flight,
                "count": int(row["positive"]),
                "denominator": int(row["tested"]),
                "dimension": [{"name": name, "value": value} for name, value in dimensions.items()],
            },
        )


def observations() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield both, in order of release."""
    yield from sorted([*_incidences(), *_flights()], key=lambda item: item[0])
