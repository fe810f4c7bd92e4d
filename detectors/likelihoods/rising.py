"""Isotonic regression of many series at once, one step after the other, by pooling adjacent violators."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class RisingMeans:
    """The rising means that fit each series best, as blocks of steps with one mean.

    `series` is how many; `capacity` how many steps may come.
    """

    def __init__(self, series: int, capacity: int) -> None:
        self.series = series
        self._rows = np.arange(series)
        self._sums = np.zeros((series, capacity + 1))
        self._sizes = np.zeros((series, capacity + 1))
        self._means = np.full((series, capacity + 1), -np.inf)
        # Σ y·log(mean) over the first blocks: 0 before any.
        self._logs = np.zeros((series, capacity + 1))
        self._blocks: Rows = np.zeros(series, dtype=np.int64)
        self._total = np.zeros(series)
        self._steps = np.zeros(series)

    def _pool(self, rows: Rows, count: Floats) -> tuple[Floats, Floats, Rows]:
        """The last block's sum and size if this count came next, and the blocks that would remain before it."""
        sums, sizes, before = count.copy(), np.ones(rows.size), self._blocks[rows]
        merging = np.flatnonzero(sums <= self._means[rows, before])
        while merging.size:
            cells = rows[merging], before[merging]
            sums[merging] += self._sums[cells]
            sizes[merging] += self._sizes[cells]
            before[merging] -= 1
            merging = merging[sums[merging] / sizes[merging] <= self._means[rows[merging], before[merging]]]
        return sums, sizes, before

    def add(self, count: Floats, known: NDArray[np.bool_] | None = None) -> None:
        """One step more of every series that is known."""
        sums, sizes, before = self._pool(self._rows, count)
        rows = self._rows if known is None else self._rows[known]
        at = before[rows] + 1
        self._sums[rows, at] = sums[rows]
        self._sizes[rows, at] = sizes[rows]
        self._means[rows, at] = sums[rows] / sizes[rows]
        self._logs[rows, at] = self._logs[rows, at - 1] + _times_log(sums[rows], self._means[rows, at])
        self._blocks[rows] = at
        self._total[rows] += count[rows]
        self._steps[rows] += 1

    def constant(self) -> Floats:
        """The mean of all steps so far."""
        return np.asarray(self._total / np.maximum(self._steps, 1))

    def log_ratio(self) -> Floats:
        """Logarithm of the likelihood ratio of rising means against the constant one."""
        risen = self._logs[self._rows, self._blocks]
        return np.asarray(np.maximum(risen - _times_log(self._total, self.constant()), 0.0))

    def log_ratio_with(self, rows: Rows, count: Floats) -> Floats:
        """The same of some series, if these counts came next."""
        sums, sizes, before = self._pool(rows, count)
        risen = self._logs[rows, before] + _times_log(sums, sums / sizes)
        total = self._total[rows] + count
        return np.asarray(np.maximum(risen - _times_log(total, total / (self._steps[rows] + 1)), 0.0))

    def multiplied_ratio(self, counts: NDArray[np.int64]) -> Floats:
        """The ratio multiplied out step by step, with the overflows that this has; NaN after a missing step."""
        steps = counts.shape[1]
        whole = self._steps == steps
        blocks = np.arange(self._means.shape[1])
        used = (blocks > 0) & (blocks <= self._blocks[:, np.newaxis]) & whole[:, np.newaxis]
        fitted = np.full(counts.shape, np.nan)
        fitted[whole] = np.repeat(self._means[used], self._sizes[used].astype(np.int64)).reshape(-1, steps)
        mean = np.zeros(self.series)
        for step in range(steps):
            mean += (counts[:, step] - mean) / (step + 1)
        with np.errstate(all="ignore"):
            ratios = np.where((fitted == 0) & (mean[:, np.newaxis] == 0), 1.0, fitted / mean[:, np.newaxis])
            return np.asarray(np.multiply.accumulate(ratios**counts, axis=1)[:, -1])


def _times_log(sums: Floats, means: Floats) -> Floats:
    """Σ·log(mean), 0 where the sum is."""
    return np.asarray(sums * np.log(np.where(sums > 0, means, 1.0)))
