"""Imports that were to be expected week by week from passenger lists, and those found: by `detectors.epidemic`."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console import border
from console.warehouse import Row, Warehouse
from detectors import Reason
from detectors.epidemic.expected_imports import Risk, expected_imports, origin_risk

WEEK = 7
WEEKS = 8
LEARNING_DAYS = 28
"""Days before a week from whose travellers the risk of their origins is learnt."""

AHEAD_DAYS = 14
"""Days for which lists may come ahead."""

BROUGHT_DAYS = 14
"""Days whose new cases a traveller may bring: turns an origin's daily incidence into a share of its travellers."""

RAISES_PORT = 1.0
"""Expected imports from which a port's prior is raised."""

RARE, FEWEST = 0.001, 3
"""Found is far above expected, and raises the origin, at a chance below `RARE` and from `FEWEST` on."""

Counts = NDArray[np.int64]
Json = dict[str, Any]


class Travel:
    """Travellers and imports of every origin by day, before and beyond a day.

    Parameters
    ----------
    warehouse
        Where they are.
    today
        The day that the last whole week ends on.
    weeks
        How many weeks to look back.
    """

    def __init__(self, warehouse: Warehouse, today: dt.date, weeks: int = WEEKS) -> None:
        self.today = today
        self.weeks = weeks
        self.first = today - dt.timedelta(days=WEEK * weeks + LEARNING_DAYS - 1)
        self.last = today + dt.timedelta(days=AHEAD_DAYS)
        self._listed = border.travellers(warehouse, "advance_passengers", self.first, self.last, "day, origin")
        counted = border.travellers(warehouse, "arrivals", self.first, today, "day, origin")
        found = border.positives(warehouse, self.first, today, "day, origin")
        self._incidences = border.incidences(warehouse, self.first, today)
        self.origins = sorted({row["origin"] for row in (*self._listed, *counted, *found, *self._incidences)})
        self._column = {code: at for at, code in enumerate(self.origins)}
        self.listed = self.by_day(self._listed, "travellers")
        self._counted = self.by_day(counted, "travellers")
        self.found = self.by_day(found, "positive")

    @property
    def listings(self) -> Sequence[Row]:
        """Return the passenger lists by day and origin, as they were read."""
        return self._listed

    def by_day(self, rows: Iterable[Row], what: str) -> Counts:
        """Return rows of day and origin as an array (days, origins); origins that nobody else named are left out."""
        table = np.zeros(((self.last - self.first).days + 1, len(self.origins)), dtype=np.int64)
        for row in rows:
            if row["origin"] in self._column:
                table[(row["day"] - self.first).days, self._column[row["origin"]]] += row[what]
        return table

    def days(self, first: dt.date, last: dt.date) -> slice:
        """Return where some days stand in the arrays."""
        return slice((first - self.first).days, (last - self.first).days + 1)

    def risk(self, before: dt.date) -> Risk:
        """Return the risk of every origin as it was known when a week began: from the 28 days before.

        Who the travellers were is known from arrivals by origin, and where there are none from passenger lists. The
        prior is the incidence that the origin reports, and where there is none the share among all travellers.
        """
        past = self.days(before - dt.timedelta(days=LEARNING_DAYS), before - dt.timedelta(days=1))
        counted, listed = self._counted[past].sum(axis=0), self.listed[past].sum(axis=0)
        among = np.where(counted > 0, counted, listed)
        imports = np.where(among > 0, self.found[past].sum(axis=0), 0)
        prior = np.full(len(self.origins), np.nan)
        if among.sum() > 0:
            prior[:] = (imports.sum() + 0.5) / among.sum()
        for row in self._incidences:
            # In order of days: of those that were known by then the newest stays.
            if row["daily"] > 0 and before - dt.timedelta(days=LEARNING_DAYS) <= row["day"] < before:
                prior[self._column[row["origin"]]] = row["daily"] * BROUGHT_DAYS
        return origin_risk(imports, among, prior)

    def week(self, passengers: Counts, imports: Counts, last: dt.date) -> Json:
        """Return what was expected and found in the week that ends on a day."""
        first = last - dt.timedelta(days=WEEK - 1)
        week = self.days(first, last)
        return self.told(passengers[week].sum(axis=0), imports[week].sum(axis=0), self.risk(first), first, last)

    def coming(self, passengers: Counts) -> Json | None:
        """Return what is expected of those who are on the lists from tomorrow on, or None where there are none."""
        first = self.today + dt.timedelta(days=1)
        ahead = passengers[self.days(first, self.last)]
        listed = np.flatnonzero(ahead.sum(axis=1))
        if not listed.size:
            return None
        last = first + dt.timedelta(days=int(listed[-1]))
        return self.told(ahead.sum(axis=0), None, self.risk(first), first, last)

    def latest(self, passengers: Counts) -> Json | None:
        """Return what the newest seven days of lists make at today's risk, or None where lists have stopped coming.

        As long as lists come only a day ahead it stands for the week to come: as many as last week, at today's risk.
        """
        since = self.days(self.today - dt.timedelta(days=WEEK - 1), self.last)
        listed = np.flatnonzero(passengers[since].sum(axis=1))
        if not listed.size:
            return None
        last = self.today - dt.timedelta(days=WEEK - 1) + dt.timedelta(days=int(listed[-1]))
        first = last - dt.timedelta(days=WEEK - 1)
        risk = self.risk(self.today + dt.timedelta(days=1))
        return self.told(passengers[self.days(first, last)].sum(axis=0), None, risk, first, last)

    def told(self, passengers: Counts, imports: Counts | None, risk: Risk, first: dt.date, last: dt.date) -> Json:
        """Return a prediction as the pages show it; imports of origins without a list are told apart."""
        there = passengers > 0
        observed = None if imports is None else int(imports[there].sum())
        found = expected_imports([passengers], risk, None if observed is None else [observed])
        expected, p_value = number(found.expected[0]), number(found.p_value[0])
        return {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "passengers": int(passengers.sum()),
            "expected": expected if there.any() else None,
            "lower": number(found.lower[0]) if there.any() else None,
            "upper": number(found.upper[0]) if there.any() else None,
            "observed": observed,
            "unlisted": None if imports is None else int(imports[~there].sum()),
            "p_value": p_value if there.any() else None,
            "reason": Reason(int(found.reason[0])).name.lower() if there.any() else "no_list",
            "raises_port": expected is not None and expected >= RAISES_PORT,
            "raises_origin": observed is not None and observed >= FEWEST and p_value is not None and p_value < RARE,
        }


def number(value: float | np.floating[Any]) -> float | None:
    """Return a number that JSON can hold."""
    return None if math.isnan(value) else float(f"{value:.6g}")


def rate(cases: int, among: int) -> Json | None:
    """Return cases per 100,000 with the interval of that rate, or None where nobody knows among how many."""
    if among == 0:
        return None
    posterior = origin_risk([cases], [among])
    return {
        "per_100000": number(1e5 * cases / among),
        "lower": number(1e5 * posterior.lower[0]) if cases else 0.0,
        "upper": number(1e5 * posterior.upper[0]),
    }


def summed(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> Json:
    """Return the sums of some columns."""
    listed = list(rows)
    return {name: sum(row[name] for row in listed) for name in names}
