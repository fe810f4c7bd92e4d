"""CDC: the last four weeks against the same months of earlier years.

References
----------
Stroup D. et al. (1989): Detection of aberrations in the occurrence of notifiable diseases surveillance data.
Statistics in Medicine 8, 323-329.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.stats import norm

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import Offsets, any_missing, prefix_sums, sums_and_squares, variances, window_sums

MONTH = 4


@dataclass(frozen=True, slots=True)
class Cdc(BlockMethod):
    """The sum of four weeks against the four-week sums of the same season, by a normal bound ("historical limits").

    For weekly series with years of history that are reported by month; it sees an outbreak only as it weighs in four
    weeks. Prefer Farrington flexible for weekly warning.

    Parameters
    ----------
    years_back : int
        Years of history, at least 1.
    months : int
        Four-week sums to either side of the same one, in each year; 1 gives three a year.
    alpha : float
        Two-sided level: the bound is mean + z(1 - alpha/2)·s·√(1 + 1/n).

    Notes
    -----
    `expected`, `upper` and `score` (in standard deviations of the prediction) are about the sum of the last four weeks.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> weeks = np.tile([2, 1, 3, 2, 4], 20)
    >>> weeks[-2:] = 9
    >>> verdicts = build("cdc", {"years_back": 1}).judge(weeks, first=99)
    >>> float(verdicts.expected[0, 0]), bool(verdicts.alarm[0, 0])
    (9.0, True)
    """

    name: ClassVar[str] = "cdc"
    years_back: int = 5
    months: int = 1
    alpha: float = 0.025

    def __post_init__(self) -> None:
        check.whole("years_back", self.years_back, least=1)
        check.whole("months", self.months, least=1)
        check.probability("alpha", self.alpha)

    @property
    def lookback(self) -> int:
        return self.years_back * 52 + self.months * MONTH + MONTH - 1

    def _judge_block(self, piece: Piece, out: Block) -> None:
        aside = self.months * MONTH
        offsets: Offsets = [
            range(52 * year - aside, 52 * year + aside + 1, MONTH) for year in range(1, self.years_back + 1)
        ]
        size = sum(len(span) for span in offsets)
        months = window_sums(prefix_sums(piece.values), 0, length=MONTH)
        sums, squares = sums_and_squares(months, piece.judged, offsets)
        deviation = np.sqrt(variances(months, piece.judged, offsets, sums, squares) * (1 + 1 / size))
        observed = months[:, piece.judged :]
        out.expected[:] = sums / size
        out.upper[:] = out.expected + norm.isf(self.alpha / 2) * deviation
        np.greater(observed, out.upper, out=out.alarm)
        np.divide(observed - out.expected, deviation, out=out.score)
        # A constant baseline: any other sum is infinitely far.
        flat = deviation == 0
        out.score[flat] = np.where(out.alarm[flat], np.inf, np.where(observed[flat] == out.expected[flat], 0, -np.inf))
        if piece.missing is not None:
            span = [range(one.start, one.stop + MONTH - 1) for one in offsets]
            out.refuse(any_missing(piece.missing, piece.judged, span), Reason.MISSING_IN_BASELINE)
            unknown = any_missing(piece.missing, piece.judged, [range(MONTH)])
            out.refuse(unknown, Reason.NOT_OBSERVED, keep_bound=True)
