"""The likelihood-ratio chart of Poisson counts whose rate has changed by an unknown factor."""

from typing import NamedTuple

import numpy as np

from detectors.glr import likelihood_ratio
from detectors.glr.chart import FIRST_GUESS, Chart, Flags, Floats, Rows, fall_bounds, rise_bounds
from detectors.glr.hull import Hull


class PoissonLook(NamedTuple):
    """Cases and expected cases of the windows (K, R) without the present step, which windows count, and its means."""

    cases: Floats
    expected: Floats
    own: Flags
    means: Floats
    chart: Chart

    def values(self, counts: Floats) -> Floats:
        """The charts' values with these counts."""
        found = likelihood_ratio.poisson(
            self.cases + counts, self.expected + self.means, self.chart.sign, drops_silence=self.chart.strict
        )
        return np.asarray(np.maximum.reduce(np.where(self.own, found, 0.0), axis=0, initial=0.0))

    def some(self, which: Rows) -> "PoissonLook":
        """The same of some of the series."""
        if which.size == self.means.size:
            return self
        own = self.own[:, which]
        # Windows that count for none of these series are left out.
        kept = own.any(axis=1)
        return PoissonLook(
            self.cases[kept][:, which], self.expected[kept][:, which], own[kept], self.means[which], self.chart
        )


class PoissonCharts:
    """The charts of S series, for `steps` steps at most; see :class:`detectors.glr.method.chart.Charts`.

    Where windows may be of any length, only those are looked at that start where the hull of the past has a corner: no
    other one can have the largest ratio, whatever the present count.
    """

    def __init__(self, chart: Chart, series: int, steps: int) -> None:
        self._chart = chart
        self._counts, self._means = np.zeros((steps, series)), np.zeros((steps, series))
        self._lengths = np.zeros(series, dtype=np.int64)
        self._guesses = np.full(series, FIRST_GUESS)
        # R asks one step more of windows that are limited; of others only that so many steps have been.
        self._shortest = chart.least_length
        if chart.strict:
            self._shortest = 1 if chart.window is None else chart.least_length + 1
        whole = chart.window is None and not (chart.strict and chart.sign < 0)
        self._hull = Hull(series, steps, chart.sign) if whole else None

    def remember(self, rows: Rows, counts: Floats) -> None:
        """The windows hold none of the steps that are not judged."""

    def look(self, rows: Rows, means: Floats) -> PoissonLook:
        """What these charts see in a step with these means."""
        lengths = self._lengths[rows]
        told = lengths + 1 >= self._chart.least_length
        if self._hull is not None:
            cases, expected, own = self._hull.sums(rows)
            tail_cases, tail_expected, _ = self._latest(rows, np.minimum(lengths, self._shortest - 1))
            return PoissonLook(cases + tail_cases[-1], expected + tail_expected[-1], own & told, means, self._chart)
        if self._chart.window is not None:
            lengths = np.minimum(lengths, self._chart.window)
        cases, expected, own = self._latest(rows, lengths)
        own[: self._shortest - 1] = False
        return PoissonLook(cases, expected, own & told, means, self._chart)

    def _latest(self, rows: Rows, lengths: Rows) -> tuple[Floats, Floats, Flags]:
        """Sums over the last 0, 1, 2 … steps before the present one, and which of them are within `lengths`."""
        back = np.arange(1, int(lengths.max(initial=0)) + 1)[:, np.newaxis]
        own = back <= lengths
        at = np.where(own, self._lengths[rows] - back, 0)
        zero = np.zeros((1, rows.size))
        cases, expected = (np.where(own, past[at, rows], 0.0) for past in (self._counts, self._means))
        return (
            np.cumsum(np.vstack([zero, cases]), axis=0),
            np.cumsum(np.vstack([zero, expected]), axis=0),
            np.vstack([np.ones((1, rows.size), dtype=np.bool_), own]),
        )

    def bounds(self, rows: Rows, means: Floats, counts: Floats) -> Floats:
        """The least counts that would alarm (for a fall the highest; -1 where none does)."""
        look = self.look(rows, means)
        if self._chart.sign < 0:
            return fall_bounds(look, self._chart, np.ceil(means))
        found = rise_bounds(look, self._chart.limit, self._guesses[rows])
        self._guesses[rows] = np.where(np.isfinite(found), found, self._guesses[rows])
        return found

    def add(self, rows: Rows, means: Floats, counts: Floats) -> tuple[Floats, Flags]:
        """Go on a step, anew after an alarm; the values and the alarms."""
        values = self.look(rows, means).values(counts)
        alarms = values >= self._chart.limit
        quiet, over = rows[~alarms], rows[alarms]
        at = self._lengths[quiet], quiet
        self._counts[at], self._means[at] = counts[~alarms], means[~alarms]
        self._lengths[quiet] += 1
        self._lengths[over] = 0
        if self._hull is not None:
            self._hull.clear(over)
            # The latest steps belong to every window that is long enough: corners lie before them.
            grown = quiet[self._lengths[quiet] >= self._shortest]
            at = self._lengths[grown] - self._shortest, grown
            self._hull.push(grown, self._counts[at], self._means[at])
        return values, alarms
