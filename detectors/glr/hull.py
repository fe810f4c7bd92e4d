"""Where a change of a Poisson rate may have begun: the corners of the hull of cases over expected cases.

The log-likelihood of a given factor is linear in the sums of a window, so that the best window for any factor starts at
a corner of the convex hull of the past's summed cases over summed means: for a rise the lower hull, for a fall the
upper one. Between corners lie blocks of steps whose rates rise (or fall) from one to the next.
"""

import numpy as np

from detectors.glr.chart import Flags, Floats, Rows


class Hull:
    """The blocks between the corners of S series, for `steps` steps at most; `sign` 1 for a rise, -1 for a fall."""

    def __init__(self, series: int, steps: int, sign: int) -> None:
        self._sign = sign
        self._cases, self._expected = np.zeros((steps, series)), np.zeros((steps, series))
        self._blocks = np.zeros(series, dtype=np.int64)

    def clear(self, rows: Rows) -> None:
        """Forget the steps of some series."""
        self._blocks[rows] = 0

    def push(self, rows: Rows, cases: Floats, expected: Floats) -> None:
        """One step more of some series: it ends blocks that its rate does not go on from."""
        cases, expected, before = cases.copy(), expected.copy(), self._blocks[rows]
        merging = np.flatnonzero(before > 0)
        while merging.size:
            cells = before[merging] - 1, rows[merging]
            last_cases, last_expected = self._cases[cells], self._expected[cells]
            # Compares the rates of the two blocks, without a division.
            gain = cases[merging] * last_expected - last_cases * expected[merging]
            flat = gain * self._sign <= 0
            merging = merging[flat]
            cases[merging] += last_cases[flat]
            expected[merging] += last_expected[flat]
            before[merging] -= 1
            merging = merging[before[merging] > 0]
        self._cases[before, rows], self._expected[before, rows] = cases, expected
        self._blocks[rows] = before + 1

    def sums(self, rows: Rows) -> tuple[Floats, Floats, Flags]:
        """Cases and expected cases (K, R) of the last 0, 1, 2 … blocks, and which there are."""
        blocks = self._blocks[rows]
        back = np.arange(int(blocks.max(initial=0)) + 1)[:, np.newaxis]
        own = back <= blocks
        at = np.where(own & (back > 0), blocks - back, 0)
        cases, expected = (
            np.cumsum(np.where(own & (back > 0), sums[at, rows], 0.0), axis=0) for sums in (self._cases, self._expected)
        )
        return cases, expected, own
