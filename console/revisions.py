"""What changed from one revision of an alert to the next: counts, alarm days, words and numbers."""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from console.warehouse import Row

Json = dict[str, Any]

DAYS_SHOWN = 12
"""Changed days that are listed one by one, the newest; of the others only their number is told."""

_FIELDS = ("state", "severity", "first_day", "last_day", "cases", "cases_7d", "peak_7d", "clock_hours", "catalogue")
_NUMBERS = ("observed", "expected", "upper")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _counts(old: Row, new: Row) -> list[tuple[dt.date, int, int]]:
    """Return the days whose count differs. A day that only one of both tells of has not changed: the window moved."""
    before, after = (
        {row["baseline_from"] + dt.timedelta(days=i): count for i, count in enumerate(row["baseline"])}
        for row in (old, new)
    )
    return [(day, before[day], after[day]) for day in sorted(before.keys() & after.keys()) if before[day] != after[day]]


def _said(row: Row) -> dict[str, Json]:
    names = ("alarm", "reason", *_NUMBERS)
    parts = zip(*(row[f"evidence_{name}"] for name in names), strict=True)
    return {
        method: dict(zip(names, values, strict=True))
        for method, values in zip(row["evidence_method"], parts, strict=True)
    }


def _methods(old: Row, new: Row) -> list[Json]:
    before, after = _said(old), _said(new)
    found = []
    for method in sorted(before.keys() & after.keys()):
        one, other = before[method], after[method]
        changed = {name: [one[name], other[name]] for name in one if one[name] != other[name]}
        if changed:
            found.append({"method": method, **changed})
    return found


def changes(old: Row, new: Row) -> Json:
    """Return what the newer of two revisions says differently; empty parts are left out.

    Parameters
    ----------
    old, new
        Rows of the same alert, selected with `alert_rows.COLUMNS`.

    Returns
    -------
    dict
        ``fields``: [name, before, after]; ``counts``: [day, before, after], the newest, and ``counts_more`` for how
        many others; ``added`` and ``removed``: alarm days; ``methods``: one dictionary a method with [before, after]
        of what changed in its verdict on the last alarm day.
    """
    counts = _counts(old, new)
    shown = counts[-DAYS_SHOWN:]
    parts: Mapping[str, Any] = {
        "fields": [[name, _plain(old[name]), _plain(new[name])] for name in _FIELDS if old[name] != new[name]],
        "counts": [[day.isoformat(), before, after] for day, before, after in shown],
        "counts_more": len(counts) - len(shown),
        "added": [day.isoformat() for day in sorted(set(new["days"]) - set(old["days"]))],
        "removed": [day.isoformat() for day in sorted(set(old["days"]) - set(new["days"]))],
        "methods": _methods(old, new),
    }
    return {name: part for name, part in parts.items() if part}


def all_changes(revisions: Sequence[Row]) -> list[Json]:
    """Return for each revision, newest first, what it changed; nothing for the first one that is known."""
    return [changes(old, new) for new, old in itertools.pairwise(revisions)] + [{}] * bool(revisions)
