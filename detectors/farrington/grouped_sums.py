"""Three ways to the sums that a step of the regression needs: row by row, run by run, and group by group.

With w = prior weight × mean, a step wants Σw and Σw·x of each group and Σw·x² over all. Row by row always works. Where
times follow each other by 1 within a run of rows, exp(slope·x) is a geometric series, and a run has its sums by its
first row alone; rows with another prior weight than the rest (past outbreaks) are subtracted one by one. Without a
trend a group has one mean.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.farrington.grouped_design import Counted, Design, Flags, Floats, Integers, Prior, Runs, sums_of
from detectors.likelihoods.loglinear import SMALLEST_MEAN

LARGEST_EXPONENT = 600.0
"""Beyond this the factors of a mean may leave the range of floats though the mean itself does not."""


@dataclass(slots=True)
class Sums:
    """Σw and Σw·x of each group (groups, C), and Σw·x² over all (C); 0, 0 … and 1 for x without a trend."""

    totals: Floats
    timed: Floats
    squared: Floats

    @classmethod
    def level(cls, totals: Floats) -> "Sums":
        """Of a design without a trend."""
        return cls(totals, np.zeros_like(totals), np.ones(totals.shape[1]))

    @classmethod
    def over(cls, design: Design, weights: Floats, *, trend: bool) -> "Sums":
        """Of given weights (n, C)."""
        if not trend:
            return cls.level(design.sums(weights))
        timed = weights * design.times[:, np.newaxis]
        sums = design.sums(timed)
        timed *= design.times[:, np.newaxis]
        return cls(design.sums(weights), sums, np.add.reduce(timed, axis=0))

    def some(self, which: Integers) -> "Sums":
        """A part of the cells."""
        return Sums(
            np.ascontiguousarray(self.totals[:, which]),
            np.ascontiguousarray(self.timed[:, which]),
            self.squared[which],
        )


class Weigher(Protocol):
    """A way to the sums. `rough` are the cells that it cannot serve: their means are beyond what it can hold."""

    rough: Flags

    def weigh(self, levels: Floats, slope: Floats) -> Sums:
        """Sums at these levels (groups, C) and slopes (C)."""
        ...

    def deviance(self, closed: Floats) -> Floats:
        """The deviance there, given by its closed form."""
        ...

    def keep(self, which: Integers, real: int) -> None:
        """Go on with some cells only, of which the first `real` are not there to fill up."""
        ...


def row_means(design: Design, levels: Floats, slope: Floats | None, offset: Floats | None) -> Floats:
    """Means (n, C), no lower than R lets them be."""
    if slope is None and offset is None:
        return design.spread(np.maximum(np.exp(levels), SMALLEST_MEAN))
    eta = design.spread(levels)
    if slope is not None:
        eta += design.times[:, np.newaxis] * slope
    if offset is not None:
        eta += offset
    np.exp(eta, out=eta)
    return np.maximum(eta, SMALLEST_MEAN, out=eta)


class ByRows:
    """For any cells; the deviance of busy ones is summed term by term."""

    def __init__(self, design: Design, cells: Counted, prior: Floats, *, trend: bool) -> None:
        self.design, self.cells, self.prior, self.trend = design, cells, prior, trend
        self.rough = np.zeros(cells.busy.shape, dtype=np.bool_)
        self.mean = prior

    def weigh(self, levels: Floats, slope: Floats) -> Sums:
        self.mean = row_means(self.design, levels, slope if self.trend else None, self.cells.offset)
        return Sums.over(self.design, self.prior * self.mean, trend=self.trend)

    def deviance(self, closed: Floats) -> Floats:
        cells = self.cells
        if not cells.busy.any():
            return closed
        terms = cells.counts * (cells.logs - np.log(self.mean)) - (cells.counts - self.mean)
        return np.where(cells.busy, 2 * np.add.reduce(self.prior * terms, axis=0), closed)

    def keep(self, which: Integers, real: int) -> None:
        self.cells, self.rough = self.cells.some(which), self.rough[which]
        self.prior = np.ascontiguousarray(self.prior[:, which])


class ByLevels:
    """For cells without trend and offset: `size` (groups, C) is the sum of the prior weights."""

    def __init__(self, size: Floats) -> None:
        self.size, self.rough = size, np.zeros(size.shape[1], dtype=np.bool_)

    def weigh(self, levels: Floats, slope: Floats) -> Sums:
        return Sums.level(self.size * np.maximum(np.exp(levels), SMALLEST_MEAN))

    def deviance(self, closed: Floats) -> Floats:
        return closed

    def keep(self, which: Integers, real: int) -> None:
        self.size, self.rough = np.ascontiguousarray(self.size[:, which]), self.rough[which]


class ByRuns:
    """For cells with a trend, every row known, and most rows of one prior weight, the `scale` (C)."""

    def __init__(self, design: Design, runs: Runs, prior: Prior) -> None:
        self.runs, self.scale, self.rough = runs, prior.scale, np.zeros(prior.scale.shape, dtype=np.bool_)
        self.lengths, self.length_of = np.unique(runs.class_lengths, return_inverse=True)
        self.within = np.arange(self.lengths[-1])[:, np.newaxis].astype(np.float64)
        starts = np.array(design.starts)
        self.first, self.last = design.times[starts, np.newaxis], design.times[starts + design.sizes - 1, np.newaxis]
        self.farthest = float(np.abs(design.times).max())
        self.cell, self.lacking = prior.cell, prior.lacking
        self.group, self.time = design.group[prior.row], design.times[prior.row]

    def weigh(self, levels: Floats, slope: Floats) -> Sums:
        runs = self.runs
        factor = np.exp(runs.firsts[:, np.newaxis] * slope)
        zeroth = sums_of(factor, runs.class_starts)
        factor *= runs.firsts[:, np.newaxis]
        first = sums_of(factor, runs.class_starts)
        factor *= runs.firsts[:, np.newaxis]
        second = sums_of(factor, runs.class_starts)
        inner0, inner1, inner2 = self._within_runs(slope)
        second *= inner0
        second += 2 * inner1 * first
        second += inner2 * zeroth
        first *= inner0
        first += inner1 * zeroth
        zeroth *= inner0
        moments = [self.scale * sums_of(part, runs.group_starts) for part in (zeroth, first, second)]
        if self.cell.size:
            shape = moments[0].shape
            flat = self.group * shape[1] + self.cell
            missing = self.lacking * np.exp(slope[self.cell] * self.time)
            for moment in moments:
                moment -= np.bincount(flat, missing, minlength=moment.size).reshape(shape)
                missing *= self.time
        mean = np.exp(levels)
        lowest = (levels + np.minimum(self.first * slope, self.last * slope)).min(axis=0)
        inside = (lowest > np.log(SMALLEST_MEAN)) & (np.abs(slope) * self.farthest < LARGEST_EXPONENT)
        self.rough = ~(inside & (levels.max(axis=0) < LARGEST_EXPONENT))
        moments[2] *= mean
        return Sums(mean * moments[0], mean * moments[1], np.add.reduce(moments[2], axis=0))

    def _within_runs(self, slope: Floats) -> tuple[Floats, Floats, Floats]:
        """Σq^k, Σk·q^k and Σk²·q^k over a run of each class, with q = exp(slope)."""
        powers = np.exp(self.within * slope)
        parts = []
        for _ in range(3):
            sums = np.stack([np.add.reduce(powers[:length], axis=0) for length in self.lengths])
            parts.append(sums if len(sums) == 1 else sums[self.length_of])
            powers *= self.within
        return parts[0], parts[1], parts[2]

    def deviance(self, closed: Floats) -> Floats:
        return closed

    def keep(self, which: Integers, real: int) -> None:
        position = np.full(self.scale.size, -1)
        position[which[:real]] = np.arange(real)
        here = np.flatnonzero(position[self.cell] >= 0)
        self.cell = position[self.cell[here]]
        self.lacking, self.group, self.time = self.lacking[here], self.group[here], self.time[here]
        self.scale, self.rough = self.scale[which], self.rough[which]
