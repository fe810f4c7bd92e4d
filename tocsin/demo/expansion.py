"""Published counts expanded to one case report a case, with revisions and retractions.

A cumulative series says how many, not who. Case k of a place is given the first day from which the series,
as known at that moment, never again falls below k. When a correction moves that day, the case is revised;
when the total falls below k, it is retracted; when it rises again, it is revived by a higher revision. So the
reports of a place that stand at any moment add up to its published total at that moment, whatever the
corrections were. (Numbering cases within days instead would retract and report again thousands of cases
whenever an old day changes.)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.areas import area_aliases
from tocsin.demo.days import SHANGHAI
from tocsin.demo.series import Change, changes

DISEASE = "covid19"
_DAY_START, _DAY_END = 8, 22


def residence(place: str) -> str:
    """GB/T 2260 code of a place of the table, which also has codes of its own: prisons, imported cases, zones."""
    alias = area_aliases().get(place)
    return alias.area if alias else place


def _origin(place: str) -> int:
    alias = area_aliases().get(place)
    return alias.origin if alias and alias.origin else 1


class _Place:
    """What one place has reported so far: the day and the revision of each of its cases."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.cumulative: dict[date, int] = {}
        self.day_of: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self.revision: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self.reported_at: dict[int, datetime] = {}

    def assignment(self) -> NDArray[np.int32]:
        """Day (ordinal) of each standing case, by the rule in the module's docstring."""
        days = sorted(self.cumulative)
        backwards = np.array([self.cumulative[d] for d in reversed(days)], dtype=np.int64)
        lowest_after = np.minimum.accumulate(backwards)[::-1]
        ordinals = np.array([d.toordinal() for d in days], dtype=np.int32)
        return np.repeat(ordinals, np.diff(lowest_after, prepend=0))

    def record(self, case: int, action: str, released: datetime, reported_at: datetime) -> dict[str, Any]:
        area = residence(self.code)
        return {
            "issuer": f"CDC{area}",
            "revision": int(self.revision[case]),
            "action": action,
            "sender": f"CDC{area}",
            "reported_at": reported_at,
            "reported_area": area,
            "expanded_from_counts": True,
            "report_id": f"{DISEASE}-{self.code}-{case + 1:06d}",
            "disease": DISEASE,
            "classification": "CONFIRMED",
            "residence_area": area,
            "origin": _origin(self.code),
            "revised_at": None if action == "REPORT" else released,
        }


def _spread(day: datetime, rank: int, of: int) -> datetime:
    """A moment of the working day for one of several cases of which only the day is known."""
    seconds = (_DAY_END - _DAY_START) * 3600 * (rank + 1) // (of + 1)
    return day.replace(hour=_DAY_START + seconds // 3600, minute=seconds % 3600 // 60, second=seconds % 60)


def _differences(place: _Place, known_at: datetime, spread: bool) -> Iterator[tuple[datetime, dict[str, Any]]]:
    old, new = place.day_of, place.assignment()
    grown = max(len(old), len(new))
    if grown > len(place.revision):
        place.revision = np.concatenate([place.revision, np.zeros(grown - len(place.revision), dtype=np.int32)])
    shared = min(len(old), len(new))
    changed = [*np.flatnonzero(old[:shared] != new[:shared]).tolist(), *range(shared, grown)]
    added = [case for case in changed if case >= len(old)]
    for case in changed:
        place.revision[case] += 1
        if case >= len(new):
            yield known_at, place.record(case, "RETRACT", known_at, place.reported_at[case])
            continue
        day = date.fromordinal(int(new[case]))
        first = place.revision[case] == 1
        released = _spread(known_at, case - len(old), len(added)) if spread and case >= len(old) else known_at
        # A case entered for an earlier day has no hour of its own; it stands at that day's last minute.
        reported_at = released if day == released.date() else datetime.combine(day, time(23, 59), tzinfo=SHANGHAI)
        place.reported_at[case] = reported_at
        yield released, place.record(case, "REPORT" if first else "REVISE", released, reported_at)
    place.day_of = new


def _apply(places: dict[str, _Place], change: Change) -> _Place:
    place = places.setdefault(change.place, _Place(change.place))
    if change.confirmed is None:
        place.cumulative.pop(change.day, None)
    else:
        place.cumulative[change.day] = change.confirmed
    return place


def case_reports() -> Iterator[tuple[datetime, dict[str, Any]]]:
    """The demo's case reports with the moment at which each is released, in that order.

    Yields
    ------
    tuple of datetime and dict
        Release moment and a record with the fields of CaseReport.
    """
    places: dict[str, _Place] = {}
    waiting: list[tuple[datetime, dict[str, Any]]] = []
    for known_at, group in changes():
        # Changes of one moment are one published table: apply them together before looking at the result.
        touched = {change.place: (_apply(places, change), change.spread) for change in group}
        ready = [item for item in waiting if item[0] <= known_at]
        waiting = [item for item in waiting if item[0] > known_at]
        yield from ready
        for place, spread in touched.values():
            waiting.extend(_differences(place, known_at, spread))
        waiting.sort(key=lambda item: item[0])
    yield from waiting
