"""What the likelihood-ratio charts of many series remember since their last alarm, and their value now."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors import likelihood_ratio, rate_search
from detectors.rate_search import Unguarded, Windows

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
HIGHEST = 1 << 40
"""No count is so high that the chart could not tell: a bound beyond is none."""


class Chart(NamedTuple):
    """What the charts of a batch have in common; see :class:`detectors.glr.Glr`."""

    limit: float
    shift: float | None
    sign: int
    window: int | None
    least_length: int
    change: Literal["level", "epidemic"]
    strict: bool


class _View(NamedTuple):
    """The steps that the charts of some series look at, the last of them the present one, whose count is open.

    Arrays are (K, R); a chart's own steps are the last `lengths` of them, the others are 0.
    """

    counts: Floats
    means: Floats
    before: Floats
    rows: Rows
    ends: Rows
    """How many steps there are since the last alarm, the present one left out."""
    lengths: Rows
    dispersion: Floats
    sums: Floats

    def some(self, which: Rows) -> "_View":
        top = self.counts.shape[0] - int(self.lengths[which].max(initial=1))
        return _View(
            self.counts[top:, which],
            self.means[top:, which],
            self.before[top:, which],
            self.rows[which],
            self.ends[which],
            self.lengths[which],
            self.dispersion[which],
            self.sums[which],
        )


class Charts:
    """The charts of S series, whose dispersions are all 0 or none; `steps` is the most that may come."""

    def __init__(self, chart: Chart, dispersions: Floats, steps: int) -> None:
        self.chart, self.dispersions = chart, dispersions
        shape = (steps, dispersions.size)
        self._counts, self._means, self._before = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        # The best change of the window from each step on, as it was found last.
        self._found = np.zeros(shape)
        self._summed = chart.change == "level" and not (dispersions != 0).any()
        self._lengths = np.zeros(dispersions.size, dtype=np.int64)
        self._sums = np.zeros(dispersions.size)
        self._last_counts = np.zeros(dispersions.size)
        self._last_bounds = np.full(dispersions.size, 4.0)

    def remember(self, rows: Rows, counts: Floats) -> None:
        """Counts of steps that are not judged, of which the next step may want to know."""
        self._last_counts[rows] = counts

    def view(self, rows: Rows, means: Floats) -> _View:
        """What the charts of some series look at in a step with these means."""
        lengths = self._lengths[rows]
        if self.chart.window is not None:
            lengths = np.minimum(lengths, self.chart.window)
        before = self._last_counts[rows]
        if self.chart.shift is not None:
            lengths = np.zeros_like(lengths)
        most = int(lengths.max(initial=0))
        at = self._lengths[rows] - most + np.arange(most)[:, np.newaxis]
        own = np.arange(most)[:, np.newaxis] >= most - lengths
        at = np.where(own, at, 0)

        def with_present(past: Floats, present: Floats | float) -> Floats:
            whole = np.empty((most + 1, rows.size))
            np.multiply(past[at, rows], own, out=whole[:-1])
            whole[-1] = present
            return whole

        return _View(
            with_present(self._counts, 0.0),
            with_present(self._means, means),
            with_present(self._before, before) if self.chart.change == "epidemic" else np.zeros((most + 1, rows.size)),
            rows,
            self._lengths[rows],
            lengths + 1,
            self.dispersions[rows],
            self._sums[rows],
        )

    def values(self, view: _View, counts: Floats, *, keep: bool = False) -> Floats:
        """The charts' values with these counts now; `keep` what was found, for the next step to begin with."""
        chart = self.chart
        if chart.shift is not None:
            slope, level = likelihood_ratio.step_score(view.means[-1], chart.sign * chart.shift, view.dispersion)
            return np.asarray(np.maximum(view.sums + level + slope * counts, 0.0))
        return self._poisson(view, counts) if self._summed else self._searched(view, counts, keep)

    def add(self, rows: Rows, counts: Floats, means: Floats, values: Floats) -> NDArray[np.bool_]:
        """Go on a step with these values, or start anew where they alarm."""
        alarms = np.asarray(values >= self.chart.limit)
        quiet = rows[~alarms]
        at = self._lengths[quiet], quiet
        self._counts[at], self._means[at] = counts[~alarms], means[~alarms]
        self._before[at] = self._last_counts[quiet]
        self._lengths[quiet] += 1
        self._sums[quiet] = values[~alarms]
        self._lengths[rows[alarms]], self._sums[rows[alarms]] = 0, 0.0
        self._last_counts[rows] = counts
        return alarms

    def bounds(self, rows: Rows, view: _View) -> Floats:
        """The least counts that alarm now (for a fall the highest; -1 where none does)."""
        chart = self.chart
        if chart.shift is not None:
            slope, level = likelihood_ratio.step_score(view.means[-1], chart.sign * chart.shift, view.dispersion)
            return np.asarray(np.maximum((chart.limit - view.sums - level) / slope, 0.0 if chart.sign > 0 else -1.0))
        if chart.strict and chart.change == "epidemic":
            # R gives none, and its search does not give more to a higher count.
            return np.full(rows.size, np.inf)
        return self._fall_bounds(view) if chart.sign < 0 else self._rise_bounds(rows, view)

    def _fall_bounds(self, view: _View) -> Floats:
        low, high = np.full(view.lengths.size, -1.0), np.ceil(view.means[-1]) + 1
        while True:
            open_ = np.flatnonzero(high - low > 1)
            if not open_.size:
                return low
            middle = np.floor((low[open_] + high[open_]) / 2)
            alarms = self.values(view.some(open_), middle) >= self.chart.limit
            low[open_] = np.where(alarms, middle, low[open_])
            high[open_] = np.where(alarms, high[open_], middle)

    def _rise_bounds(self, rows: Rows, view: _View) -> Floats:
        """A bound moves little from step to step: search outwards from the last one."""
        limit = self.chart.limit
        high = self._last_bounds[rows]
        low = high - 1
        stride = np.ones(rows.size)
        falling = np.flatnonzero(low >= 0)
        while falling.size:
            falling = falling[self.values(view.some(falling), low[falling]) >= limit]
            high[falling] = low[falling]
            low[falling] = np.maximum(low[falling] - stride[falling], -1)
            stride[falling] *= 2
            falling = falling[low[falling] >= 0]
        rising = np.flatnonzero(stride == 1)
        rising = rising[~(self.values(view.some(rising), high[rising]) >= limit)]
        # R's search may give up on high counts, and a bound lie below all the same.
        asked = rising[:0] if self.chart.strict else rising
        never = asked[~(self.values(view.some(asked), np.full(asked.size, float(HIGHEST))) >= limit)]
        high[never] = np.inf
        rising = np.setdiff1d(rising, never)
        while rising.size:
            rising = rising[~(self.values(view.some(rising), high[rising]) >= limit)]
            low[rising] = high[rising]
            high[rising] += stride[rising]
            stride[rising] *= 2
            rising = rising[high[rising] < HIGHEST]
        found = np.isfinite(high)
        while True:
            open_ = np.flatnonzero(found & (high - low > 1))
            if not open_.size:
                break
            middle = np.floor((low[open_] + high[open_]) / 2)
            alarms = self.values(view.some(open_), middle) >= limit
            low[open_] = np.where(alarms, low[open_], middle)
            high[open_] = np.where(alarms, middle, high[open_])
        self._last_bounds[rows[found]] = high[found]
        return np.where(found, high, np.inf)

    def _poisson(self, view: _View, counts: Floats) -> Floats:
        chart = self.chart
        shortest, steps = chart.least_length, view.counts.shape[0]
        told = view.lengths >= shortest
        if chart.strict:
            # R asks one step more of windows that are limited; of others only that so many steps have been.
            shortest = 1 if chart.window is None else shortest + 1
        if steps < shortest:
            return np.zeros(counts.size)
        kept = steps - shortest + 1
        cases = np.cumsum(view.counts[::-1], axis=0)[::-1][:kept] + counts
        expected = np.cumsum(view.means[::-1], axis=0)[::-1][:kept]
        found = likelihood_ratio.poisson(cases, expected, chart.sign, drops_silence=chart.strict)
        own = told & (np.arange(kept)[:, np.newaxis] >= steps - view.lengths)
        return np.asarray(np.maximum.reduce(np.where(own, found, 0.0), axis=0, initial=0.0))

    def _searched(self, view: _View, counts: Floats, keep: bool) -> Floats:
        """The values where the best change of a window wants a search; `keep` what is found."""
        steps = view.counts.shape[0]
        kept = steps - self.chart.least_length + 1
        own = np.arange(max(kept, 0)) >= (steps - view.lengths)[:, np.newaxis]
        series, begins = np.nonzero(own)
        values = np.zeros(counts.size)
        if not series.size:
            return values
        view.counts[-1] = counts
        windows = Windows(view.counts, view.means, view.before, view.dispersion, series, begins)
        at = view.ends[series] - steps + 1 + begins
        found, ratios = self._ratios(windows, self._found[at, view.rows[series]])
        if keep:
            self._found[at, view.rows[series]] = np.where(np.isfinite(found), found, 0.0)
        leads = np.flatnonzero(windows.leads)
        values[series[leads]] = np.fmax(np.fmax.reduceat(ratios, leads), 0.0)
        return values

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
