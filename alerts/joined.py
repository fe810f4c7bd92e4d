"""Alerts of clinics, laboratories and ports that are one event."""

import itertools
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalogue.model import SEVERITIES
from schemas.areas import COUNTY, PREFECTURE, PROVINCE, areas
from schemas.ports import ports

SOURCES = ("case-reports", "lab-results", "entry-declarations")
"""Clinic, laboratory, port: in this order one leads another of the same severity."""

TOUCH_DAYS = 7
"""Alarm days this far apart still meet: a result comes days after the visit that it explains."""

_WHOLE_PROVINCES = frozenset({"11", "12", "31", "50"})
"""Municipalities: the province is the city."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What joining needs to know of an alert.

    Attributes
    ----------
    alert_id
        Its name.
    source
        One of `SOURCES`; alerts of any other are joined with nothing.
    disease
        Code of the disease, or of a pathogen without one.
    level, area
        Its series, as in the alert.
    severity
        One of `SEVERITIES`.
    days
        Alarm days, ascending, days since any origin.
    opened_at
        When it was opened; decides which of equals is the older.
    """

    alert_id: str
    source: str
    disease: str
    level: str
    area: str
    severity: str
    days: tuple[int, ...]
    opened_at: int

    @property
    def precedence(self) -> tuple[int, int, int, str]:
        """Return by what the leading alert of an event is chosen; the least leads."""
        source = SOURCES.index(self.source) if self.source in SOURCES else len(SOURCES)
        return -SEVERITIES.index(self.severity), source, self.opened_at, self.alert_id


@lru_cache(maxsize=65_536)
def place_of(level: str, area: str) -> str | None:
    """Return the place whose alerts belong together with one of this series, or None where it has no place.

    The prefecture of a county, of a subtype in a county, of a port, and of a conveyance at a port. A municipality and
    a county that is governed by its province directly are places of their own, as are a province and the nation for
    the alerts that speak of them as a whole. A country of origin is none.

    Examples
    --------
    >>> place_of("county", "440305"), place_of("port", "CNSZX"), place_of("county", "440305/GII.17")
    ('440300', '440300', '440300')
    >>> place_of("county", "110105"), place_of("county", "429004u"), place_of("province", "440000")
    ('110000', '429004', '440000')
    >>> place_of("origin", "IT") is None
    True
    """
    code = area.split("/")[0]
    if level in ("port", "conveyance"):
        port = ports().get(code)
        if port is None:
            return None
        code = port.area
    elif level == "origin":
        return None
    table = areas()
    try:
        node = table.index(code.removesuffix("u"))
    except KeyError:
        return None
    if str(table.code[node])[:2] in _WHOLE_PROVINCES:
        wanted = PROVINCE
    elif str(table.code[node])[2:4] == "90":
        wanted = COUNTY
    else:
        wanted = PREFECTURE
    while table.level[node] > wanted:
        node = int(table.parent[node])
    return str(table.code[node])


def joined(alerts: Iterable[Heard]) -> list[tuple[Heard, ...]]:
    """Return the events that alerts of several sources tell together; a pure function of the set of alerts.

    Two alerts of different sources meet where they are about the same disease and place and an alarm day of one lies
    within `TOUCH_DAYS` of one of the other. An event is all that hangs together by such meetings, so it always has
    two sources or more; alerts of one source, of a county and of its prefecture say, come together only where another
    source meets both. Alerts without alarm days (withdrawn, merged) meet nothing.

    Parameters
    ----------
    alerts
        In any order; each once.

    Returns
    -------
    list[tuple[Heard, ...]]
        One tuple an event, its leading alert first: the highest severity, then clinic before laboratory before port,
        then the oldest. Events in the order of their leading alerts. An alert that meets none is in no event.
    """
    around: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    for alert in alerts:
        place = place_of(alert.level, alert.area)
        if place is not None and alert.source in SOURCES and alert.days:
            around[alert.disease, place].append(alert)
    events: list[tuple[Heard, ...]] = []
    for together in around.values():
        if len({alert.source for alert in together}) > 1:
            events += _events(together)
    return sorted(events, key=lambda event: event[0].precedence)


def _events(alerts: Sequence[Heard]) -> list[tuple[Heard, ...]]:
    """Return the connected sets of two alerts and more."""
    root = list(range(len(alerts)))

    def find(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    for (i, one), (j, other) in itertools.combinations(enumerate(alerts), 2):
        if one.source != other.source and _touch(one.days, other.days):
            root[find(i)] = find(j)
    sets: dict[int, list[Heard]] = defaultdict(list)
    for i, alert in enumerate(alerts):
        sets[find(i)].append(alert)
    return [tuple(sorted(found, key=lambda a: a.precedence)) for found in sets.values() if len(found) > 1]


def _touch(one: Sequence[int], other: Sequence[int]) -> bool:
    for day in one:
        at = bisect_left(other, day - TOUCH_DAYS)
        if at < len(other) and other[at] <= day + TOUCH_DAYS:
            return True
    return False
