"""Judging many series in blocks that fit the processor's cache, so that a nation is one call."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.judging.counts import Counts, CountsLike
from detectors.judging.verdicts import Block, Reason, Verdicts

CELLS = 1 << 16
"""Counts per block: measured best of 2^14 … 2^18 on a core with 1 MB of second-level cache."""

EVERYTHING = 1 << 40
"""A lookback for methods that want all columns."""


Number = TypeVar("Number", np.int64, np.float64)


class Piece(NamedTuple):
    """Some series of a batch, cut to the columns that matter.

    `judged` is the column of `values` at which the first judged step stands; every step from there on has all the
    history that the method asked for.
    """

    values: NDArray[np.int64]
    missing: NDArray[np.bool_] | None
    judged: int
    rows: slice

    def now(self) -> NDArray[np.int64]:
        """The counts of the judged steps."""
        return self.values[:, self.judged :]

    def part(self, batch: NDArray[Number]) -> NDArray[Number]:
        """Return what belongs to this piece of another array (series, steps) of the whole batch: a denominator."""
        return batch[self.rows, batch.shape[1] - self.values.shape[1] :]


Kernel = Callable[[Piece, Block], None]


def judge_blocks(
    counts: CountsLike,
    first: int,
    lookback: int,
    kernel: Kernel,
    *,
    least: int | None = None,
    p_value: bool = False,
    series_at_once: int = 1,
) -> Verdicts:
    """Run a kernel over blocks of series and collect its verdicts.

    Parameters
    ----------
    counts : (S, T)
    first : int
        The first judged column.
    lookback : int
        Columns before a judged one that the kernel wants to see, if there are so many.
    kernel : callable
        Fills the block of verdicts of a piece of the counts.
    least : int, optional
        Columns before a judged one without which there is no verdict; `lookback` if not given.
    p_value : bool
        Whether the method defines p-values.
    series_at_once : int
        At least so many series a block, for kernels that go through them step by step.

    Raises
    ------
    ValueError
        `first` outside 0 … T, or counts that are no counts.
    """
    checked = Counts.of(counts)
    series, steps = checked.shape
    if not 0 <= first <= steps:
        raise ValueError(f"first must lie between 0 and {steps}, not {first}")
    verdicts = Verdicts.empty(series, steps - first, p_value=p_value)
    least = lookback if least is None else least
    start = min(max(first, least), steps)
    if start > first:
        _refuse_early(verdicts, start - first)
    if start == steps:
        return verdicts
    left = max(0, start - lookback)
    rows_at_once = max(series_at_once, CELLS // (steps - left))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for row in range(0, series, rows_at_once):
            rows = slice(row, min(series, row + rows_at_once))
            missing = None if checked.missing is None else checked.missing[rows, left:]
            piece = Piece(checked.values[rows, left:], missing, start - left, rows)
            kernel(piece, verdicts.block(rows).columns(slice(start - first, None)))
    return verdicts


def _refuse_early(verdicts: Verdicts, columns: int) -> None:
    for part in (verdicts.expected, verdicts.upper, verdicts.score, verdicts.p_value):
        if part is not None:
            part[:, :columns] = np.nan
    verdicts.alarm[:, :columns] = False
    verdicts.reason[:, :columns] = Reason.TOO_LITTLE_HISTORY
