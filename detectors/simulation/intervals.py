"""95 % intervals: Wilson's for shares of independent series, the bootstrap over series for everything else.

References
----------
Wilson E. (1927): Probable inference, the law of succession, and statistical inference. Journal of the American
Statistical Association 22, 209-212.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Z = 1.959963984540054
RESAMPLES = 500


class Interval(NamedTuple):
    """An estimate and its 95 % interval; NaN where there was nothing to estimate from."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """The share of successes.

    >>> tuple(round(number, 4) for number in wilson(8, 10))
    (0.8, 0.4902, 0.9433)
    """
    if trials == 0:
        return Interval(math.nan, math.nan, math.nan)
    share, square = successes / trials, Z * Z / trials
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def bootstrap(
    numbers: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]], *, seed: int
) -> Interval:
    """A statistic of the sums over series, with the percentiles of its value on series drawn with replacement.

    Parameters
    ----------
    numbers : (S, K) float
        What each series contributes.
    statistic : callable
        From sums (..., K) to values (...).
    seed : int
        Of the resampling.

    Examples
    --------
    >>> ratio = bootstrap(np.array([[1.0, 2.0], [1.0, 2.0]]), lambda sums: sums[..., 0] / sums[..., 1], seed=1)
    >>> ratio
    Interval(value=0.5, low=0.5, high=0.5)
    """
    series = len(numbers)
    if series == 0:
        return Interval(math.nan, math.nan, math.nan)
    random = np.random.default_rng(seed)
    weights = random.multinomial(series, np.full(series, 1 / series), RESAMPLES).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(numbers.sum(axis=0)))
        resampled = statistic(weights @ numbers)
    resampled = resampled[np.isfinite(resampled)]
    if not resampled.size:
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Interval(value, float(low), float(high))
