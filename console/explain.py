"""Why an alert stands: its numbers, counted again from the line list and judged again, beside what it says."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.state import EPOCH, Computed, Evidence
from catalogue.levels import Level
from catalogue.model import Catalogue
from console import alert_rows
from console.alert_detail import history
from console.recompute import episodes_of
from console.recount import daily_beside, daily_counts
from console.warehouse import Row, Warehouse
from schemas.marker import Marker

_CLOSE = 1e-9
_BEIJING = dt.timezone(dt.timedelta(hours=8))
_NUMBERS = ("observed", "expected", "upper", "score", "p_value")


class UnknownAlert(LookupError):
    """No alert has that id."""


class Unexplainable(RuntimeError):
    """The alert belongs to a signal that this catalogue does not have."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One number or word of an alert: what it says, and what the recount gives."""

    what: str
    said: Any
    found: Any

    @property
    def agrees(self) -> bool:
        """Return whether both are the same; computed numbers may differ in the last digits."""
        if isinstance(self.said, float) and isinstance(self.found, float):
            return math.isclose(self.said, self.found, rel_tol=_CLOSE, abs_tol=_CLOSE)
        return bool(self.said == self.found)


@dataclass(frozen=True, slots=True)
class Explanation:
    """An alert recomputed.

    Attributes
    ----------
    alert_id, revision, marker, marker_id
        What was recomputed, and at which source positions.
    catalogue, catalogue_now
        Version that the alert names, and the one used here.
    rule
        When the policy of the last alarm day alarms, in words.
    counted_from, counted_to
        Days of the baseline.
    counted, said
        Cases on those days by the recount, and by the alert.
    items
        Everything that was compared.
    """

    alert_id: str
    revision: int
    marker: str
    marker_id: str
    catalogue: str
    catalogue_now: str
    rule: str
    counted_from: dt.date
    counted_to: dt.date
    counted: int
    said: int
    items: tuple[Comparison, ...]

    @property
    def agrees(self) -> bool:
        """Return whether everything agrees."""
        return all(item.agrees for item in self.items)


def explain(warehouse: Warehouse, catalogue: Catalogue, alert_id: str) -> Explanation:
    """Recompute an alert's last revision from the line list at its marker, and compare.

    Counts come from SQL over the line list, not from the pipeline's aggregates; methods, parameters and dated rules
    from the catalogue. An alert that nothing backs any more (withdrawn, merged, or ended because its baseline moved)
    agrees where the recount makes no episode of it.

    Parameters
    ----------
    warehouse
        A credential that may read is enough.
    catalogue
        The rules; of the version that the alert names, or differences are to be expected.
    alert_id
        Which one.

    Raises
    ------
    UnknownAlert
        There is none of that id.
    Unexplainable
        The catalogue does not have its signal.
    NotThereYet
        The line list has not reached the alert's marker.
    WarehouseDown
        ClickHouse does not answer.
    """
    revisions = history(warehouse, alert_id)
    if not revisions:
        raise UnknownAlert(f"there is no alert {alert_id}")
    row = revisions[0]
    signal = catalogue.signals.get(row["signal"])
    if signal is None:
        raise Unexplainable(f"this catalogue has no signal {row['signal']}")
    level: Level = row["level"]
    today = dt.datetime.fromtimestamp(row["clock_ms"] / 1000, _BEIJING).date()
    series = row["area"], level, Marker.parse(row["marker"]), today
    counts = daily_counts(warehouse, signal, *series)
    episodes = episodes_of(signal, row["area"], level, counts, today, daily_beside(warehouse, signal, *series))
    rule = signal.judging_on(row["last_day"]).levels.get(level)
    first = row["baseline_from"]
    length = len(row["baseline"])
    baseline = [counts.get(first + dt.timedelta(days=i), 0) for i in range(length)]
    return Explanation(
        alert_id=alert_id,
        revision=row["revision"],
        marker=row["marker"],
        marker_id=row["marker_id"],
        catalogue=row["catalogue"],
        catalogue_now=catalogue.version,
        rule=rule.summary if rule is not None else "not judged",
        counted_from=first,
        counted_to=first + dt.timedelta(days=max(length, 1) - 1),
        counted=sum(baseline),
        said=sum(row["baseline"]),
        items=tuple(_compared(row, baseline, episodes)),
    )


def _compared(row: Row, baseline: Sequence[int], episodes: Sequence[Computed]) -> Iterator[Comparison]:
    yield Comparison("marker_id", row["marker_id"], Marker.parse(row["marker"]).marker_id())
    first_day = (row["first_day"] - EPOCH).days
    found = next((one for one in episodes if one.first_day == first_day), None)
    if not row["days"]:
        # What such an alert once counted is history; what it claims now is only that nothing is left of it.
        yield Comparison("episode", None, None if found is None else _iso(found.first_day))
        return
    yield from _days(row, baseline)
    if found is None:
        yield Comparison("episode", row["first_day"].isoformat(), None)
        return
    yield Comparison("state", row["state"], "ENDED" if found.ended else "OPEN")
    yield Comparison("severity", row["severity"], found.severity)
    yield Comparison("days", [day.isoformat() for day in row["days"]], [_iso(day) for day in found.days])
    yield Comparison("last_day", row["last_day"].isoformat(), _iso(found.last_day))
    for name in ("cases", "cases_7d", "peak_7d", "denominator_7d"):
        yield Comparison(name, row[name], getattr(found, name))
    said = {one["method"]: one for one in alert_rows.evidence(row)}
    recomputed = {one.method: one for one in found.evidence}
    for method in sorted(said.keys() | recomputed.keys()):
        if method in said and method in recomputed:
            yield from _method(said[method], recomputed[method])
        else:
            yield Comparison(f"{method}", *("judged" if method in side else None for side in (said, recomputed)))


def _days(row: Row, baseline: Sequence[int]) -> Iterator[Comparison]:
    yield Comparison("baseline", sum(row["baseline"]), sum(baseline))
    for i, (said, found) in enumerate(zip(row["baseline"], baseline, strict=True)):
        if said != found:
            yield Comparison(f"baseline {row['baseline_from'] + dt.timedelta(days=i)}", said, found)


def _method(said: dict[str, Any], found: Evidence) -> Iterator[Comparison]:
    name = found.method
    yield Comparison(f"{name} alarm", said["alarm"], found.alarm)
    yield Comparison(f"{name} speaks", said["speaks"], found.speaks)
    for part in _NUMBERS:
        if said[part] is not None or getattr(found, part) is not None:
            yield Comparison(f"{name} {part}", said[part], getattr(found, part))
    if said["reason"] or found.reason:
        yield Comparison(f"{name} reason", said["reason"], found.reason)
    yield Comparison(f"{name} alarm_days", said["alarm_days"], [_iso(day) for day in found.alarm_days])


def _iso(day: int) -> str:
    return (EPOCH + dt.timedelta(days=day)).isoformat()
