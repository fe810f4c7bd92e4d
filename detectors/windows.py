"""Sums over moving windows by prefix sums of integers: exact, so that a new day gives the same bits as the batch."""

import math
from typing import NamedTuple

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


def any_missing(missing: NDArray[np.bool_], start: int, *, length: int, gap: int = 0) -> NDArray[np.bool_]:
    """Whether a step of each window is missing."""
    return window_sums(prefix_sums(missing), start, length=length, gap=gap) > 0


class Span(NamedTuple):
    """Which values belong to a window: `length` of them, `stride` apart, the last one `gap` steps before its step."""

    length: int
    gap: int = 0
    stride: int = 1


def sums_and_squares(values: Integers, start: int, span: Span) -> tuple[Integers, Integers]:
    """Σy and Σy² over the window of each step from column `start` on; needs whole windows."""
    length, gap, stride = span
    if stride == 1:
        sums = window_sums(prefix_sums(values), start, length=length, gap=gap)
        return sums, window_sums(prefix_sums(values * values), start, length=length, gap=gap)
    steps = values.shape[1]
    squared = values * values
    sums = np.zeros((values.shape[0], steps - start), dtype=np.int64)
    squares = np.zeros_like(sums)
    for back in range(gap, gap + length * stride, stride):
        sums += values[:, start - back : steps - back]
        squares += squared[:, start - back : steps - back]
    return sums, squares


def variances(values: Integers, start: int, span: Span, sums: Integers, squares: Integers) -> NDArray[np.float64]:
    """Sample variances (n-1) of the windows whose sums are given.

    n·Σy² - (Σy)² is exact in 64-bit integers while √n·Σy < 2^31.5; a window with larger counts is summed again in two
    passes, in a fixed order.
    """
    length, gap, stride = span
    spread = squares * length
    spread -= sums * sums
    variance = spread / (length * (length - 1))
    limit = math.isqrt((2**63 - 1) // length)
    if sums.max(initial=0) > limit:
        for row, column in np.argwhere(sums > limit):
            end = start + int(column) - gap + 1
            window = values[row, end - (length - 1) * stride - 1 : end : stride]
            mean = float(sums[row, column]) / length
            variance[row, column] = math.fsum((float(value) - mean) ** 2 for value in window) / (length - 1)
    return variance
