"""Shewhart chart: a count against the mean of a baseline and so many standard deviations.

References
----------
Shewhart W. (1931): Economic control of quality of manufactured product. Montgomery D. (2013): Introduction to
statistical quality control, 7th edition, sections 6.4 and 7.3 (charts for individuals and for counts).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.stats import norm

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import any_missing, narrow, sums_and_squares, variances
from detectors.likelihoods.negative_binomial import least_rare


@dataclass(frozen=True, slots=True)
class Shewhart(BlockMethod):
    """The count against mean + z standard deviations of the `baseline` steps before it.

    The oldest chart, and the one to explain: for series with a level and no season, judged step by step. C2 is this
    chart with a week as its baseline; prefer CUSUM for small rises that last, W8 where the counts are
    small or scatter, Farrington flexible where there is a season.

    Parameters
    ----------
    z : float
        Standard deviations above the mean, above 0; 3 is Shewhart's.
    distribution : "normal" or "poisson"
        "normal": the baseline's own standard deviation s, and bound m + z·s. "poisson": alarm if a Poisson count of
        mean (Σ + ½)/n is at least as high with a probability below that of z under the normal curve (0.00135 for 3):
        exact for small counts, and blind to scatter beyond Poisson's.
    baseline, guard : int
        Steps of the baseline, at least 3, and steps left out between it and the judged one.
    min_sigma : float
        For "normal": least standard deviation, in cases. With 0 a constant baseline has no verdict (NO_VARIANCE).

    Notes
    -----
    `expected` is the mean, `score` the distance from it in standard deviations (for "poisson", of the mean's root).
    "poisson" has `upper` the highest count that does not alarm.

    Examples
    --------
    >>> from detectors import build
    >>> counts = [[3, 5, 4, 4, 5, 3, 4, 9]]
    >>> for distribution in ("normal", "poisson"):
    ...     chart = build("shewhart", {"baseline": 7, "guard": 0, "distribution": distribution})
    ...     verdicts = chart.judge(counts, first=7)
    ...     print(round(float(verdicts.upper[0, 0]), 2), bool(verdicts.alarm[0, 0]))
    6.45 True
    11.0 False
    """

    name: ClassVar[str] = "shewhart"
    z: float = 3.0
    distribution: Literal["normal", "poisson"] = "normal"
    baseline: int = 28
    guard: int = 2
    min_sigma: float = 0.5

    def __post_init__(self) -> None:
        check.number("z", self.z, above=0)
        check.choice("distribution", self.distribution, ("normal", "poisson"))
        check.whole("baseline", self.baseline, least=3)
        check.whole("guard", self.guard)
        check.number("min_sigma", self.min_sigma, least=0)

    @property
    def lookback(self) -> int:
        return self.baseline + self.guard

    def _judge_block(self, piece: Piece, out: Block) -> None:
        offsets = [range(self.guard + 1, self.guard + 1 + self.baseline)]
        values = narrow(piece.values, self.baseline)
        sums, squares = sums_and_squares(values, piece.judged, offsets)
        today = piece.now()
        if self.distribution == "poisson":
            mean = (sums + 0.5) / self.baseline
            deviation = np.sqrt(mean)
            level = float(norm.sf(self.z))
            # The bound depends on the baseline's sum alone, and few sums are different.
            different, which = np.unique(sums, return_inverse=True)
            bounds = least_rare((different + 0.5) / self.baseline, np.ones(different.size), level) - 1
            out.upper[:] = bounds[which].reshape(mean.shape)
            np.greater(today, out.upper, out=out.alarm)
        else:
            mean = sums / self.baseline
            deviation = np.sqrt(variances(values, piece.judged, offsets, sums, squares))
            np.maximum(deviation, self.min_sigma, out=deviation)
            out.upper[:] = mean + self.z * deviation
            np.greater(today, out.upper, out=out.alarm)
        out.expected[:] = mean
        np.divide(today - mean, deviation, out=out.score)
        if piece.missing is not None:
            out.refuse(any_missing(piece.missing, piece.judged, offsets), Reason.MISSING_IN_BASELINE)
        out.refuse(deviation == 0, Reason.NO_VARIANCE)
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
