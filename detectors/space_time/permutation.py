"""Cases alone: each keeps its place, and the days change hands."""

import numpy as np

from detectors.space_time.null_model import Integers, NullModel, Windows

_CROWDED = 4
"""Cases a cell from which drawing every cell's count is cheaper than shuffling every case."""


class PermutationModel(NullModel):
    """The days of the cases are shuffled among them, so that every place and every day keeps its number of cases.

    Needs no population, and takes no notice of what is purely spatial (a place with many cases always) or purely
    temporal (a season that is everywhere).

    Parameters
    ----------
    cases : (N, T) int64
    windows : Windows

    References
    ----------
    Kulldorff M., Heffernan R., Hartman J., Assunção R., Mostashari F. (2005): A space-time permutation scan statistic
    for disease outbreak detection. PLoS Medicine 2, e59.
    """

    def __init__(self, cases: Integers, windows: Windows) -> None:
        each = cases.sum(axis=1)
        self.members = np.flatnonzero(each)
        self.windows = windows
        self.total = int(each.sum())
        self.observed = windows.sums(cases[self.members])
        self._of_place = each[self.members]
        self._of_day = cases.sum(axis=0)[::-1][: windows.longest]
        of_window = np.cumsum(self._of_day)[windows.shortest - 1 :]
        self.weights = self._of_place[:, None].astype(np.float64) * of_window
        self.scale = 1 / self.total
        self.share = self._of_place / self.total
        self._shuffled = self.total <= _CROWDED * self.members.size * windows.longest
        if self._shuffled:
            # Cell = place × (longest + 1) + days ago; all days before the longest window are one.
            before = self.total - int(self._of_day.sum())
            ages = np.append(self._of_day, before)
            self._ages = np.repeat(np.arange(windows.longest + 1), ages)
            self._places = np.repeat(np.arange(self.members.size) * (windows.longest + 1), self._of_place)

    def draw(self, random: np.random.Generator) -> Integers:
        """(M, W) cases in each window of one replicate."""
        places, longest = self.members.size, self.windows.longest
        if self._shuffled:
            cells = self._places + random.permutation(self._ages)
            counts = np.bincount(cells, minlength=places * (longest + 1))
            days = counts.reshape(places, longest + 1)[:, :longest]
        else:
            days, left = np.empty((places, longest), dtype=np.int64), self._of_place.copy()
            for age in range(longest):
                days[:, age] = random.multivariate_hypergeometric(left, self._of_day[age], method="marginals")
                left -= days[:, age]
        return np.cumsum(days, axis=1)[:, self.windows.shortest - 1 :]
