"""Bayes: the count against what a Gamma-Poisson model predicts from the same season.

References
----------
Riebler A. (2004): Empirischer Vergleich von statistischen Methoden zur Ausbruchserkennung bei Surveillance Daten.
Höhle M. (2007): surveillance: an R package for the monitoring of infectious diseases. Computational Statistics 22.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.judging import parameters as check
from detectors.judging import same_season
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import Offsets, sums_over
from detectors.likelihoods.negative_binomial import least_rare, tail


@dataclass(frozen=True, slots=True)
class Bayes(BlockMethod):
    """The count against the predictive distribution of a Poisson mean with Jeffreys' prior.

    With Σ cases in n known baseline steps it is negative binomial with size Σ + ½ and probability n/(n+1): exact on
    small counts, where a normal bound is not. It knows no overdispersion and no trend, so that busy or noisy series
    alarm too often: prefer W8 or Farrington flexible there.

    Parameters
    ----------
    years_back, window_half_width, current_year, period
        As RKI's (R's bayes1: 0, 6, true; bayes2: 1, 6, true; bayes3: 2, 4, false).
    alpha : float
        Alarm if P(Y > y - 1) is at most this.

    Notes
    -----
    Missing baseline steps are left out; `score` is -log10 of the p-value.

    Examples
    --------
    >>> from detectors import build
    >>> verdicts = build("bayes", {}).judge([[1, 0, 2, 1, 1, 0, 5]], first=6)
    >>> verdicts.upper, bool(verdicts.alarm[0, 0])
    (array([[3.]]), True)
    """

    name: ClassVar[str] = "bayes"
    defines_p_value: ClassVar[bool] = True
    years_back: int = 0
    window_half_width: int = 6
    current_year: bool = True
    alpha: float = 0.05
    period: int = 52

    def __post_init__(self) -> None:
        same_season.check_windows(self.years_back, self.window_half_width, self.current_year, self.period)
        check.probability("alpha", self.alpha)

    @property
    def lookback(self) -> int:
        return self.years_back * self.period + self.window_half_width

    def _judge_block(self, piece: Piece, out: Block) -> None:
        assert out.p_value is not None
        offsets: Offsets = same_season.offsets(
            self.years_back, self.window_half_width, current_year=self.current_year, period=self.period
        )
        size = sum(len(span) for span in offsets)
        sums = sums_over(piece.values, piece.judged, offsets)
        known = np.full_like(sums, size)
        if piece.missing is not None:
            known -= sums_over(piece.missing.astype(np.int64), piece.judged, offsets)
        # Few baselines differ: the bound is found once for each.
        distinct, which = np.unique(sums * (size + 1) + known, return_inverse=True)
        counted = np.maximum(distinct % (size + 1), 1)
        bounds = least_rare((distinct // (size + 1) + 0.5) / counted, 1 + 1 / counted, self.alpha) - 1
        today = piece.now()
        known_or_one = np.maximum(known, 1)
        out.expected[:] = (sums + 0.5) / known_or_one
        out.upper[:] = bounds[which]
        np.greater(today, out.upper, out=out.alarm)
        out.p_value[:] = tail(today, out.expected, 1 + 1 / known_or_one)
        out.score[:] = -np.log10(np.maximum(out.p_value, 1e-300))
        out.refuse(known == 0, Reason.MISSING_IN_BASELINE)
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
