"""The likelihood-ratio charts whose best change has no formula: dispersed counts, and an epidemic change."""

from typing import NamedTuple

import numpy as np

from detectors.glr import likelihood_ratio, rate_search
from detectors.glr.chart import FIRST_GUESS, Chart, Flags, Floats, Rows, alarms_of, fall_bounds, rise_bounds
from detectors.glr.rate_search import Unguarded, Windows

FARTHEST = 10_000
"""How far above a quiet count R looks for one that alarms, if it is not told otherwise."""


class SearchedLook(NamedTuple):
    """The steps that the charts of some series look at, the last of them the present one, whose count is open.

    Arrays are (K, R); a chart's own steps are the last `lengths` of them, the others are 0. `found` is the best change
    of the window from each step on, as it was found last.
    """

    counts: Floats
    means: Floats
    before: Floats
    found: Floats
    lengths: Rows
    dispersion: Floats
    chart: Chart

    def some(self, which: Rows) -> "SearchedLook":
        """The same of some of the series."""
        top = self.counts.shape[0] - int(self.lengths[which].max(initial=1))
        return SearchedLook(
            self.counts[top:, which],
            self.means[top:, which],
            self.before[top:, which],
            self.found[top:, which],
            self.lengths[which],
            self.dispersion[which],
            self.chart,
        )

    def values(self, counts: Floats) -> Floats:
        """The charts' values with these counts."""
        return self.search(counts)[0]

    def search(self, counts: Floats) -> tuple[Floats, Floats]:
        """The charts' values with these counts, and the best changes of the windows."""
        steps = self.counts.shape[0]
        kept = steps - self.chart.least_length + 1
        own = np.arange(max(kept, 0)) >= (steps - self.lengths)[:, np.newaxis]
        series, begins = np.nonzero(own)
        values, changes = np.zeros(counts.size), self.found.copy()
        if series.size:
            self.counts[-1] = counts
            windows = Windows(self.counts, self.means, self.before, self.dispersion, series, begins)
            found, ratios = self._ratios(windows, self.found[begins, series])
            changes[begins, series] = np.where(np.isfinite(found), found, 0.0)
            leads = np.flatnonzero(windows.leads)
            values[series[leads]] = np.fmax(np.fmax.reduceat(ratios, leads), 0.0)
        return values, changes

    def _ratios(self, windows: Windows, guess: Floats) -> tuple[Floats, Floats]:
        """The best change of each window, and its ratio."""
        chart, every = self.chart, np.arange(windows.series.size)
        if chart.change == "epidemic":
            if chart.strict:
                # R searches the factor of a changed level and takes it for the share, where counts are dispersed.
                found = Unguarded(not bool(windows.dispersion[0] > 0), 0).chain(windows, guess)
                share = np.exp(found)
            else:
                found = share = rate_search.epidemic(windows, guess)
            return found, windows.each(every, likelihood_ratio.epidemic, share)[0]
        if chart.strict:
            found = Unguarded(False, chart.sign).chain(windows, guess)
        else:
            found = rate_search.multiplied(windows, chart.sign, guess)
        return found, windows.each(every, likelihood_ratio.negative_binomial, found)[0]


class SearchedCharts:
    """The charts of S series, for `steps` steps at most; see :class:`detectors.glr.method.chart.Charts`."""

    def __init__(self, chart: Chart, dispersions: Floats, steps: int) -> None:
        self._chart, self._dispersions = chart, dispersions
        # Counts, means, counts one step before, and the best change of the window from each step on.
        self._past = np.zeros((4, steps, dispersions.size))
        self._lengths = np.zeros(dispersions.size, dtype=np.int64)
        self._last_counts = np.zeros(dispersions.size)
        self._guesses = np.full(dispersions.size, FIRST_GUESS)

    def remember(self, rows: Rows, counts: Floats) -> None:
        """Counts of steps that are not judged: an epidemic change goes on from the last one."""
        self._last_counts[rows] = counts

    def look(self, rows: Rows, means: Floats) -> SearchedLook:
        """What these charts see in a step with these means."""
        lengths = self._lengths[rows]
        if self._chart.window is not None:
            lengths = np.minimum(lengths, self._chart.window)
        at, own = self._at(rows, int(lengths.max(initial=0)))
        own[:-1] &= np.arange(own.shape[0] - 1)[:, np.newaxis] >= own.shape[0] - 1 - lengths
        past = self._past[:, at, rows] * own
        counts, mean, before, found = past
        before[-1] = self._last_counts[rows]
        counts[-1], mean[-1] = 0.0, means
        if self._chart.change == "level":
            before = before[:0]
        return SearchedLook(counts, mean, before, found, lengths + 1, self._dispersions[rows], self._chart)

    def _at(self, rows: Rows, most: int) -> tuple[Rows, Flags]:
        """Where the last `most` steps and the present one stand, and which of them there are."""
        at = self._lengths[rows] - most + np.arange(most + 1)[:, np.newaxis]
        own = at >= 0
        return np.where(own, at, 0), own

    def bounds(self, rows: Rows, means: Floats, counts: Floats) -> Floats:
        """The least counts that would alarm (for a fall the highest; -1 where none does)."""
        chart = self._chart
        if chart.strict and chart.change == "epidemic":
            # R gives none, and its search does not give more to a higher count.
            return np.full(rows.size, np.inf)
        look = self.look(rows, means)
        if chart.sign < 0:
            return fall_bounds(look, chart, np.ceil(means))
        if chart.strict:
            return _bounds_from(look, chart.limit, counts)
        found = rise_bounds(look, chart.limit, self._guesses[rows])
        self._guesses[rows] = np.where(np.isfinite(found), found, self._guesses[rows])
        return found

    def add(self, rows: Rows, means: Floats, counts: Floats) -> tuple[Floats, Flags]:
        """Go on a step, anew after an alarm; the values and the alarms."""
        look = self.look(rows, means)
        values, changes = look.search(counts)
        alarms = values >= self._chart.limit
        at, own = self._at(rows, changes.shape[0] - 1)
        own &= np.arange(own.shape[0])[:, np.newaxis] >= own.shape[0] - look.lengths
        steps, places = np.nonzero(own)
        self._past[3, at[steps, places], rows[places]] = changes[steps, places]
        quiet = np.flatnonzero(~alarms)
        cells = self._lengths[rows[quiet]], rows[quiet]
        self._past[0][cells], self._past[1][cells] = counts[quiet], means[quiet]
        self._past[2][cells] = self._last_counts[rows[quiet]]
        self._lengths[rows[quiet]] += 1
        self._lengths[rows[alarms]] = 0
        self._past[3][:, rows[alarms]] = 0.0
        self._last_counts[rows] = counts
        return values, alarms


def _bounds_from(look: SearchedLook, limit: float, counts: Floats) -> Floats:
    """The bounds as R finds them, from the steps' own counts on.

    Its search misses changes that are too large, so that a high count may be quiet where a lower one alarms: R counts
    up from a quiet count, here in strides of an eighth of the way, and down from one that alarms.
    """
    alarms = alarms_of(look, limit)
    bounds = np.full(counts.size, np.inf)
    over = alarms(np.arange(counts.size), counts) if counts.size else np.zeros(0, dtype=np.bool_)
    low, high = np.where(over, -1.0, counts), np.where(over, counts, np.inf)
    rising, way = np.flatnonzero(~over), 1.0
    while rising.size and way < FARTHEST:
        tried = counts[rising] + way
        found = alarms(rising, tried)
        high[rising[found]] = tried[found]
        low[rising[~found]] = tried[~found]
        rising = rising[~found]
        way += max(1.0, np.floor(way / 8))
    found_rows = np.flatnonzero(np.isfinite(high))
    while True:
        open_ = found_rows[high[found_rows] - low[found_rows] > 1]
        if not open_.size:
            bounds[found_rows] = high[found_rows]
            return bounds
        middle = np.floor((low[open_] + high[open_]) / 2)
        alarm = alarms(open_, middle)
        high[open_] = np.where(alarm, middle, high[open_])
        low[open_] = np.where(alarm, low[open_], middle)
