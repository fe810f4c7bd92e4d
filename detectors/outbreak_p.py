"""outbreakP: a mean that has begun to rise, against one that never did.

References
----------
Frisén M., Andersson E., Schiöler L. (2009): Robust outbreak surveillance of epidemics in Sweden. Statistics in Medicine
28, 476-493.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.blocks import EVERYTHING, Piece, judge_blocks
from detectors.judging.counts import CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.likelihoods.least_count import least_count
from detectors.likelihoods.rising import RisingMeans


@dataclass(frozen=True, slots=True)
class OutbreakP:
    """Likelihood ratio of means that only rise against a constant mean, over all steps since the first.

    For the onset of an epidemic season from a quiet start: it needs no baseline level, no season and no history; start
    the series before the onset. Once the season is under way it goes on alarming.

    Parameters
    ----------
    k : float
        Alarm where the ratio exceeds this.
    largest : int
        Counts up to this, and to the step's own, are tried for `upper`, which is infinite where none of them alarms.
    compatibility : "none" or "surveillance"
        "none": `score` is the logarithm of the ratio, which no count can overflow. "surveillance": `score` is the ratio
        as R multiplies it out, infinite on large counts, without verdict (STATISTIC_LOST) where 0 meets infinity, and
        without a bound where the product lost its way and alarms otherwise than its logarithm.

    Notes
    -----
    A step alarms where its count is at or above `upper`; `expected` is the constant mean. Missing steps are left out.

    Examples
    --------
    >>> from detectors import build
    >>> build("outbreak_p", {}).judge([[1, 0, 2, 1, 4, 9, 15]]).alarm.astype(int)
    array([[0, 0, 0, 0, 0, 1, 1]])
    """

    name: ClassVar[str] = "outbreak_p"
    lookback: ClassVar[None] = None
    k: float = 100.0
    largest: int = 100_000
    compatibility: Literal["none", "surveillance"] = "none"

    def __post_init__(self) -> None:
        check.number("k", self.k, above=0)
        check.whole("largest", self.largest, least=1)
        check.choice("compatibility", self.compatibility, ("none", "surveillance"))

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.judging.protocol.Detector.judge`."""
        return judge_blocks(counts, first, EVERYTHING, self._judge_block, least=0, series_at_once=512)

    def _judge_block(self, piece: Piece, out: Block) -> None:
        series, steps = piece.values.shape
        means = RisingMeans(series, steps)
        limit, bounds = math.log(self.k), np.full(series, np.inf)
        for step in range(steps):
            now = piece.values[:, step].astype(np.float64)
            known = None if piece.missing is None else ~piece.missing[:, step]
            judged = step - piece.judged
            if judged >= 0:
                bounds = least_count(
                    lambda rows, tried: means.log_ratio_with(rows, tried) > limit,
                    np.where(np.isfinite(bounds), bounds, np.ceil(4 * means.constant()) + 8),
                    np.maximum(now, float(self.largest)),
                )
                out.upper[:, judged] = bounds
            means.add(now, known)
            if judged >= 0:
                score = means.log_ratio()
                out.score[:, judged] = score
                out.alarm[:, judged] = score > limit
                out.expected[:, judged] = means.constant()
                if self.compatibility == "surveillance":
                    ratio = means.multiplied_ratio(piece.values[:, : step + 1])
                    out.score[:, judged] = ratio
                    out.alarm[:, judged] = ratio > self.k
                    # A product that has left the range of numbers leads R's search for the bound astray.
                    out.upper[(ratio > self.k) != (score > limit), judged] = np.inf
        out.refuse(np.isnan(out.score), Reason.STATISTIC_LOST)
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
