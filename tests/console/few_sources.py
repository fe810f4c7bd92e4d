"""A few records of laboratories, ports and published totals, beside the reports of the shared world."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sinks import entry_declarations, lab_results, observations
from sinks.client import Address
from tests.console.landed import Landed
from tests.console.world import moment

PORT, ORIGIN, LAB = "CNPVG", "IT", "420100L01"
_LAST = dt.date(2020, 1, 30)


def _days() -> Iterator[dt.date]:
    return (_LAST - dt.timedelta(days=back) for back in range(45, -1, -1))


def _declarations() -> Iterator[dict[str, Any]]:
    for at, day in enumerate(_days()):
        told = moment(f"{day} 09:30")
        late = at > 38
        yield {
            "declaration_id": f"D{at}", "port": PORT, "reported_at": told, "arrived_at": told - 3_600_000,
            "origin_country": ORIGIN if late else "TH", "transport": "AIR", "symptoms": ["fever", "cough"],
            "temperature_c": 38.2, "conveyance": f"MU{at}", "pathogen": "sars_cov_2",
            "test_result": "PENDING" if day == _LAST else "POSITIVE" if late else "NEGATIVE",
        }  # fmt: skip


def _counted(indicator: str, name: str, area: str, day: dt.date, **more: Any) -> dict[str, Any]:
    return {
        "observation_id": f"{name}-{day}", "indicator": indicator, "area": area, "reported_at": moment(f"{day} 08:00"),
        "period_start": day, "period_days": 1, **more,
    }  # fmt: skip


def _observations() -> Iterator[dict[str, Any]]:
    for at, day in enumerate(_days()):
        yield _counted("arrivals", "A", "310115", day, count=9000 + at, port=PORT)
        for origin, count in ((ORIGIN, 300), ("TH", 500)):
            yield _counted("advance_passengers", f"L{origin}", "310115", day, count=count, port=PORT,
                           origin_country=origin, conveyance=f"MU{at}")  # fmt: skip
        yield _counted("published_cases_cumulative", "N", "000000", day, count=at * at * 3)
        yield _counted("published_cases_cumulative", "H", "420000", day, count=at * at * 2)


def _results() -> Iterator[dict[str, Any]]:
    for at, day in enumerate(_days()):
        told = moment(f"{day} 16:00")
        positive = at % 5 == 0
        yield {
            "result_id": f"R{at}", "specimen_id": f"S{at}", "specimen_type": "sputum", "test": "94500-6",
            "pathogen": "sars_cov_2", "result": "POSITIVE" if positive else "NEGATIVE", "status": "FINAL",
            "area": "420106", "reported_at": told, "resulted_at": told, "received_at": told - 8 * 3_600_000,
            "collected_at": told - 30 * 3_600_000, "subtype": "B.1" if positive else None,
            "report_id": f"W{at}" if positive else None,
        }  # fmt: skip


def few_sources(address: Address) -> None:
    """Lay them into a database that the shared world fills too."""
    landed = Landed(address)
    landed.take(entry_declarations.RECORDS, _declarations())
    landed.take(observations.RECORDS, _observations())
    landed.take(lab_results.RECORDS, _results())
    landed.database.close()
