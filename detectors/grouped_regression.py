"""Quasi-Poisson regression on seasonal groups and one trend, for many cells (series × step) of one design at once.

The design is a level for each group of rows and, if wanted, one slope over all: its normal equations are a diagonal
with one border, so that a step of the iteration is a few sums over the rows of a group and no matrix is ever built.
Sums run over the rows in one order for each cell alone: a cell has the same answer, bit for bit, in any batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.loglinear import ITERATIONS, SMALLEST_MEAN, TOLERANCE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LANES = 8
"""Cells are filled up to a multiple of this, so that no sum over rows ever runs over a single column."""
BUSY = 1e5
"""Above such counts the deviance is summed term by term: its closed form would cancel."""


@dataclass(frozen=True, slots=True)
class Design:
    """Rows sorted by group: `starts` of the groups (the last one is predicted), and the time x of each row."""

    starts: tuple[int, ...]
    times: Floats

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each group."""
        return np.diff(self.starts, append=self.times.size)

    def sums(self, rows: Floats) -> Floats:
        """(n, …) → (groups, …)."""
        out = np.empty((len(self.starts), *rows.shape[1:]))
        for group, (start, size) in enumerate(zip(self.starts, self.sizes, strict=True)):
            np.add.reduce(rows[start : start + size], axis=0, out=out[group])
        return out

    def spread(self, levels: Floats) -> Floats:
        """(groups, C) → (n, C)."""
        return np.repeat(levels, self.sizes, axis=0)


@dataclass(slots=True)
class Counted:
    """Counts of C cells (n, C), offsets of the linear predictor if any, and what every fit of them needs."""

    counts: Floats
    offset: Floats | None
    logs: Floats
    start: Floats

    @classmethod
    def of(cls, counts: Floats, offset: Floats | None) -> "Counted":
        """With the logarithm of the counts (0 where there is none) and that of R's starting means."""
        return cls(counts, offset, np.log(np.maximum(counts, 1)), np.log(counts + 0.1))

    def some(self, which: NDArray[np.int64]) -> "Counted":
        """A part of the cells."""
        return Counted(
            np.ascontiguousarray(self.counts[:, which]),
            None if self.offset is None else np.ascontiguousarray(self.offset[:, which]),
            np.ascontiguousarray(self.logs[:, which]),
            np.ascontiguousarray(self.start[:, which]),
        )


@dataclass(slots=True)
class Fitted:
    """A fit of C cells: predictor and mean after the last step, weights and their sums from before it, as R keeps."""

    levels: Floats
    slope: Floats
    mean: Floats
    weights: Floats
    totals: Floats
    centres: Floats
    spread: Floats
    converged: Flags
    trend: bool

    def leverage(self, design: Design) -> Floats:
        """Diagonal of the hat matrix (n, C)."""
        share = design.spread(1 / self.totals)
        if self.trend:
            aside = design.times[:, np.newaxis] - design.spread(self.centres)
            aside *= aside
            aside /= self.spread
            share += aside
        share *= self.weights
        return share

    def predicted(self, time: Floats) -> tuple[Floats, Floats]:
        """Linear predictor of the last group at a time, and its variance in units of the dispersion."""
        eta = self.levels[-1] + self.slope * time
        variance = 1 / self.totals[-1]
        if self.trend:
            variance = variance + (time - self.centres[-1]) ** 2 / self.spread
        return eta, variance


def filled(which: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cells filled up with the last one to a multiple of `LANES`."""
    return np.concatenate([which, np.repeat(which[-1:], -which.size % LANES)])


def fit(design: Design, cells: Counted, prior: Floats, *, trend: bool) -> Fitted:
    """Fit cells by iteratively reweighted least squares, starting and stopping as R's `glm.fit`.

    Parameters
    ----------
    cells : (n, C)
        C a multiple of `LANES`, in C order: see `filled`.
    prior : (n, C)
        Prior weights, 0 for a row that is not known.
    """
    if trend or cells.offset is not None:
        return _fit_rows(design, cells, prior, trend=trend)
    return _fit_levels(design, cells, prior)


def _first_step(design: Design, cells: Counted, prior: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Weights, their sums, the weighted target of the first step, and the deviance before it."""
    mean = cells.counts + 0.1
    weights = prior * mean
    target = cells.start * weights
    target -= 0.1 * prior
    if cells.offset is not None:
        target -= cells.offset * weights
    terms = cells.logs - cells.start
    terms *= cells.counts
    terms += 0.1
    terms *= prior
    return weights, design.sums(weights), target, 2 * np.add.reduce(terms, axis=0)


def _entropy(cells: Counted, weighted: Floats) -> Floats:
    """Σ prior·y·(log y - 1 - offset): what the deviance has beside the fit."""
    terms = cells.logs - 1
    if cells.offset is not None:
        terms -= cells.offset
    terms *= weighted
    return np.asarray(np.add.reduce(terms, axis=0))


def _settled(now: Floats, before: Floats) -> Flags:
    return np.asarray(np.abs(now - before) / (np.abs(now) + 0.1) < TOLERANCE)


def _by_terms(cells: Counted, prior: Floats, eta: Floats, mean: Floats) -> Floats:
    terms = cells.counts * (cells.logs - eta) - (cells.counts - mean)
    return np.asarray(2 * np.add.reduce(prior * terms, axis=0))


def _fit_levels(design: Design, cells: Counted, prior: Floats) -> Fitted:
    """Without trend and offset a group has one mean: after the first step the rows need not be looked at again."""
    weights, totals, target, deviance = _first_step(design, cells, prior)
    weighted = prior * cells.counts
    cases, size = design.sums(weighted), design.sums(prior)
    entropy = _entropy(cells, weighted)
    busy = cells.counts.max(axis=0) > BUSY
    levels = design.sums(target) / np.where(totals > 0, totals, 1.0)
    mean = np.zeros_like(levels)
    kept_totals, kept_mean, before = totals.copy(), mean.copy(), mean
    converged = np.zeros(deviance.shape, dtype=np.bool_)
    for turn in range(ITERATIONS):
        if turn:
            moved = levels + (cases - totals) / np.where(totals > 0, totals, 1.0)
            levels = np.where(converged, levels, moved)
        before = mean
        mean = np.maximum(np.exp(levels), SMALLEST_MEAN)
        now = 2 * (entropy - np.add.reduce(levels * cases, axis=0) + np.add.reduce(size * mean, axis=0))
        if busy.any():
            by_terms = _by_terms(cells, prior, design.spread(levels), design.spread(mean))
            now = np.where(busy, by_terms, now)
        moving = ~converged
        np.copyto(kept_totals, totals, where=moving)
        np.copyto(kept_mean, before, where=moving)
        converged |= _settled(now, deviance) & moving
        deviance, totals = now, size * mean
        if converged.all():
            break
    rows = design.spread(kept_mean)
    rows *= prior
    # A cell that settled at once still has the weights of the start.
    single = np.flatnonzero(kept_mean.max(axis=0) == 0)
    rows[:, single] = weights[:, single]
    ones = np.ones(deviance.shape)
    return Fitted(
        levels, np.zeros_like(ones), design.spread(mean), rows, np.where(kept_totals > 0, kept_totals, 1.0),
        np.zeros_like(levels), ones, converged, False,
    )  # fmt: skip


def _fit_rows(design: Design, cells: Counted, prior: Floats, *, trend: bool) -> Fitted:
    width = cells.counts.shape[1]
    grouped, rows = (len(design.starts), width), cells.counts.shape
    result = Fitted(
        np.zeros(grouped), np.zeros(width), np.empty(rows), np.empty(rows), np.empty(grouped), np.zeros(grouped),
        np.ones(width), np.zeros(width, dtype=np.bool_), trend,
    )  # fmt: skip
    index = np.arange(width)
    state = _Rows(design, cells, prior, trend)
    for turn in range(ITERATIONS):
        settled = state.step(first=turn == 0)
        leaving = np.ones_like(settled) if turn == ITERATIONS - 1 else settled | result.converged[index]
        if leaving.any():
            state.store(result, index, leaving, settled)
        if leaving.all():
            break
        active = np.flatnonzero(~leaving)
        if active.size <= index.size - max(LANES, index.size // 4):
            active = filled(active)
            state.keep(active)
            index = index[active]
    return result


class _Rows:
    """The iteration of one batch of cells, row by row."""

    def __init__(self, design: Design, cells: Counted, prior: Floats, trend: bool) -> None:
        self.design, self.trend, self.cells, self.prior = design, trend, cells, prior
        self.times = design.times[:, np.newaxis]
        weighted = prior * cells.counts
        self.cases = design.sums(weighted)
        self.entropy = _entropy(cells, weighted)
        weighted *= self.times
        self.timed_cases = np.add.reduce(weighted, axis=0)
        self.busy = cells.counts.max(axis=0) > BUSY
        self.next_weights, self.next_totals, self.target, self.deviance = _first_step(design, cells, prior)
        self.levels = np.zeros_like(self.cases)
        self.slope = np.zeros(cells.counts.shape[1])
        self.weights, self.totals = self.next_weights, self.next_totals
        self.centres, self.spread, self.mean = self.levels, self.slope, self.target

    def step(self, *, first: bool) -> Flags:
        """One weighted least-squares step; which cells' deviance has settled."""
        design = self.design
        self.weights, self.totals = self.next_weights, self.next_totals
        safe = np.where(self.totals > 0, self.totals, 1.0)
        # After the first step the predictor is in the design: only the working residual, Σ prior·(y - mean), moves it.
        grouped = design.sums(self.target) if first else self.cases - self.totals
        levels = grouped / safe
        if self.trend:
            timed = self.weights * self.times
            timed_sums = design.sums(timed)
            self.centres = timed_sums / safe
            timed *= self.times
            self.spread = np.add.reduce(timed, axis=0) - np.add.reduce(timed_sums * self.centres, axis=0)
            if first:
                along = np.add.reduce(self.target * self.times, axis=0)
            else:
                along = self.timed_cases - np.add.reduce(timed_sums, axis=0)
            slope = (along - np.add.reduce(self.centres * grouped, axis=0)) / self.spread
            levels -= slope * self.centres
            self.slope = slope if first else self.slope + slope
        self.levels = levels if first else self.levels + levels
        return self._advance()

    def _advance(self) -> Flags:
        eta = self.design.spread(self.levels)
        if self.trend:
            eta += self.times * self.slope
        if self.cells.offset is not None:
            eta += self.cells.offset
        self.mean = np.exp(eta)
        np.maximum(self.mean, SMALLEST_MEAN, out=self.mean)
        self.next_weights = self.prior * self.mean
        self.next_totals = self.design.sums(self.next_weights)
        explained = np.add.reduce(self.levels * self.cases, axis=0) + self.slope * self.timed_cases
        deviance = 2 * (self.entropy - explained + np.add.reduce(self.next_totals, axis=0))
        if self.busy.any():
            deviance = np.where(self.busy, _by_terms(self.cells, self.prior, eta, self.mean), deviance)
        settled = _settled(deviance, self.deviance)
        self.deviance = deviance
        return settled

    def store(self, result: Fitted, index: NDArray[np.int64], leaving: Flags, settled: Flags) -> None:
        """Write the cells that are done, each once."""
        fresh = leaving & ~result.converged[index]
        to = index[fresh]
        result.levels[:, to] = self.levels[:, fresh]
        result.slope[to] = self.slope[fresh]
        result.mean[:, to] = self.mean[:, fresh]
        result.weights[:, to] = self.weights[:, fresh]
        result.totals[:, to] = np.where(self.totals > 0, self.totals, 1.0)[:, fresh]
        if self.trend:
            result.centres[:, to] = self.centres[:, fresh]
            result.spread[to] = self.spread[fresh]
        result.converged[to] = settled[fresh]

    def keep(self, which: NDArray[np.int64]) -> None:
        """Go on with some cells only."""
        self.cells = self.cells.some(which)
        for name in ("prior", "next_weights", "next_totals", "cases", "levels"):
            setattr(self, name, np.ascontiguousarray(getattr(self, name)[:, which]))
        for name in ("timed_cases", "entropy", "busy", "deviance", "slope"):
            setattr(self, name, getattr(self, name)[which])
