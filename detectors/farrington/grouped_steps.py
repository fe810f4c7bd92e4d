"""The iteration itself: weighted least-squares steps from R's start until the deviance settles."""

from dataclasses import dataclass

import numpy as np

from detectors.farrington.grouped_design import LANES, Counted, Design, Flags, Floats, Integers, Prior, filled
from detectors.farrington.grouped_sums import Sums, Weigher
from detectors.likelihoods.loglinear import ITERATIONS, TOLERANCE


@dataclass(slots=True)
class Start:
    """What the iteration needs of the rows of C cells, each summed once.

    The sums of the first weights, its target Σw·z by group and Σw·z·x; Σ prior·y by group and Σ prior·y·x;
    Σ prior·y·(log y - 1 - offset), which the deviance has beside the fit; and the deviance before the first step.
    """

    sums: Sums
    target: Floats
    along: Floats
    cases: Floats
    timed_cases: Floats
    entropy: Floats
    deviance: Floats

    @classmethod
    def of(cls, design: Design, cells: Counted, prior: Floats) -> "Start":
        """At R's starting means y + 0.1."""
        times = design.times[:, np.newaxis]
        weights = first_weights(cells, prior)
        sums = Sums.over(design, weights, trend=True)
        target = cells.start if cells.offset is None else cells.start - cells.offset
        target = np.multiply(target, weights, out=weights)
        target -= 0.1 * prior
        terms = cells.logs - cells.start
        terms *= cells.counts
        terms += 0.1
        terms *= prior
        deviance = 2 * np.add.reduce(terms, axis=0)
        weighted = prior * cells.counts
        cases = design.sums(weighted)
        np.subtract(cells.logs, 1, out=terms)
        if cells.offset is not None:
            terms -= cells.offset
        terms *= weighted
        entropy = np.add.reduce(terms, axis=0)
        targets = design.sums(target)
        target *= times
        weighted *= times
        along, timed_cases = np.add.reduce(target, axis=0), np.add.reduce(weighted, axis=0)
        return cls(sums, targets, along, cases, timed_cases, entropy, deviance)

    def reweighted(self, design: Design, cells: Counted, prior: Prior) -> "Start":
        """The same under other prior weights, if this is under `Prior.plain`: what is lacking is taken away."""
        groups, width = self.cases.shape
        at = design.group[prior.row] * width + prior.cell
        where = prior.row, prior.cell
        time, counts, logs, start = design.times[prior.row], cells.counts[where], cells.logs[where], cells.start[where]
        offset = 0.0 if cells.offset is None else cells.offset[where]

        def grouped(plain: Floats, value: Floats) -> Floats:
            lost = np.bincount(at, value * prior.lacking, minlength=groups * width)
            return np.asarray(prior.scale * plain - lost.reshape(groups, width))

        def whole(plain: Floats, value: Floats) -> Floats:
            return np.asarray(prior.scale * plain - np.bincount(prior.cell, value * prior.lacking, minlength=width))

        weight = counts + 0.1
        target = (start - offset) * weight - 0.1
        again = Start(
            Sums(
                grouped(self.sums.totals, weight),
                grouped(self.sums.timed, weight * time),
                whole(self.sums.squared, weight * time * time),
            ),
            grouped(self.target, target),
            whole(self.along, target * time),
            grouped(self.cases, counts),
            whole(self.timed_cases, counts * time),
            whole(self.entropy, (logs - 1 - offset) * counts),
            whole(self.deviance, 2 * ((logs - start) * counts + 0.1)),
        )
        busy = np.flatnonzero(cells.busy)
        if busy.size:
            # Taking away a huge count would leave nothing but its rounding.
            which = filled(busy)
            again.replace(busy, Start.of(design, cells.some(which), np.ascontiguousarray(prior.rows[:, which])))
        return again

    def some(self, which: Integers) -> "Start":
        """A part of the cells."""
        parts = (np.ascontiguousarray(getattr(self, name)[..., which]) for name in START)
        return Start(self.sums.some(which), *parts)

    def replace(self, which: Integers, other: "Start") -> None:
        """Take some cells from the first ones of another start."""
        for mine, theirs, names in ((self, other, START), (self.sums, other.sums, ("totals", "timed", "squared"))):
            for name in names:
                getattr(mine, name)[..., which] = getattr(theirs, name)[..., : which.size]

    def level(self) -> "Start":
        """The same without a trend."""
        nothing = np.zeros_like(self.along)
        totals = Sums.level(self.sums.totals)
        return Start(totals, self.target, nothing, self.cases, nothing, self.entropy, self.deviance)


START = ("target", "along", "cases", "timed_cases", "entropy", "deviance")


def first_weights(cells: Counted, prior: Floats) -> Floats:
    """The weights of R's starting means."""
    weights = cells.counts + 0.1
    weights *= prior
    return weights


@dataclass(slots=True)
class Path:
    """Where the iteration ended: after the last step, before it (as R keeps weights and variances), and how.

    `rough` cells were given up by their weigher; `at_once` settled in the first step.
    """

    levels: Floats
    slope: Floats
    before_levels: Floats
    before_slope: Floats
    totals: Floats
    centres: Floats
    spread: Floats
    converged: Flags
    rough: Flags
    at_once: Flags

    @classmethod
    def empty(cls, groups: int, width: int) -> "Path":
        """To be filled."""
        levels, before, totals, centres = (np.empty((groups, width)) for _ in range(4))
        slope, before_slope, spread = (np.empty(width) for _ in range(3))
        converged, rough, at_once = (np.zeros(width, dtype=np.bool_) for _ in range(3))
        return cls(levels, slope, before, before_slope, totals, centres, spread, converged, rough, at_once)


def iterate(start: Start, weigher: Weigher) -> Path:
    """Step until each cell's deviance has settled, at most as often as R does."""
    groups, width = start.cases.shape
    path = Path.empty(groups, width)
    done = np.zeros(width, dtype=np.bool_)
    index, real = np.arange(width), width
    levels, slope = np.zeros((groups, width)), np.zeros(width)
    sums, residual, along = start.sums, start.target, start.along
    cases, timed_cases, entropy, deviance = start.cases, start.timed_cases, start.entropy, start.deviance
    for turn in range(ITERATIONS):
        totals, before_levels, before_slope = np.where(sums.totals > 0, sums.totals, 1.0), levels, slope
        centres = sums.timed / totals
        spread = sums.squared - np.add.reduce(sums.timed * centres, axis=0)
        move = (along - np.add.reduce(centres * residual, axis=0)) / spread
        slope = slope + move
        levels = levels + (residual / totals - move * centres)
        sums = weigher.weigh(levels, slope)
        explained = np.add.reduce(levels * cases, axis=0) + slope * timed_cases
        now = weigher.deviance(2 * (entropy - explained + np.add.reduce(sums.totals, axis=0)))
        settled = np.abs(now - deviance) / (np.abs(now) + 0.1) < TOLERANCE
        leaving = settled | weigher.rough if turn < ITERATIONS - 1 else np.ones_like(settled)
        fresh = np.flatnonzero(leaving[:real] & ~done[index[:real]])
        if fresh.size:
            to = index[fresh]
            for name, value in (
                ("levels", levels), ("before_levels", before_levels), ("totals", totals), ("centres", centres),
                ("slope", slope), ("before_slope", before_slope), ("spread", spread), ("rough", weigher.rough),
            ):  # fmt: skip
                getattr(path, name)[..., to] = value[..., fresh]
            path.converged[to] = settled[fresh] & ~weigher.rough[fresh]
            path.at_once[to] = turn == 0
            done[to] = True
        deviance, residual, along = now, cases - sums.totals, timed_cases - np.add.reduce(sums.timed, axis=0)
        active = np.flatnonzero(~done[index[:real]])
        if not active.size:
            break
        if active.size <= index.size - max(LANES, index.size // 4):
            real, active = active.size, filled(active)
            weigher.keep(active, real)
            index, sums = index[active], sums.some(active)
            levels, cases, residual = (np.ascontiguousarray(part[:, active]) for part in (levels, cases, residual))
            slope, timed_cases, entropy, deviance, along = (
                part[active] for part in (slope, timed_cases, entropy, deviance, along)
            )
    return path
