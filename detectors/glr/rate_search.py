"""The change of the rate under which the counts of a window are likeliest, for many windows at once.

A window has the same answer in any company: it is summed on its own, in the order of its steps.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
CELLS = 1 << 14
"""Numbers per array: what fits the processor's cache is quickest."""
STEEPEST = 30.0
"""Largest change of the rate that is tried, as a logarithm."""
ITERATIONS = 60
NEAR = 1e-12
SMALL = 1e-6
REGULAR = -15.0
"""A logarithm above this is no search gone astray."""


class Steps(NamedTuple):
    """Counts, means and counts one step before (K, P) of windows that are 0 outside, and their dispersions (P)."""

    counts: Floats
    means: Floats
    before: Floats
    dispersion: Floats


class Windows(NamedTuple):
    """Windows of some series, from a step to the last one.

    Counts, means and counts one step before are (K, R), the last of them empty where no change asks for them; the
    dispersions (R); `series` and `begins` (P) tell the windows, those of a series one after the other from the earliest
    beginning on.
    """

    counts: Floats
    means: Floats
    before: Floats
    dispersion: Floats
    series: Integers
    begins: Integers

    def each(
        self, which: Integers, function: Callable[..., tuple[Floats, ...]], *arguments: Floats
    ) -> tuple[Floats, ...]:
        """What a function of steps and arguments (P) gives for the windows `which`, those of like length together."""
        length = self.counts.shape[0]
        order = np.argsort(self.begins[which], kind="stable")
        found: list[tuple[Floats, ...]] = []
        left = 0
        while left < order.size:
            top = int(self.begins[which[order[left]]])
            part = order[left : left + max(1, CELLS // (length - top))]
            series, begins = self.series[which[part]], self.begins[which[part]]
            inside = np.arange(top, length)[:, np.newaxis] >= begins
            steps = Steps(
                self.counts[top:, series] * inside,
                self.means[top:, series] * inside,
                self.before[top:, series] * inside if self.before.size else self.before,
                self.dispersion[series],
            )
            found.append(function(steps, *(one[part] for one in arguments)))
            left += part.size
        back = np.empty_like(order)
        back[order] = np.arange(order.size)
        return tuple(np.concatenate(one)[back] for one in zip(*found, strict=True))

    @property
    def leads(self) -> Flags:
        """Which are the first of their series."""
        return np.asarray(np.r_[True, self.series[1:] != self.series[:-1]])


def multiplied(windows: Windows, sign: int, guess: Floats) -> Floats:
    """Logarithm of the factor on all means, at least 0 (`sign` 1) or at most 0 (-1), of negative-binomial counts.

    The derivative falls as the rate rises: Newton's steps, kept within the bracket that its sign has shown.
    """
    size = windows.series.size
    low = np.zeros(size) if sign > 0 else np.full(size, -STEEPEST)
    high = np.full(size, STEEPEST) if sign > 0 else np.zeros(size)
    rate = np.zeros(size)
    every = np.arange(size)
    moving = np.flatnonzero(windows.each(every, slope_of_rate, rate)[0] * sign > 0)
    rate[moving] = np.where(guess[moving] * sign > 0, guess[moving], 0.1 * sign)
    for _ in range(ITERATIONS):
        if not moving.size:
            break
        slope, bend = windows.each(moving, slope_of_rate, rate[moving])
        moving = _step(rate, low, high, slope, -bend, moving)
    return rate


def epidemic(windows: Windows, guess: Floats) -> Floats:
    """Share of the count before that is added to the mean, at least 0.

    0 where no small share raises the likelihood; else where the likelihood, as the share rises, stops to rise.
    """
    every = np.arange(windows.series.size)
    (high,) = windows.each(every, _largest_share)
    low = np.zeros_like(high)
    share = np.zeros_like(high)
    moving = np.flatnonzero(windows.each(every, slope_of_share, share)[0] > 0)
    share[moving] = np.where((guess > 0) & (guess < high), guess, high / 2)[moving]
    for _ in range(2 * ITERATIONS):
        if not moving.size:
            break
        slope, bend = windows.each(moving, slope_of_share, share[moving])
        moving = _step(share, low, high, slope, -bend, moving)
    return share


def _step(at: Floats, low: Floats, high: Floats, slope: Floats, fall: Floats, moving: Integers) -> Integers:
    """One step of the windows `moving` within their brackets; those that still move."""
    here = at[moving]
    low[moving] = np.where(slope > 0, here, low[moving])
    high[moving] = np.where(slope > 0, high[moving], here)
    stepped = here + slope / np.where(fall > 0, fall, np.inf)
    inside = (stepped > low[moving]) & (stepped < high[moving]) & (fall > 0)
    stepped = np.where(inside, stepped, (low[moving] + high[moving]) / 2)
    at[moving] = stepped
    return np.asarray(moving[np.abs(stepped - here) >= NEAR * np.maximum(1.0, np.abs(here))])


def slope_of_rate(steps: Steps, rate: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of the negative-binomial likelihood by the logarithm of a factor."""
    raised = steps.means * np.exp(rate)
    share = 1 / (1 + steps.dispersion * raised)
    slope = ordered_sum((steps.counts - raised) * share)
    return slope, -ordered_sum(raised * (1 + steps.dispersion * steps.counts) * (share * share))


def slope_of_share(steps: Steps, share: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of the likelihood by the share of the count before."""
    counts, before, dispersion = steps.counts, steps.before, steps.dispersion
    raised = np.where(before > 0, steps.means + share * before, 1.0)
    spread = 1 + dispersion * raised
    ascent, descent = counts / raised, (1 + dispersion * counts) / spread
    bend = before * before * (dispersion * descent / spread - ascent / raised)
    return ordered_sum(before * (ascent - descent)), ordered_sum(bend)


def _largest_share(steps: Steps) -> tuple[Floats]:
    """The share beyond which every step's likelihood falls."""
    excess = (steps.counts - steps.means) / np.where(steps.before > 0, steps.before, np.inf)
    return (np.asarray(np.maximum(excess.max(axis=0), 0.0)),)


def _total_before(steps: Steps) -> tuple[Floats]:
    return (ordered_sum(steps.before),)


def ordered_sum(terms: Floats) -> Floats:
    """Sums of the columns of (K, P) in the order of the rows: NumPy would sum a single column in another one."""
    if terms.shape[1] == 1:
        return np.asarray(np.add.accumulate(terms, axis=0)[-1])
    return np.asarray(np.add.reduce(terms, axis=0))


class Unguarded(NamedTuple):
    """The search of R's surveillance 1.20.3: Newton's steps on a logarithm, which nothing keeps from going astray.

    A window starts where the one before it ended, the first one of a step at a fixed rate. The search ends when the
    steps are small or the logarithm has fallen below -18, and may end in NaN. A factor on negative-binomial means is
    mostly found; a share of the count before it, on Poisson means, often not. Before the first step R takes the last
    one to have come from a place of its own (`origin`): a window that starts there, within a step that counts as
    small, is not searched, nor is any after it.

    `clamps` is 1 or -1 where a factor that falls or rises counts as none, 0 where any is taken.
    """

    shares: bool
    clamps: int

    @property
    def start(self) -> float:
        """Logarithm from which the first window is searched."""
        return float(np.log(0.5)) if self.shares else 0.5

    @property
    def origin(self) -> float:
        """What R compares the first start with: the logarithm of the factor, or the share itself."""
        return float(np.exp(2.0)) if self.shares else 0.4

    def chain(self, windows: Windows, guess: Floats) -> Floats:
        """The logarithms where the searches end.

        All windows are searched at once, from where the guess lets the ones before them end, and again those whose
        start turns out to be another.
        """
        leads, every = windows.leads, np.arange(windows.series.size)
        starts = np.where(leads, self.start, np.roll(guess, 1))
        ends = self._search(windows, every, starts)
        while True:
            wanted = np.where(leads, self.start, np.roll(ends, 1))
            # From a little beside, the search of a factor that was found ends at the same one.
            searched = ~self._idle(wanted) & ~self._idle(starts)
            near = np.where((ends > REGULAR) & (not self.shares) & searched, 1e-3, 1e-9)
            held = (np.abs(wanted - starts) <= near) | (wanted == starts) | (np.isnan(wanted) & np.isnan(starts))
            stale = np.flatnonzero(~held)
            if not stale.size:
                return ends
            starts[stale] = wanted[stale]
            ends[stale] = self._search(windows, stale, starts[stale])

    def _idle(self, start: Floats) -> Flags:
        """Whether R takes a start for the end."""
        return np.asarray(np.abs((np.exp(start) if self.shares else start) - self.origin) <= SMALL)

    def _search(self, windows: Windows, which: Integers, start: Floats) -> Floats:
        rate = start.copy()
        moving = np.flatnonzero(~((start <= -18) | self._idle(start)))
        if self.shares and moving.size:
            moving = moving[windows.each(which[moving], _total_before)[0] > 0]
        for _ in range(1000):
            if not moving.size:
                break
            here = rate[moving]
            if self.shares:
                share = np.exp(here)
                slope, bend = windows.each(which[moving], slope_of_share, share)
                stepped = here - share * slope / (share * slope + share * share * bend)
                moved = np.abs(np.exp(stepped) - share)
            else:
                slope, bend = windows.each(which[moving], slope_of_rate, here)
                stepped = here - slope / bend
                moved = np.abs(stepped - here)
            rate[moving] = stepped
            moving = moving[(moved > SMALL) & (stepped > -18)]
        if self.clamps:
            rate = np.where(rate * self.clamps > 0, rate, 0.0)
        return rate
