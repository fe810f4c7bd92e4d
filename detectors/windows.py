"""Sums over moving windows by prefix sums of integers: exact, so that a new day gives the same bits as the batch."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def prefix_sums(values: NDArray[np.int64] | NDArray[np.bool_]) -> Integers:
    """(rows, T) → (rows, T+1), starting with 0. Wraps on overflow, which differences of prefixes undo."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1), dtype=np.int64)
    np.cumsum(values, axis=1, dtype=np.int64, out=sums[:, 1:])
    return sums


def window_sums(prefixes: Integers, start: int, *, length: int, gap: int = 0) -> Integers:
    """Sums of the `length` steps that end `gap` steps before each step from column `start` on.

    A window that reaches before the first column holds what there is.
    """
    steps = prefixes.shape[1] - 1
    if start >= gap + length - 1:
        above = prefixes[:, start - gap + 1 : steps - gap + 1]
        return above - prefixes[:, start - gap - length + 1 : steps - gap - length + 1]
    ends = np.arange(start, steps) - gap + 1
    return prefixes[:, np.maximum(ends, 0)] - prefixes[:, np.maximum(ends - length, 0)]


Offsets = Sequence[range]
"""Which values belong to a window, as steps back from its own step: range(1, 8) is the week before it."""


def any_missing(missing: NDArray[np.bool_], start: int, offsets: Offsets) -> NDArray[np.bool_]:
    """Whether a step of each window is missing."""
    return sums_over(missing.astype(np.int64), start, offsets) > 0


def sums_over(values: Integers, start: int, offsets: Offsets) -> Integers:
    """Σy over the window of each step from column `start` on; needs whole windows."""
    steps = values.shape[1]
    sums = np.zeros((values.shape[0], steps - start), dtype=np.int64)
    prefixes = None
    for span in offsets:
        if span.step == 1 and len(span) > 2:
            prefixes = prefix_sums(values) if prefixes is None else prefixes
            sums += window_sums(prefixes, start, length=len(span), gap=span.start)
        else:
            for back in span:
                sums += values[:, start - back : steps - back]
    return sums


def sums_and_squares(values: Integers, start: int, offsets: Offsets) -> tuple[Integers, Integers]:
    """Σy and Σy² over the window of each step from column `start` on; needs whole windows."""
    return sums_over(values, start, offsets), sums_over(values * values, start, offsets)


def variances(values: Integers, start: int, offsets: Offsets, sums: Integers, squares: Integers) -> NDArray[np.float64]:
    """Sample variances (n-1) of the windows whose sums are given.

    n·Σy² - (Σy)² is exact in 64-bit integers while √n·Σy < 2^31.5; a window with larger counts is summed again in two
    passes, in a fixed order.
    """
    length = sum(len(span) for span in offsets)
    spread = squares * length
    spread -= sums * sums
    variance = spread / (length * (length - 1))
    limit = math.isqrt((2**63 - 1) // length)
    if sums.max(initial=0) > limit:
        for row, column in np.argwhere(sums > limit):
            window = [float(values[row, start + column - back]) for span in offsets for back in span]
            mean = float(sums[row, column]) / length
            variance[row, column] = math.fsum((value - mean) ** 2 for value in window) / (length - 1)
    return variance
