"""Critical values of MaxSPRT, from the exact distribution of its largest likelihood ratio.

References
----------
Kulldorff M. et al. (2011): A maximized sequential probability ratio test for drug and vaccine safety surveillance.
Sequential Analysis 30, 58-78.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import lambertw, xlogy
from scipy.stats import poisson

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FEWEST = 40
"""Increments above this and twice their mean are less likely than 1e-40: times lie about one expected event apart."""
SMALLEST, LARGEST = 1e-6, 50.0


def poisson_ratio(events: Floats | Integers, expected: Floats) -> Floats:
    """log of the largest likelihood ratio of a rate above the expected one: c·log(c/μ) - (c - μ), 0 where c <= μ."""
    return np.asarray(
        np.where(events > expected, xlogy(events, events / expected) - (events - expected), 0.0), dtype=np.float64
    )


def binomial_ratio(exposed: Integers, events: Integers, share: float) -> Floats:
    """The same for x of n events exposed, of which the `share` is expected."""
    x, n = exposed.astype(np.float64), events.astype(np.float64)
    apart = xlogy(x, x / (n * share)) + xlogy(n - x, (n - x) / (n * (1 - share)))
    return np.asarray(np.where(x > n * share, apart, 0.0), dtype=np.float64)


def latest(events: Integers, critical: float) -> Floats:
    """Up to how many expected events so many events are too many: the lower μ with c·log(c/μ) - (c - μ) = critical."""
    # With u = μ/c: u - log u = 1 + critical/c, which Lambert's function solves on its principal branch.
    c = events.astype(np.float64)
    return np.asarray(-c * lambertw(-np.exp(-1 - critical / c)).real)


def poisson_error(critical: float, limit: float, minimum: int) -> float:
    """P(the ratio ever reaches `critical`) of a Poisson process watched until `limit` events are expected.

    It does so when event n >= `minimum` comes before time `latest(n)`; so the number of events at these times, and
    that it stayed below n at each of them, is all that must be followed.
    """
    most = minimum
    while latest(np.array([most]), critical)[0] < limit:
        most *= 2
    times = np.minimum(latest(np.arange(minimum, most + 1), critical), limit)
    times = times[: int(np.argmax(times >= limit)) + 1]
    # still[k]: k events until now, and never too many.
    still = poisson.pmf(np.arange(minimum), times[0])
    for passed in np.diff(times):
        steps = poisson.pmf(np.arange(min(still.size + 1, FEWEST + int(2 * passed))), passed)
        still = np.convolve(still, steps)[: still.size + 1]
    return float(1 - still.sum())


@lru_cache(maxsize=256)
def poisson_critical(limit: float, alpha: float, minimum: int) -> float:
    """The critical value whose error is `alpha`; nearly 0 where any excess over `minimum` events is rare enough."""
    if poisson_error(SMALLEST, limit, minimum) <= alpha:
        return SMALLEST

    def excess(critical: float) -> float:
        return poisson_error(critical, limit, minimum) - alpha

    return float(brentq(excess, SMALLEST, LARGEST, xtol=1e-10))


def poisson_bound(expected: Floats, critical: float, minimum: int) -> Floats:
    """The least number of events, at least `minimum`, whose ratio reaches `critical`."""
    safe = np.where(expected > 0, expected, 1.0)
    # With v = c/μ: v(log v - 1) = critical/μ - 1, again by Lambert's function.
    least = np.ceil(safe * np.exp(1 + lambertw((critical / safe - 1) / np.e).real))
    # The closed form may round to the wrong side; the ratio itself decides.
    least -= poisson_ratio(least - 1, safe) >= critical
    least += poisson_ratio(least, safe) < critical
    return np.asarray(np.maximum(least, minimum))


def binomial_error(critical: float, limit: int, minimum: int, share: float) -> float:
    """P(the ratio ever reaches `critical` within `limit` events, of which each is exposed with probability `share`)."""
    still, error = np.ones(1), 0.0
    for events in range(1, limit + 1):
        grown = np.zeros(events + 1)
        grown[:-1] = still * (1 - share)
        grown[1:] += still * share
        if events >= minimum:
            exposed = np.arange(events + 1)
            over = binomial_ratio(exposed, np.full(events + 1, events), share) >= critical
            error += float(grown[over].sum())
            grown[over] = 0
        still = grown
    return error


@lru_cache(maxsize=256)
def binomial_critical(limit: int, alpha: float, minimum: int, share: float) -> float:
    """The least value that the ratio can take whose error is at most `alpha`; infinite where there is none.

    The ratio takes finitely many values, so that the error mostly lies below `alpha`, not on it.
    """
    events = np.repeat(np.arange(1, limit + 1), np.arange(2, limit + 2))
    exposed = np.concatenate([np.arange(n + 1) for n in range(1, limit + 1)])
    ratios = binomial_ratio(exposed, events, share)
    # Values that differ by rounding alone are one value.
    values = np.unique(np.round(ratios[(ratios > 0) & (events >= minimum)], 9)) - 5e-10
    low, high = 0, values.size
    while low < high:
        middle = (low + high) // 2
        if binomial_error(float(values[middle]), limit, minimum, share) <= alpha:
            high = middle
        else:
            low = middle + 1
    return float(values[low]) if low < values.size else np.inf


@lru_cache(maxsize=256)
def binomial_bounds(limit: int, critical: float, minimum: int, share: float) -> Integers:
    """For 0 … `limit` events the least number of exposed ones that reaches `critical`; one more than all if none."""
    bounds = np.arange(1, limit + 2)
    for events in range(minimum, limit + 1):
        exposed = np.arange(events + 1)
        over = np.flatnonzero(binomial_ratio(exposed, np.full(events + 1, events), share) >= critical)
        if over.size:
            bounds[events] = over[0]
    bounds.flags.writeable = False
    return bounds
