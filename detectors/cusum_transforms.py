"""What CUSUM sums: counts made roughly standard normal around their reference, and the way back to a count."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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


def _standard(count: Floats, reference: Floats, dispersion: float) -> Floats:
    return (count - reference) / np.sqrt(reference)


def _standard_bound(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    return np.sqrt(reference) * rest + reference


def _standard_published(rest: Floats, reference: Floats, dispersion: float) -> Floats:
    return np.ceil(_standard_bound(rest, reference, dispersion))


def _rossi(count: Floats, reference: Floats, dispersion: float) -> Floats:
    root = np.sqrt(reference)
    result: Floats = (count - 3 * reference + 2 * np.sqrt(count * reference)) / (2 * root)
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
    "none": Transform(_none, _none_bound),
}
"""By R's names. With "none" the raw count is summed, so that `k` and `h` are cases."""
