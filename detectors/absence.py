"""Absence: a sender or a series that went silent or dropped, once its days are closed."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincc

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import any_missing, prefix_sums, sums_and_squares, variances, window_sums

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Absence(BlockMethod):
    """The reports of a closed day against the same weekday of the weeks before, by the negative binomial's lower tail.

    For senders, not for diseases: who reports every Monday and did not last Monday has stopped reporting, and what his
    series say since then is not calm but blindness. A series that rarely reports is never alarmed on: its zeros are
    likely. The mean and the variance are W8's.

    Parameters
    ----------
    p : float
        Alarm if P(Y <= y) < p.
    blocks : int
        Earlier counts of the same kind, at least 2.
    window : int
        Days that are summed; 7 or less, or a longer `stride` too.
    stride : int
        Days between the counts that are compared: 7 compares like weekdays.
    grace : int
        Days that are still open at the judged step and left out: 1 leaves out the judged one.

    Notes
    -----
    `expected` is the mean, `upper` the highest count that alarms (-1: not even none would), `score` how many standard
    deviations the count lies below the mean, `p_value` is P(Y <= y): all about the last closed day, not the judged
    step itself.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> reports = np.tile([14, 12, 13, 15, 11, 4, 2], 10)
    >>> reports[-2] = 0
    >>> verdicts = build("absence", {}).judge(reports, first=69)
    >>> bool(verdicts.alarm[0, 0]), float(verdicts.expected[0, 0])
    (False, 4.0625)
    >>> reports[-5:] = 0
    >>> build("absence", {}).judge(reports, first=66).alarm.astype(int)
    array([[1, 1, 1, 0]])
    """

    name: ClassVar[str] = "absence"
    defines_p_value: ClassVar[bool] = True
    p: float = 0.001
    blocks: int = 8
    window: int = 1
    stride: int = 7
    grace: int = 1

    def __post_init__(self) -> None:
        check.probability("p", self.p)
        check.whole("blocks", self.blocks, least=2)
        check.whole("window", self.window, least=1)
        check.whole("stride", self.stride, least=self.window)
        check.whole("grace", self.grace)

    @property
    def lookback(self) -> int:
        return self.grace + self.blocks * self.stride + self.window - 1

    def _judge_block(self, piece: Piece, out: Block) -> None:
        assert out.p_value is not None
        sums = window_sums(prefix_sums(piece.values), 0, length=self.window)
        gap = self.grace + self.stride
        offsets = [range(gap, gap + self.blocks * self.stride, self.stride)]
        total, squares = sums_and_squares(sums, piece.judged, offsets)
        spread = variances(sums, piece.judged, offsets, total, squares) * self.blocks / np.maximum(total, 1)
        ratio = np.maximum(spread, 1) * (1 + 1 / self.blocks)
        mean = (total + 0.5) / self.blocks
        size, share = mean / (ratio - 1), (ratio - 1) / ratio
        observed = sums[:, piece.judged - self.grace : sums.shape[1] - self.grace]
        out.expected[:] = mean
        # P(Y <= y) of the negative binomial.
        out.p_value[:] = betaincc(observed + 1, size, share)
        np.less(out.p_value, self.p, out=out.alarm)
        out.score[:] = (mean - observed) / np.sqrt(mean * ratio)
        out.upper[:] = self._bound(mean, size, share)
        if piece.missing is not None:
            days = [range(back, back + self.window) for back in offsets[0]]
            out.refuse(any_missing(piece.missing, piece.judged, days), Reason.MISSING_IN_BASELINE)
            now = any_missing(piece.missing, piece.judged, [range(self.grace, self.grace + self.window)])
            out.refuse(now, Reason.NOT_OBSERVED, keep_bound=True)

    def _bound(self, mean: Floats, size: Floats, share: Floats) -> Floats:
        """The highest count whose lower tail is rare, by bisection below the mean."""
        low, high = np.full(mean.shape, -1.0), np.ceil(mean) + 1
        while (high - low > 1).any():
            middle = np.where(high - low > 1, np.floor((low + high) / 2), high)
            rare = betaincc(middle + 1, size, share) < self.p
            low, high = np.where(rare & (middle < high), middle, low), np.where(rare, high, middle)
        return low
