"""W8: a week against the eight weeks before it, evaluated daily."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import any_missing, prefix_sums, sums_and_squares, variances, window_sums
from detectors.likelihoods.negative_binomial import least_rare, tail

SMALL = 128
"""Below so many cases in a baseline its bound is remembered: 8 MB a parameter set, and most of a nation's baselines."""


@dataclass(frozen=True, slots=True)
class W8(BlockMethod):
    """The sum of the last `window` days against the `blocks` disjoint sums before it, by a negative binomial.

    The default voice for diseases that occur: sums over whole weeks know no weekday, three months of history suffice,
    and the minimum keeps small numbers quiet. Prefer Farrington flexible where years of history exist and the season is
    strong, and `k_in_window` or `single_case` where a few cases are an event by themselves.

    With Σ the baseline's total over n blocks: mean m = (Σ + ½)/n, φ = max(1, sample variance of the sums / their mean),
    and Y ~ negative binomial with mean m and variance m·(1 + 1/n)·φ, in which 1/n is the error of the mean itself.

    Parameters
    ----------
    p : float
        Alarm if P(Y >= y) < p …
    minimum : int
        … and y >= minimum.
    blocks : int
        Baseline sums, at least 2.
    window : int
        Days of a sum.
    guard : int
        Days left out between the judged window and the baseline.

    Notes
    -----
    `expected` is m, `upper` the highest sum that does not alarm, `score` the distance of y from m in standard
    deviations, `p_value` is P(Y >= y).

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> days = np.tile([1, 0, 0, 1, 0, 0, 0], 10)
    >>> days[-3:] = 3
    >>> verdicts = build("w8", {"p": 0.001, "minimum": 3}).judge(days, first=69)
    >>> bool(verdicts.alarm[0, 0]), float(verdicts.upper[0, 0])
    (True, 8.0)
    """

    name: ClassVar[str] = "w8"
    defines_p_value: ClassVar[bool] = True
    p: float = 0.001
    minimum: int = 3
    blocks: int = 8
    window: int = 7
    guard: int = 2

    def __post_init__(self) -> None:
        check.probability("p", self.p)
        check.whole("minimum", self.minimum, least=1)
        check.whole("blocks", self.blocks, least=2)
        check.whole("window", self.window, least=1)
        check.whole("guard", self.guard)

    @property
    def lookback(self) -> int:
        return self.window * (self.blocks + 1) + self.guard - 1

    def _judge_block(self, piece: Piece, out: Block) -> None:
        assert out.p_value is not None
        sums = window_sums(prefix_sums(piece.values), 0, length=self.window)
        gap = self.window + self.guard
        offsets = [range(gap, gap + self.blocks * self.window, self.window)]
        total, squares = sums_and_squares(sums, piece.judged, offsets)
        observed = sums[:, piece.judged :]
        mean = (total + 0.5) / self.blocks
        variance = variances(sums, piece.judged, offsets, total, squares)
        variance *= self.blocks
        variance /= np.maximum(total, 1)
        ratio = np.maximum(variance, 1, out=variance)
        ratio *= 1 + 1 / self.blocks
        out.expected[:] = mean
        np.multiply(mean, ratio, out=out.score)
        np.sqrt(out.score, out=out.score)
        np.divide(observed - mean, out.score, out=out.score)
        np.maximum(self._bounds(total, squares, mean, ratio), self.minimum, out=out.upper)
        out.upper[:] -= 1
        np.greater(observed, out.upper, out=out.alarm)
        out.p_value[:] = 1
        some = observed > 0
        out.p_value[some] = tail(observed[some], mean[some], ratio[some])
        if piece.missing is not None:
            hidden = any_missing(piece.missing, piece.judged, [range(gap, gap + self.window * self.blocks)])
            out.refuse(hidden, Reason.MISSING_IN_BASELINE)
            unknown = any_missing(piece.missing, piece.judged, [range(self.window)])
            out.refuse(unknown, Reason.NOT_OBSERVED, keep_bound=True)

    def _bounds(
        self,
        total: NDArray[np.int64],
        squares: NDArray[np.int64],
        mean: NDArray[np.float64],
        ratio: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """The least count that is rare enough, remembered for the small baselines that a nation mostly has."""
        bounds = np.empty(total.shape, dtype=np.int64)
        small = total < SMALL
        known = _known_bounds(self.p, self.blocks)
        key = total[small] * SMALL**2 + squares[small]
        found = known[key]
        new = np.flatnonzero(found == 0)
        if new.size:
            keys, at, which = np.unique(key[new], return_index=True, return_inverse=True)
            fresh = least_rare(mean[small][new][at], ratio[small][new][at], self.p)
            # Two threads may both come here: they write the same numbers.
            known[keys] = fresh
            found[new] = fresh[which]
        bounds[small] = found
        large = ~small
        if large.any():
            bounds[large] = least_rare(mean[large], ratio[large], self.p)
        return bounds


@lru_cache(maxsize=16)
def _known_bounds(p: float, blocks: int) -> NDArray[np.int32]:
    return np.zeros(SMALL**3, dtype=np.int32)
