"""Senders that do not check: what intake refuses, and what it has seen before, so that there is something to look at.

One record is real: a specimen verified before it was received. The others are generated, with the faults that senders
make: Fahrenheit, a code that does not exist, an onset in the future, a telephone number in the place of the card's.
None is accepted. One laboratory sends some of its results twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.sources import CASE_REPORTS, ENTRY_DECLARATIONS, LAB_RESULTS, OBSERVATIONS, Source, sources
from schemas.topics import Topics
from streams.publisher import Publisher
from tocsin.demo import laboratory, typings
from tocsin.demo.chance import GENERATED, dice
from tocsin.demo.days import FIRST_DAY, LAST_DAY, at, days_between

_NAME = f"{GENERATED}-CARELESS"
_AREA = "420102"
_TEST_NUMBER = "13800138000"
"""Nobody's: the operator's own, for tests."""

_EVERY_DAYS = 3
_TWICE = 0.05


class Careless(Publisher):
    """A publisher as a careless program would be: it sends whatever has the fields of the schema."""

    def _checked(self, records: Sequence[Mapping[str, Any]], now: NDArray[np.int64]) -> pl.DataFrame:
        del records, now
        return pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String, "field": pl.String})


def careless(source: Source) -> str:
    """Return the name under which a replay finds the careless publisher of a source."""
    return f"{source.name}, unchecked"


@contextmanager
def careless_publishers(bootstrap: str, topics: Topics) -> Iterator[dict[str, Publisher]]:
    """Start a careless publisher for each source."""
    with ExitStack() as stack:
        yield {
            careless(source): stack.enter_context(Careless(bootstrap, source=source, topics=topics))
            for source in sources().values()
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """A sound record's fields that are replaced, and what intake says of it."""

    source: Source
    reason: str
    field: str
    replaced: Mapping[str, Any]


_FAULTS = (
    Fault(CASE_REPORTS, "date_in_future", "onset_date", {"onset_date": LAST_DAY + timedelta(days=1)}),
    Fault(ENTRY_DECLARATIONS, "value_out_of_range", "temperature_c", {"temperature_c": 98.6}),
    Fault(CASE_REPORTS, "unknown_disease", "disease", {"disease": "2019-ncov"}),
    Fault(CASE_REPORTS, "identifier_found", "report_id", {"report_id": f"C-{_TEST_NUMBER}"}),
    Fault(OBSERVATIONS, "count_above_denominator", "count", {"count": 12, "denominator": 11}),
    Fault(CASE_REPORTS, "unknown_area", "residence_area", {"residence_area": "420199"}),
    Fault(ENTRY_DECLARATIONS, "unknown_port", "port", {"port": "WUHAN"}),
)


def _sound(source: Source, day: date, told: datetime) -> dict[str, Any]:
    common = {
        "issuer": _NAME,
        "revision": 1,
        "action": "REPORT",
        "sender": _NAME,
        "reported_at": told,
        "reported_area": _AREA,
        source.key: f"{source.record}-{day:%Y%m%d}",
    }
    own: dict[str, dict[str, Any]] = {
        CASE_REPORTS.name: {
            "disease": "mumps",
            "classification": "CLINICAL",
            "residence_area": _AREA,
            "origin": 1,
        },
        ENTRY_DECLARATIONS.name: {
            "port": "CNWUH",
            "arrived_at": told,
            "origin_country": "TH",
            "transport": "AIR",
        },
        OBSERVATIONS.name: {
            "indicator": "outpatient_ili",
            "area": _AREA,
            "period_start": day,
            "period_days": 1,
            "count": 10,
            "denominator": 400,
        },
    }
    return common | own[source.name]


def faulty() -> Iterator[tuple[datetime, Fault, dict[str, Any]]]:
    """Yield faulty records in order of release, each with its fault."""
    for number, day in enumerate(days_between(FIRST_DAY, LAST_DAY)[::_EVERY_DAYS]):
        fault, told = _FAULTS[number % len(_FAULTS)], at(day, 11, 7)
        yield told, fault, {**_sound(fault.source, day, told), **fault.replaced}


def _twice() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Yield results that a laboratory sends again three hours later, as they were."""
    for told, record in typings.results():
        if record["issuer"].endswith("SHENZHEN") and dice("twice", record["result_id"]).random() < _TWICE:
            yield told + timedelta(hours=3), record


def records() -> Iterator[tuple[datetime, Source, dict[str, Any]]]:
    """Yield all of it with its source, in order of release."""
    released = [(told, fault.source, record) for told, fault, record in faulty()]
    released += [(told, LAB_RESULTS, record) for told, record in (*_twice(), *laboratory.impossible())]
    yield from sorted(released, key=lambda item: item[0])
