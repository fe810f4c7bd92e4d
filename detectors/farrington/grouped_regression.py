"""Quasi-Poisson regression on seasonal groups and one trend, for many cells (series × step) of one design at once.

The design is a level for each group of rows and, if wanted, one slope over all: its normal equations are a diagonal
with one border, so that a step of the iteration is a few sums over the rows of a group and no matrix is ever built.
Sums run over the rows in one order for each cell alone, and the way to them is chosen by the cell alone: a cell has the
same answer, bit for bit, in any batch.
"""

from dataclasses import dataclass

import numpy as np

from detectors.farrington.grouped_design import Counted, Design, Flags, Floats, Integers, Prior, filled
from detectors.farrington.grouped_steps import Path, Start, first_weights, iterate
from detectors.farrington.grouped_sums import ByLevels, ByRows, ByRuns, row_means


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

    def replace(self, which: Integers, other: "Fitted") -> None:
        """Take some cells from the first ones of another fit."""
        for name in ("levels", "slope", "mean", "weights", "totals", "centres", "spread", "converged"):
            getattr(self, name)[..., which] = getattr(other, name)[..., : which.size]


def fit(design: Design, cells: Counted, prior: Prior, start: Start, *, trend: bool) -> Fitted:
    """Fit cells by iteratively reweighted least squares, starting and stopping as R's `glm.fit`.

    Parameters
    ----------
    cells : (n, C)
        C a multiple of `LANES`, in C order: see `filled`.
    start : Start
        Of the same cells under the same prior weights.
    """
    start = start if trend else start.level()
    runs = design.runs() if trend else None
    slow = cells.busy.copy()
    if cells.offset is not None or (trend and runs is None):
        slow[:] = True
    elif trend:
        slow |= ~cells.complete
    if slow.all():
        return _by_rows(design, cells, prior.rows, start, trend=trend)
    path = iterate(start, ByLevels(design.sums(prior.rows)) if runs is None else ByRuns(design, runs, prior))
    fitted = _fitted(design, cells, prior.rows, path, trend=trend)
    again = np.flatnonzero(slow | path.rough)
    if again.size:
        which = filled(again)
        rows = np.ascontiguousarray(prior.rows[:, which])
        fitted.replace(again, _by_rows(design, cells.some(which), rows, start.some(which), trend=trend))
    return fitted


def _by_rows(design: Design, cells: Counted, prior: Floats, start: Start, *, trend: bool) -> Fitted:
    path = iterate(start, ByRows(design, cells, prior, trend=trend))
    return _fitted(design, cells, prior, path, trend=trend)


def _fitted(design: Design, cells: Counted, prior: Floats, path: Path, *, trend: bool) -> Fitted:
    mean = row_means(design, path.levels, path.slope if trend else None, cells.offset)
    weights = row_means(design, path.before_levels, path.before_slope if trend else None, cells.offset)
    weights *= prior
    if path.at_once.any():
        weights[:, path.at_once] = first_weights(cells, prior)[:, path.at_once]
    return Fitted(path.levels, path.slope, mean, weights, path.totals, path.centres, path.spread, path.converged, trend)
