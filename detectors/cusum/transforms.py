"""What CUSUM sums: counts made roughly standard normal around their reference, and the way back to a count."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import hyp2f1

Floats = NDArray[np.float64]


class Transform(NamedTuple):
    """A transform of counts.

    `score(count, reference, dispersion)` is what is summed. `bound(rest, reference, dispersion)` is the count whose
    score is `rest`, what the sum still lacks to its limit; `published` is the bound that R's surveillance prints where
    that is another one.
    """

    score: Callable[[Floats, Floats, float], Floats]
    bound: Callable[[Floats, Floats, float], Floats]
    published: Callable[[Floats, Floats, float], Floats] | None = None
    published_score: Callable[[Floats, Floats, float], Floats] | None = None
    published_is_rest: bool = False


def _standard(count: Floats, reference: Floats, dispersion: float) -> Floats:
    result: Floats = count - reference
    result /= np.sqrt(reference)
    return result


def _standard_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    result: Floats = np.sqrt(reference) * rest
    result += reference
    return result


def _standard_published(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    bound = _standard_bound(rest, reference, dispersion)
    return np.ceil(bound, out=bound)


def _rossi(count: Floats, reference: Floats, dispersion: float) -> Floats:
    result: Floats = np.sqrt(count * reference)
    result *= 2
    result += count - 3 * reference
    result /= 2 * np.sqrt(reference)
    return result


def _rossi_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    root = np.sqrt(reference)
    result: Floats = 2 * root * rest + 5 * reference - 2 * np.sqrt(4 * reference**2 + 2 * reference * root * rest)
    return result


def _anscombe(count: Floats, reference: Floats, dispersion: float) -> Floats:
    result: Floats = 1.5 * (np.cbrt(count) ** 2 - np.cbrt(reference) ** 2) / np.sqrt(np.cbrt(reference))
    return result


def _anscombe_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    base = 2 / 3 * np.sqrt(np.cbrt(reference)) * rest + np.cbrt(reference) ** 2
    result: Floats = np.where(base < 0, 0, base) ** 1.5
    return result


def _anscombe2nd(count: Floats, reference: Floats, dispersion: float) -> Floats:
    third = np.cbrt(reference)
    result: Floats = (np.cbrt(count) ** 2 - (third**2 - 1 / third / 9)) / (2 / 3 * np.sqrt(third))
    return result


def _anscombe2nd_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    third = np.cbrt(reference)
    base = 2 / 3 * np.sqrt(third) * rest + (third**2 - 1 / third / 9)
    result: Floats = np.where(base < 0, 0, base) ** 1.5
    return result


def _anscombe2nd_published(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    # R subtracts m^(+1/3)/9 here and m^(-1/3)/9 in the score.
    third = np.cbrt(reference)
    base = 2 / 3 * np.sqrt(third) * rest + (third**2 - third / 9)
    result: Floats = np.where(base < 0, 0, base) ** 1.5
    return result


def _pearson(count: Floats, reference: Floats, dispersion: float) -> Floats:
    return (count - reference) / np.sqrt(reference + dispersion * reference**2)


def _pearson_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    return np.sqrt(reference + dispersion * reference**2) * rest + reference


def _negative_binomial_root(count: Floats, dispersion: float, hypergeometric: Callable[[Floats], Floats]) -> Floats:
    """∫ dy / (y + dispersion·y²)^⅓ from 0 to the count: what makes a negative binomial symmetric."""
    result: Floats = 1.5 * np.cbrt(count) ** 2 * hypergeometric(-dispersion * count)
    return result


def _exact_2f1(argument: Floats) -> Floats:
    return np.asarray(hyp2f1(1 / 3, 2 / 3, 5 / 3, argument))


_TENTH_DIGIT_FROM = (0.0, 0.45, 0.92, 1.74, 2.68, 5.17, 7.2, 12.0)
_TENTH_DIGIT_EXCESS = (0.0262, 0.146, 0.2216, 0.3136, 0.3939, 0.4535, 0.482, 0.5339)
"""How much R's tabulated values are too high, in units of their tenth digit, from which distance to 0 on: found by
comparing with the exact function. The sums of a CUSUM carry it to the ninth digit of a bound."""


@lru_cache(maxsize=1)
def _published_values() -> Floats:
    distances = np.concatenate([np.arange(1001) / 100, np.arange(11.0, 101.0)])
    excess = np.take(_TENTH_DIGIT_EXCESS, np.searchsorted(_TENTH_DIGIT_FROM, distances + 1e-9) - 1)
    return np.asarray(np.rint(_exact_2f1(-distances) * 1e10 + excess) / 1e10)


def _nearest_hundredth(distance: Floats) -> NDArray[np.int64]:
    """Which of the hundredths up to 10 is nearest; between two as R's own rounding of the differences decides."""
    below = np.clip(np.floor(100 * distance), 0, 999)
    nearer = np.abs((below + 1) / 100 - distance) < np.abs(below / 100 - distance)
    return np.asarray(below + nearer, dtype=np.int64)


def _published_2f1(argument: Floats) -> Floats:
    """R looks the function up: the nearest hundredth down to -10, then straight lines between whole numbers to -100."""
    values = _published_values()
    near = values[_nearest_hundredth(-np.nan_to_num(argument))]
    lower = np.clip(np.ceil(-np.nan_to_num(argument)), 11, 100)
    at = lower.astype(np.int64) + 990
    far = values[at] + (values[at - 1] - values[at]) * (argument + lower)
    looked_up = np.where(argument >= -10, near, np.where(argument >= -100, far, np.nan))
    return np.asarray(np.where(np.isnan(argument), np.nan, looked_up))


def _anscombe_negative_binomial(
    count: Floats, reference: Floats, dispersion: float, hypergeometric: Callable[[Floats], Floats] = _exact_2f1
) -> Floats:
    above = _negative_binomial_root(count, dispersion, hypergeometric)
    above = above - _negative_binomial_root(reference, dispersion, hypergeometric)
    return above / np.sqrt(np.cbrt(reference + dispersion * reference**2))


def _anscombe_negative_binomial_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    goal = rest * np.sqrt(np.cbrt(reference + dispersion * reference**2))
    goal = goal + _negative_binomial_root(reference, dispersion, _exact_2f1)
    bound = np.broadcast_to(reference, goal.shape).copy()
    # The root is concave: from below, Newton's steps come nearer without ever passing the bound.
    for _ in range(12):
        lacking = goal - _negative_binomial_root(bound, dispersion, _exact_2f1)
        bound = np.maximum(bound + lacking * np.cbrt(bound + dispersion * bound**2), 0)
    return bound


def _none(count: Floats, reference: Floats, dispersion: float) -> Floats:
    return count.copy()


def _none_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    return rest.copy()


TRANSFORMS: dict[str, Transform] = {
    "standard": Transform(_standard, _standard_bound, _standard_published),
    "rossi": Transform(_rossi, _rossi_bound),
    "anscombe": Transform(_anscombe, _anscombe_bound),
    "anscombe2nd": Transform(_anscombe2nd, _anscombe2nd_bound, _anscombe2nd_published),
    "pearsonNegBin": Transform(_pearson, _pearson_bound),
    "anscombeNegBin": Transform(
        _anscombe_negative_binomial,
        _anscombe_negative_binomial_bound,
        published_score=partial(_anscombe_negative_binomial, hypergeometric=_published_2f1),
        published_is_rest=True,
    ),
    "none": Transform(_none, _none_bound, published_is_rest=True),
}
"""By R's names. With "none" the raw count is summed, so that `k` and `h` are cases."""
