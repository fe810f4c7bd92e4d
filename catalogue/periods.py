"""Dated entries: from a first to a last day, both included, either of them open."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from catalogue.document import Value

KEYS = ("from", "to")
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of one dated entry, and the fields of the entry."""

    valid_from: dt.date | None
    valid_to: dt.date | None
    fields: dict[str, Value]
    place: Value


def read_periods(
    entries: Value, allowed: Sequence[str], required: Sequence[str] = (), *, gapless: bool
) -> list[Period]:
    """Return the entries of a list in order of time.

    Raises
    ------
    CatalogueError
        If two entries overlap or stand in the wrong order or, with `gapless`, if some day has no entry.
    """
    found: list[Period] = []
    for entry in entries.items():
        fields = entry.fields((*KEYS, *allowed), required)
        first = fields["from"].day() if "from" in fields else None
        last = fields["to"].day() if "to" in fields else None
        if first is not None and last is not None and last < first:
            raise entry.error("ends before it begins")
        _follows(found[-1] if found else None, first, entry, gapless)
        found.append(Period(first, last, fields, entry))
    if not found:
        raise entries.error("at least one entry is expected")
    if gapless and found[-1].valid_to is not None:
        raise found[-1].place.error("the last period must be open ('to' left out)")
    return found


def _follows(previous: Period | None, first: dt.date | None, entry: Value, gapless: bool) -> None:
    if previous is None:
        if gapless and first is not None:
            raise entry.error("the first period must be open ('from' left out)")
        return
    if first is None or previous.valid_to is None or first <= previous.valid_to:
        raise entry.error("overlaps the period before it")
    if gapless and first != previous.valid_to + _DAY:
        raise entry.error(f"leaves days without an entry: the period before ends on {previous.valid_to}")
