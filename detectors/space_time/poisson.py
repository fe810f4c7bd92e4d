"""Cases in proportion to a population, or to expected counts."""

import numpy as np

from detectors.space_time.alias import AliasTable
from detectors.space_time.null_model import Floats, Integers, NullModel, Windows

_CROWDED = 4
"""Cases a cell from which drawing every cell's count is cheaper than drawing every case."""


class PoissonModel(NullModel):
    """Given their total, the cases fall into the cells (location, day) in proportion to what is expected there.

    Parameters
    ----------
    cases : (N, T) int64
    expected : (N, T) float64
        In any unit: only proportions matter. 0 where nobody lives or nothing was observed.
    windows : Windows

    Raises
    ------
    ValueError
        Cases in a cell in which none can be.
    """

    def __init__(self, cases: Integers, expected: Floats, windows: Windows) -> None:
        impossible = np.argwhere((cases > 0) & (expected == 0))
        if impossible.size:
            location, day = impossible[0]
            raise ValueError(f"location {location} has a case on day {day}, but nothing is expected there")
        each = expected.sum(axis=1)
        self.members = np.flatnonzero(each > 0)
        self.windows = windows
        self.total = int(cases.sum())
        self.observed = windows.sums(cases[self.members])
        self.weights = windows.sums(expected[self.members])
        self.share = each[self.members] / each.sum()
        self.scale = self.total / float(each.sum())
        days = expected[self.members][:, ::-1][:, : windows.longest]
        self._inside = min(1.0, float(days.sum() / each.sum()))
        self._cells = np.ascontiguousarray(days).ravel()
        self._table = AliasTable(self._cells) if self._cells.any() else None

    def draw(self, random: np.random.Generator) -> Integers:
        """(M, W) cases in each window of one replicate."""
        if self._table is None:
            return np.zeros_like(self.observed)
        inside = int(random.binomial(self.total, self._inside))
        if inside > _CROWDED * self._cells.size:
            counts = random.multinomial(inside, self._cells / self._cells.sum())
        else:
            counts = np.bincount(self._table.draw(random, inside), minlength=self._cells.size)
        days = counts.reshape(self.members.size, self.windows.longest)
        return np.cumsum(days, axis=1)[:, self.windows.shortest - 1 :]
