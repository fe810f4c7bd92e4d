"""Passenger lists that airlines would send ahead: generated, because arrivals by port and origin are published nowhere.

The sum over a port's flights follows its real arrivals of the day; how they divide over origins is ours. Flight numbers
begin with DEMO, which is no airline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from tocsin.demo.arrivals import AREA, airports
from tocsin.demo.chance import GENERATED, dice
from tocsin.demo.days import FIRST_DAY, LAST_DAY, at, days_between

ENTRY_BAN = date(2020, 3, 19)
"""From this day only residents came in, most of them from farther away than tourists do."""

_SEATS = 300
_FEWEST = 12
"""An origin with fewer passengers has no flight that day; they come with the next one."""

_BEFORE = "JP22 HK14 CN12 KR8 US8 VN6 TH6 PH5 SG4 MY4 ID4 MO2 GB2 AU2 CA2 DE1 FR1 NL1 TR1 AE1"
_AFTER = "US30 GB14 JP8 HK8 CN6 ID6 PH4 VN4 TH4 SG3 MY3 CA3 AU3 DE3 FR3 NL2 TR2 AE2 KR2"
_NEARER = {"TWTSA": "JP CN KR", "TWRMQ": "HK CN VN JP MO", "TWTNN": "JP HK VN", "TWHUN": "JP HK KR"}
"""Airports with regional flights only."""


@dataclass(frozen=True, slots=True)
class Flight:
    """One flight of one day.

    Attributes
    ----------
    port
        Where it lands.
    origin
        ISO 3166 alpha-2 of where it comes from.
    conveyance
        Number and day.
    passengers
        On its list.
    """

    port: str
    origin: str
    conveyance: str
    passengers: int


def _weights(port: str, day: date) -> dict[str, int]:
    found = {entry[:2]: int(entry[2:]) for entry in (_BEFORE if day < ENTRY_BAN else _AFTER).split()}
    near = _NEARER.get(port)
    return {origin: weight for origin, weight in found.items() if near is None or origin in near.split()}


@cache
def flights(day: date) -> Sequence[Flight]:
    """Return the flights of a day at all airports."""
    listed: list[Flight] = []
    for port, arrived in airports(day).items():
        draw = dice("flights", port, day)
        weights = _weights(port, day)
        rest, left = round(arrived * draw.uniform(0.95, 1.05)), sum(weights.values())
        for origin, weight in weights.items():
            share = min(rest, round(rest * weight / left * draw.uniform(0.8, 1.2))) if left > weight else rest
            share = share if share >= _FEWEST or left == weight else 0
            rest, left = rest - share, left - weight
            planes = -(-share // _SEATS)
            for plane in range(planes):
                code = f"DEMO{port[2:]}{origin}{plane + 1:02d}-{day:%Y%m%d}"
                listed.append(Flight(port, origin, code, (share + plane) // planes))
    return listed


def observations() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield one observation a flight, told in the evening before it lands."""
    for day in days_between(FIRST_DAY + timedelta(days=1), LAST_DAY):
        told = at(day - timedelta(days=1), 20)
        for flight in flights(day):
            yield (
                told,
                {
                    "issuer": GENERATED,
                    "sender": GENERATED,
                    "reported_at": told,
                    "reported_area": AREA,
                    "observation_id": f"passengers-{flight.conveyance}",
                    "indicator": "advance_passengers",
                    "area": AREA,
                    "period_start": day,
                    "period_days": 1,
                    "count": flight.passengers,
                    "port": flight.port,
                    "origin_country": flight.origin,
                    "conveyance": flight.conveyance,
                },
            )
