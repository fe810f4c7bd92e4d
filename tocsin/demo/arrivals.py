"""Travellers who arrived in Taiwan, by port and day, as its border controls counted them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from schemas.ports import ports
from tocsin.demo.days import closing
from tocsin.demo.tables import rows

AREA = "710000"
BORDER_CONTROL = "TW-BORDER"


@cache
def arrivals() -> Mapping[date, Mapping[str, int]]:
    """Return arrivals by day and port, 2020-01-01 to 2020-05-31: every port at which anybody arrived, zeros too."""
    counted: dict[date, dict[str, int]] = {}
    for row in rows("border_arrivals"):
        counted.setdefault(date.fromisoformat(row["date"]), {})[row["port"]] = int(row["arrivals"])
    return counted


def airports(day: date) -> Mapping[str, int]:
    """Return arrivals of a day at the airports that had any, in a fixed order."""
    known = ports()
    return {port: n for port, n in sorted(arrivals()[day].items()) if n and known[port].kind == "AIR"}


def observations() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield one observation a port and day, in order of release.

    The days before the demo's first are told as it begins, so that there is a baseline from the start.
    """
    for day, counted in sorted(arrivals().items()):
        told = closing(day)
        for port, count in sorted(counted.items()):
            yield (
                told,
                {
                    "issuer": BORDER_CONTROL,
                    "sender": BORDER_CONTROL,
                    "reported_at": told,
                    "reported_area": AREA,
                    "observation_id": f"arrivals-{port}-{day.isoformat()}",
                    "indicator": "arrivals",
                    "area": AREA,
                    "period_start": day,
                    "period_days": 1,
                    "count": count,
                    "port": port,
                },
            )
