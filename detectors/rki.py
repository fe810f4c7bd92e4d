"""RKI: the count against an interval round the mean of the same season, as Germany's system began.

References
----------
Crow E., Gardner R. (1959): Confidence intervals for the expectation of a Poisson variable. Biometrika 46, 441-453.
Höhle M. (2007): surveillance: an R package for the monitoring of infectious diseases. Computational Statistics 22.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.judging import same_season
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import Offsets, any_missing, sums_and_squares, variances

POISSON_LIMITS = np.loadtxt(
    [
        "3.285 5.323 6.686 8.102 9.598 11.177 12.817 13.765 14.921 16.768 17.633",
        "19.05 20.335 21.364 22.945 23.762 25.4 26.306 27.735 28.966 30.017 inf",
    ]
).ravel()[:21]
"""Upper 95 % limits of a Poisson mean of which 0 … 20 cases were seen, by Crow and Gardner."""


@dataclass(frozen=True, slots=True)
class Rki(BlockMethod):
    """The count against the mean of the same season's weeks and its upper limit.

    Below a mean of 20 the limit is Crow and Gardner's for the whole number below the mean, above it mean + 2 standard
    deviations. Prefer `bayes` on small counts, which has a level of its choosing, and Farrington where history allows.

    Parameters
    ----------
    years_back : int
        Years of history; 0 uses the current one alone (R's rki1: 0, 6, true; rki2: 1, 6, true; rki3: 2, 4, false).
    window_half_width : int
        Steps to either side of the same week, and before the judged step in the current year.
    current_year : bool
        Whether the steps just before the judged one count as well.
    period : int
        Steps of a year.

    Notes
    -----
    `score` is (y - mean)/(upper - mean): above 1 it alarms.

    Examples
    --------
    >>> from detectors import build
    >>> rki1 = build("rki", {"years_back": 0, "window_half_width": 6, "current_year": True})
    >>> rki1.judge([[1, 0, 2, 1, 1, 0, 6]], first=6).upper
    array([[3.285]])
    """

    name: ClassVar[str] = "rki"
    years_back: int = 2
    window_half_width: int = 4
    current_year: bool = False
    period: int = 52

    def __post_init__(self) -> None:
        same_season.check_windows(self.years_back, self.window_half_width, self.current_year, self.period)

    @property
    def lookback(self) -> int:
        return self.years_back * self.period + self.window_half_width

    def _judge_block(self, piece: Piece, out: Block) -> None:
        offsets: Offsets = same_season.offsets(
            self.years_back, self.window_half_width, current_year=self.current_year, period=self.period
        )
        size = sum(len(span) for span in offsets)
        sums, squares = sums_and_squares(piece.values, piece.judged, offsets)
        mean = sums / size
        if size > 1:
            deviation = np.sqrt(variances(piece.values, piece.judged, offsets, sums, squares))
        else:
            deviation = np.zeros_like(mean)
        few = np.minimum(sums // size, len(POISSON_LIMITS) - 1)
        today = piece.now()
        out.expected[:] = mean
        out.upper[:] = np.where(sums > 20 * size, mean + 2 * deviation, POISSON_LIMITS[few])
        np.greater(today, out.upper, out=out.alarm)
        out.score[:] = (today - mean) / (out.upper - mean)
        # A busy constant baseline: the bound is the mean itself.
        flat = out.upper == mean
        out.score[flat] = np.where(out.alarm[flat], np.inf, 0.0)
        if piece.missing is not None:
            out.refuse(any_missing(piece.missing, piece.judged, offsets), Reason.MISSING_IN_BASELINE)
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
