"""Tails of the negative binomial, given by its mean and its ratio of variance to mean."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammainc
from scipy.stats import norm

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def tail(counts: Integers, mean: Floats, ratio: Floats) -> Floats:
    """P(Y >= y), elementwise; `ratio` = variance / mean, of which 1 is the Poisson distribution."""
    counted = np.maximum(counts, 1).astype(np.float64)
    more = ratio - 1
    poisson = more <= 0
    if poisson.any():
        result: Floats = gammainc(counted, mean)
        rest = ~poisson
        result[rest] = betainc(counted[rest], mean[rest] / more[rest], (more / ratio)[rest])
    else:
        result = betainc(counted, mean / more, more / ratio)
    result[counts <= 0] = 1.0
    return result


def least_rare(mean: Floats, ratio: Floats, level: float) -> Integers:
    """The least y >= 1 with P(Y >= y) < level, elementwise, by bisection.

    Exact in the sense that `tail` of the answer is below the level and `tail` of the count before it is not.
    """
    # Wilson and Hilferty's cube for the gamma of the same mean and variance is within a count or two.
    shape = 9 * mean / ratio
    guess = mean * np.maximum(1 - 1 / shape + norm.isf(level) / np.sqrt(shape), 0.0) ** 3
    low: Integers = np.maximum(np.floor(guess).astype(np.int64), 0)
    high: Integers = low + 1
    step = np.ones_like(low)
    # Widen until tail(low) >= level > tail(high), with tail(0) = 1.
    rare = np.flatnonzero(tail(low, mean, ratio) < level)
    while rare.size:
        high[rare] = low[rare]
        low[rare] = np.maximum(low[rare] - step[rare], 0)
        step[rare] *= 2
        rare = rare[tail(low[rare], mean[rare], ratio[rare]) < level]
    step[:] = 1
    common = np.flatnonzero(tail(high, mean, ratio) >= level)
    while common.size:
        low[common] = high[common]
        high[common] += step[common]
        step[common] *= 2
        common = common[tail(high[common], mean[common], ratio[common]) >= level]
    wide = np.flatnonzero(high - low > 1)
    while wide.size:
        middle = (low[wide] + high[wide]) // 2
        below = tail(middle, mean[wide], ratio[wide]) < level
        high[wide[below]] = middle[below]
        low[wide[~below]] = middle[~below]
        wide = wide[high[wide] - low[wide] > 1]
    return high
