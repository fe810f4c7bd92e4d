"""Sums over moving windows by prefix sums of integers: exact, so that a new day gives the same bits as the batch."""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.signedinteger[Any]]
Summable = TypeVar("Summable", Integers, NDArray[np.bool_])


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


def narrow(values: NDArray[np.int64], length: int) -> Integers:
    """The same counts in 32 bits, twice as quick to add up, where (Σy)² over `length` of them has room there."""
    limit = math.isqrt(2**31 - 1) // length
    return values.astype(np.int32) if values.max(initial=0) <= limit else values


def any_missing(missing: NDArray[np.bool_], start: int, offsets: Offsets) -> NDArray[np.bool_]:
    """Whether a step of each window is missing."""
    # The sum of booleans is their "or".
    return sums_over(missing, start, offsets)


def moving_sums(values: Summable, length: int) -> Summable:
    """(rows, T) → (rows, T): the sum of each step and the `length` - 1 after it; the last ones of a row mean nothing.

    Sums of 1, 2, 3, 6, 7 … steps grow out of each other. The rows are taken as one long line, whose windows may run
    into the next row: far cheaper than to stop at the end of each.
    """
    line = np.ascontiguousarray(values).reshape(-1)
    sums, width = line, 1
    for bit in f"{length:b}"[1:]:
        longer = np.empty_like(line)
        np.add(sums[: line.size - width], sums[width:], out=longer[: line.size - width])
        sums, width = longer, 2 * width
        if bit == "1":
            size = line.size - width
            np.add(sums[:size], line[width:], out=sums[:size])
            width += 1
    return sums.reshape(values.shape)


def sums_over(values: Summable, start: int, offsets: Offsets) -> Summable:
    """Σy over the window of each step from column `start` on; before the first column there is nothing."""
    lacking = max(span[-1] for span in offsets) - start
    if lacking > 0:
        values, start = np.pad(values, ((0, 0), (lacking, 0))), start + lacking
    steps = values.shape[1]
    parts = []
    for span in offsets:
        together = span.step == 1 and len(span) > 2
        source, lags = (moving_sums(values, len(span)), span[-1:]) if together else (values, span)
        parts += [source[:, start - back : steps - back] for back in lags]
    sums = parts[0].copy()
    for part in parts[1:]:
        sums += part
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
    variance: NDArray[np.float64] = spread / (length * (length - 1))
    limit = math.isqrt((2**63 - 1) // length)
    if sums.max(initial=0) > limit:
        for row, column in np.argwhere(sums > limit):
            window = [float(values[row, start + column - back]) for span in offsets for back in span]
            mean = float(sums[row, column]) / length
            variance[row, column] = math.fsum((value - mean) ** 2 for value in window) / (length - 1)
    return variance
