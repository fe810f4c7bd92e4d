"""Final counts of steps whose reports are still coming in: what is known, and how many will be added.

Given the share F reported, the cases to come are negative binomial with size n + ½ and probability F; F is uncertain: a
beta distribution, that stands as weighted values, so that every probability is a closed sum.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv

from detectors.judging import parameters as check
from detectors.judging.verdicts import Reason

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
NODES, WEIGHTS = (NODES + 1) / 2, WEIGHTS / 2
"""Levels at which the quantiles of the uncertain share stand for it, and their weights: Gauss and Legendre's."""
UNLIKELY = 0.05


@dataclass(frozen=True, slots=True)
class Nowcast:
    """What S series over T steps will come to, the last step being today's.

    Where `reason` (codes of :class:`Reason`) is not 0 the estimates are NaN. Steps older than the longest delay are
    complete: all estimates are the reported count.

    Parameters
    ----------
    reported : (S, T) int64
        Cases that are known today.
    expected, median, lower, upper : (S, T) float64
        Mean, median and central interval of the final count.
    share : (S, T) float64
        Share of the final count that is reported by now, as estimated; NaN where it cannot be.
    reason : (S, T) uint8
        TOO_FEW_CASES to learn the delay from, TOO_LITTLE_REPORTED: hardly a report can be there yet,
        TOO_LITTLE_HISTORY: no step is complete.
    shares : (S, D, n) float64
        Quantiles of the share reported of the last D steps, by which the probabilities are summed.
    """

    reported: Integers
    expected: Floats
    median: Floats
    lower: Floats
    upper: Floats
    share: Floats
    reason: NDArray[np.uint8]
    shares: Floats

    def completed(self, sure: float = 0.9) -> "np.ma.MaskedArray[Any, Any]":
        """Counts for a detector: what the final count reaches with probability `sure`; masked where nothing is known.

        The detector takes them for known, so that an alarm means: with at least this probability the final count, too,
        is above the bound. At 0.5, the median, estimates scatter more than counts do and alarm more: C2, on days with
        5 cases of which 15 % are reported on the day itself, alarmed falsely on 7 % of the three last days, at 0.8
        on 1.5 %, at 0.9 on 0.5 %; of complete counts 0.7 %. A day of 20 cases was found on the day itself, a day later
        and two days later in 29, 55 and 72 of 100 series at 0.9, and from the reported counts in 0, 5 and 40. Let the
        baseline's guard be as long as reports are late, or estimates become part of it.
        """
        check.probability("sure", sure)
        known = self.reason == Reason.JUDGED
        counts = np.where(known, self.reported, 0)
        late = slice(self.reported.shape[1] - self.shares.shape[1], None)
        good = known[:, late]
        size = self.reported[:, late][good] + 0.5
        counts[:, late][good] += quantile(1 - sure, size, self.shares[good]).astype(np.int64)
        return np.ma.MaskedArray(counts, mask=~known)

    def probability_above(self, bound: ArrayLike) -> Floats:
        """P(final count > bound), (S, T); NaN where nothing can be said.

        With the `upper` of a method's verdicts as bound it is the probability that the step will still alarm when it
        is complete, as far as the step itself is concerned.
        """
        limits = np.broadcast_to(np.asarray(bound, dtype=np.float64), self.reported.shape)
        more = np.floor(limits) - self.reported
        result = np.where(more < 0, 1.0, 0.0)
        late = slice(self.reported.shape[1] - self.shares.shape[1], None)
        open_ = (more[:, late] >= 0) & np.isfinite(more[:, late])
        result[:, late][open_] = 1 - _at_most(
            more[:, late][open_].astype(np.float64),
            self.reported[:, late][open_].astype(np.float64) + 0.5,
            self.shares[open_],
        )
        result[(self.reason != Reason.JUDGED) | np.isnan(limits)] = np.nan
        return result


def estimate(
    reported: Integers,
    mean: Floats,
    variance: Floats,
    reason_late: NDArray[np.uint8],
    level: float,
    least_share: float,
) -> Nowcast:
    """Final counts from moments (S, D) of the shares reported in the last D steps."""
    steps = reported.shape[1]
    late = slice(steps - mean.shape[1], None)
    shares = _quantiles(NODES, mean.ravel(), variance.ravel()).reshape(*mean.shape, NODES.size)
    least = _quantiles(np.array([UNLIKELY]), mean.ravel(), variance.ravel()).reshape(mean.shape)
    reason_late[(least < least_share) & (reason_late == Reason.JUDGED)] = Reason.TOO_LITTLE_REPORTED
    good = reason_late == Reason.JUDGED
    size = reported[:, late][good] + 0.5
    known = reported.astype(np.float64)
    expected, median, lower, upper = known.copy(), known.copy(), known.copy(), known.copy()
    more = size * ((1 - shares[good]) / shares[good] * WEIGHTS).sum(axis=1)
    expected[:, late][good] += more
    tails = (1 - level) / 2
    for part, chance in ((median, 0.5), (lower, tails), (upper, 1 - tails)):
        part[:, late][good] += quantile(chance, size, shares[good])
    share = np.ones(reported.shape)
    share[:, late] = np.where(good | (reason_late == Reason.TOO_LITTLE_REPORTED), mean, np.nan)
    reason = np.zeros(reported.shape, dtype=np.uint8)
    reason[:, late] = reason_late
    for part in (expected, median, lower, upper):
        part[reason != Reason.JUDGED] = np.nan
    return Nowcast(reported, expected, median, lower, upper, share, reason, shares)


def _quantiles(levels: Floats, mean: Floats, variance: Floats) -> Floats:
    """Quantiles (n, levels) of the beta with these moments."""
    sure = variance <= 1e-12
    # A beta's variance is below mean·(1 - mean).
    scattered = np.minimum(np.where(sure, 1.0, variance), 0.9 * mean * (1 - mean) + 1e-12)
    weight = np.maximum(mean * (1 - mean) / scattered - 1, 1e-3)
    found = betaincinv((mean * weight)[:, np.newaxis], ((1 - mean) * weight)[:, np.newaxis], levels)
    found = np.where(sure[:, np.newaxis], mean[:, np.newaxis], found)
    return np.asarray(np.clip(found, 1e-6, 1.0))


def _at_most(more: Floats, size: Floats, shares: Floats) -> Floats:
    """P(at most `more` cases still to come), for more >= 0."""
    chances = betainc(size[:, np.newaxis], more[:, np.newaxis] + 1, shares)
    # The weights add up to 1 but for rounding.
    return np.asarray(np.minimum((chances * WEIGHTS).sum(axis=1), 1.0))


def quantile(chance: float, size: Floats, shares: Floats) -> Floats:
    """The least number still to come whose distribution function reaches `chance`."""
    low, high = np.full(size.shape, -1.0), np.maximum(np.ceil(2 * size / (shares * WEIGHTS).sum(axis=1)), 1.0)
    below = _at_most(high, size, shares) < chance
    while below.any():
        high[below] *= 2
        below[below] = _at_most(high[below], size[below], shares[below]) < chance
    while (high - low > 1).any():
        wide = high - low > 1
        middle = np.floor((low[wide] + high[wide]) / 2)
        reached = _at_most(middle, size[wide], shares[wide]) >= chance
        high[wide] = np.where(reached, middle, high[wide])
        low[wide] = np.where(reached, low[wide], middle)
    return np.asarray(high)
