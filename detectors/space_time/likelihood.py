"""Kulldorff's log likelihood ratio of a cylinder, and the fewest cases that reach a value of it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_STEP = 0.02
"""Distance of the nodes in standard deviations: what `LeastCounts` may be too low by."""
_NODES = 1 << 15
_HALVINGS = 36
_ALMOST_NOTHING = 1e-200


def log_likelihood_ratio(cases: ArrayLike, expected: ArrayLike, total: int) -> Floats:
    """Log likelihood ratio of more cases inside than expected, against as many inside as expected.

    c·ln(c/μ) + (C-c)·ln((C-c)/(C-μ)) where c > μ, else 0: given the total C it grows with c and falls with μ.

    Parameters
    ----------
    cases, expected : array
        c and μ of each cylinder; μ may be 0 only where c is (else the ratio is infinite).
    total : int
        C, the cases of the whole study.

    References
    ----------
    Kulldorff M. (1997): A spatial scan statistic. Communications in Statistics - Theory and Methods 26, 1481-1496.
    """
    inside, mean = np.asarray(cases, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    outside = total - inside
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = inside * np.log(inside / mean)
        # Where all cases are inside, nothing times the logarithm of almost nothing is nothing.
        ratio += outside * np.log(np.maximum(outside, _ALMOST_NOTHING) / (total - mean))
    return np.where(inside > mean, ratio, 0.0)


class LeastCounts:
    """Fewest cases with which cylinders may reach a ratio, looked up in a table over √μ.

    Each is looked up at the node below: so it may be a little too low, never too high.

    Parameters
    ----------
    expected : array
        μ of each cylinder.
    total : int
        C, the cases of the whole study.
    """

    __slots__ = ("_at", "_nodes", "_total")

    def __init__(self, expected: Floats, total: int) -> None:
        root = np.sqrt(expected)
        top = float(root.max(initial=0.0))
        step = max(_STEP, top / _NODES)
        self._at = (root / step).astype(np.uint16)
        self._nodes = (np.arange(int(top / step) + 2) * step) ** 2
        self._total = total

    def reaching(self, floor: float, most: int, kind: np.dtype[Any]) -> NDArray[Any]:
        """At least 1, and `most` + 1 where no count of at most `most` reaches the floor; as numbers of some type."""
        low, high = self._nodes.copy(), np.full_like(self._nodes, self._total)
        reachable = log_likelihood_ratio(high, self._nodes, self._total) >= floor
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            reached = log_likelihood_ratio(middle, self._nodes, self._total) >= floor
            high, low = np.where(reached, middle, high), np.where(reached, low, middle)
        # From below, and with a margin that outweighs every rounding error: a candidate too many costs time, one too
        # few would cost the truth.
        least = np.where(reachable, np.maximum(np.ceil(low * (1 - 1e-9)), 1.0), np.inf)
        return np.minimum(least, most + 1).astype(kind)[self._at]
