"""Cumulative city counts, as published and as revised, in the order in which they became known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from tocsin.demo.days import FIRST_DAY, LAST_DAY, SHANGHAI, at
from tocsin.demo.tables import rows

LISTED_ELSEWHERE = "710000"
"""Taiwan's row: its cases come from a list that knows each of them (tocsin/demo/taiwan.py) and must not count twice."""

STREAM_FROM = date(2020, 1, 28)
STREAM_TO = date(2020, 3, 31)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell of the cumulative table as it became known.

    Parameters
    ----------
    known_at : datetime
        When the publisher showed it, with time zone.
    day : date
        Civil day that the row is about.
    place : str
        The table's code of the place.
    confirmed : int or None
        Cumulative confirmed cases; None where the row was deleted.
    spread : bool
        True where only the day is known, so that report times are spread over it.
    """

    known_at: datetime
    day: date
    place: str
    confirmed: int | None
    spread: bool


def _rows(name: str) -> Iterator[dict[str, str]]:
    return (row for row in rows(name) if row["city_code"] != LISTED_ELSEWHERE)


def _daily(first: date, last: date) -> Iterator[Change]:
    """Rows of the daily table; known at the start of the demo where they are older than it."""
    for row in _rows("city_daily_cumulative"):
        day = date.fromisoformat(row["date"])
        if first <= day <= last:
            yield Change(at(max(day, FIRST_DAY), 8), day, row["city_code"], int(row["confirmed"]), day >= FIRST_DAY)


def _stream() -> Iterator[Change]:
    """Events of the revision stream. Thirteen stamps carry +00:00 and are read as what they say."""
    for row in _rows("city_revision_stream"):
        known_at = datetime.fromisoformat(row["observed_at"]).astimezone(SHANGHAI)
        confirmed = None if row["op"] == "delete" else int(row["confirmed"])
        yield Change(known_at, date.fromisoformat(row["date"]), row["city_code"], confirmed, False)


def _departed(before: list[Change], after: list[Change]) -> Iterator[Change]:
    """Deletions of the places that the daily table no longer lists, once the stream has ended.

    Some twenty "source not published" rows and counties were folded into their city; kept, their cases
    would stand twice.
    """
    shown: dict[str, set[date]] = {}
    for change in before:
        shown.setdefault(change.place, set()).add(change.day)
    for known_at, group in groupby(sorted(after, key=lambda c: c.known_at), key=lambda c: c.known_at):
        today = {change.place: change.day for change in group}
        for place in sorted(shown.keys() - today.keys()):
            yield from (Change(known_at, day, place, None, False) for day in sorted(shown.pop(place)))
        for place, day in today.items():
            shown.setdefault(place, set()).add(day)


def changes() -> Iterator[tuple[datetime, list[Change]]]:
    """All changes of the demo, grouped by the moment at which they became known.

    The hourly stream starts on 2020-01-28 with a first capture dated back to mid January and ends on
    2020-03-31; the days before and after come from the daily table.

    Yields
    ------
    tuple of datetime and list of Change
        Moments in ascending order.
    """
    before = [*_daily(date(2019, 12, 1), STREAM_FROM - timedelta(days=1)), *_stream()]
    after = list(_daily(STREAM_TO + timedelta(days=1), LAST_DAY))
    ordered = sorted([*before, *_departed(before, after), *after], key=lambda c: (c.known_at, c.place, c.day))
    for known_at, group in groupby(ordered, key=lambda c: c.known_at):
        yield known_at, list(group)
