"""How late cases are reported: the share of a step's cases that is known after so many steps.

References
----------
Lawless J. (1994): Adjustments for reporting delays and the prediction of occurred but not reported events. Canadian
Journal of Statistics 22, 15-31. Höhle M., an der Heiden M. (2014): Bayesian nowcasting during the STEC O104:H4 outbreak
in Germany, 2011. Biometrics 70, 993-1002.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Delay(NamedTuple):
    """Of S series: mean and variance of the share that is reported after 0 … D steps, (S, D+1), and the cases (S).

    The variance is that of a step's own share: what is not known of the average one, and how steps differ.
    """

    share: Floats
    variance: Floats
    cases: Integers


def reverse_hazards(triangle: Integers, known: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Cases of each delay, and cases of at most that delay, over the onsets for which both are known: (S, D+1) each.

    Their quotient is Lawless' reverse-time hazard P(delay = d | delay <= d), which late onsets, cut off by today, do
    not bias.
    """
    late = np.where(known, triangle, 0).sum(axis=1)
    at_most = np.where(known, np.cumsum(triangle, axis=2), 0).sum(axis=1)
    return late, at_most


def learn(triangle: Integers, known: NDArray[np.bool_]) -> Delay:
    """The delay distribution of each series from the cells of its triangle (S, T, D+1) that are `known` (T, D+1).

    Conjugate: with a Dirichlet prior that weighs one case, spread over all delays, the reverse hazards of a truncated
    triangle are independent betas (a generalised Dirichlet). Each step's own hazard scatters round them by a
    correlation ρ within the step (a beta-binomial, ρ by moments). The share reported after d steps is the product of
    all longer delays' not occurring, so that its first two moments are products of theirs.
    """
    longest = triangle.shape[2] - 1
    late, at_most = reverse_hazards(triangle, known)
    delays = np.arange(longest + 1)
    before = at_most - late + delays / (longest + 1)
    weight = at_most + (delays + 1) / (longest + 1)
    first, second = before / weight, before * (before + 1) / (weight * (weight + 1))
    second += _correlation(triangle, known, late, at_most) * (first - second)
    share, square = np.ones(first.shape), np.ones(first.shape)
    for delay in range(longest - 1, -1, -1):
        share[:, delay] = share[:, delay + 1] * first[:, delay + 1]
        square[:, delay] = square[:, delay + 1] * second[:, delay + 1]
    return Delay(share, np.maximum(square - share**2, 0), np.where(known, triangle, 0).sum(axis=(1, 2)))


def _correlation(triangle: Integers, known: NDArray[np.bool_], late: Integers, at_most: Integers) -> Floats:
    """ρ of each delay, (S, D+1): how much more than binomially its cases among those of at most that delay scatter.

    By moments: the square of n - N·g is N·g(1-g)·(1 + (N-1)·ρ) on average.
    """
    hazard = late / np.maximum(at_most, 1)
    among = np.where(known, np.cumsum(triangle, axis=2), 0)
    cases = np.where(known, triangle, 0)
    # Σ(n - Ng)² = Σn² - 2gΣnN + g²ΣN²: sums of whole numbers, whose order does not matter.
    squares, mixed, wide = (
        (one * other).sum(axis=1) for one, other in ((cases, cases), (cases, among), (among, among))
    )
    spread = squares - 2 * hazard * mixed + hazard**2 * wide
    steps = (among > 0).sum(axis=1)
    binomial = hazard * (1 - hazard)
    excess = spread * steps / np.maximum(steps - 1, 1) - binomial * at_most
    possible = binomial * (wide - at_most)
    return np.asarray(np.clip(np.where(possible > 0, excess / np.where(possible > 0, possible, 1), 0.0), 0.0, 0.99))
