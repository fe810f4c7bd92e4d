"""All sources of the demo in one order: that in which each record became known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from typing import Any

from schemas.sources import CASE_REPORTS, ENTRY_DECLARATIONS, OBSERVATIONS, Source
from tocsin.demo import arrivals, declarations, expansion, passengers, taiwan
from tocsin.replay import Released

_STREAMS: tuple[tuple[Source, Callable[[], Iterator[tuple[datetime, dict[str, Any]]]]], ...] = (
    (CASE_REPORTS, expansion.case_reports),
    (CASE_REPORTS, taiwan.case_reports),
    (ENTRY_DECLARATIONS, declarations.declarations),
    (OBSERVATIONS, arrivals.observations),
    (OBSERVATIONS, passengers.observations),
)


def _released(source: Source, stream: Iterator[tuple[datetime, dict[str, Any]]]) -> Iterator[Released]:
    for moment, record in stream:
        yield Released(int(moment.timestamp() * 1000), record, source.name)


def releases() -> Iterator[Released]:
    """Yield every record of the demo, in ascending order of moments."""
    return merge(*(_released(source, stream()) for source, stream in _STREAMS), key=lambda item: item.moment)
