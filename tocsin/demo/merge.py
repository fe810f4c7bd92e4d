"""All sources of the demo in one order: that in which each record became known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from typing import Any

from schemas.sources import CASE_REPORTS, ENTRY_DECLARATIONS, LAB_RESULTS, OBSERVATIONS, Source
from tocsin.demo import (
    arrivals,
    declarations,
    expansion,
    exported,
    laboratory,
    passengers,
    published_totals,
    taiwan,
    typings,
    unchecked,
)
from tocsin.replay import Released

_STREAMS: tuple[tuple[Source, Callable[[], Iterator[tuple[datetime, dict[str, Any]]]]], ...] = (
    (CASE_REPORTS, expansion.case_reports),
    (CASE_REPORTS, taiwan.case_reports),
    (LAB_RESULTS, laboratory.results),
    (LAB_RESULTS, typings.results),
    (ENTRY_DECLARATIONS, declarations.declarations),
    (OBSERVATIONS, arrivals.observations),
    (OBSERVATIONS, passengers.observations),
    (OBSERVATIONS, published_totals.observations),
    (OBSERVATIONS, exported.observations),
)


def _released(source: Source, stream: Iterator[tuple[datetime, dict[str, Any]]]) -> Iterator[Released]:
    for moment, record in stream:
        yield Released(int(moment.timestamp() * 1000), record, source.name)


def _careless() -> Iterator[Released]:
    for moment, source, record in unchecked.records():
        yield Released(int(moment.timestamp() * 1000), record, unchecked.careless(source))


def sound() -> Iterator[Released]:
    """Yield every record that intake accepts, in ascending order of moments."""
    return merge(*(_released(source, stream()) for source, stream in _STREAMS), key=lambda item: item.moment)


def releases() -> Iterator[Released]:
    """Yield every record of the demo, in ascending order of moments."""
    return merge(sound(), _careless(), key=lambda item: item.moment)
