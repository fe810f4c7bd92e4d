"""k cases in a window: a cluster by a number that a rule names."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import any_missing, prefix_sums, window_sums


@dataclass(frozen=True, slots=True)
class KInWindow(BlockMethod):
    """At least `k` cases within `window` steps, the judged one included, which must hold one of them.

    For rare diseases whose clusters are the event, with a threshold that a regulation or a convention names.

    Parameters
    ----------
    k : int
        Cases, at least 1.
    window : int
        Steps, at least 1. Steps before the first column hold no case.

    Notes
    -----
    `score` is the window's sum, `upper` is k - 1, `expected` is 0. A step without a case does not alarm, so that the
    last alarm is the day of the last case. A missing step in the window leaves the alarm where
    the known cases suffice for it, and no verdict otherwise.

    Examples
    --------
    >>> from detectors import build
    >>> build("k_in_window", {"k": 3, "window": 3}).judge([[1, 1, 0, 1, 1, 1, 0]]).alarm.astype(int)
    array([[0, 0, 0, 0, 0, 1, 0]])
    """

    name: ClassVar[str] = "k_in_window"
    needs_history: ClassVar[bool] = False
    k: int = 3
    window: int = 7

    def __post_init__(self) -> None:
        check.whole("k", self.k, least=1)
        check.whole("window", self.window, least=1)

    @property
    def lookback(self) -> int:
        return self.window - 1

    def _judge_block(self, piece: Piece, out: Block) -> None:
        sums = window_sums(prefix_sums(piece.values), piece.judged, length=self.window)
        out.expected[:] = 0
        out.upper[:] = self.k - 1
        out.score[:] = sums
        np.greater_equal(sums, self.k, out=out.alarm)
        out.alarm[:] &= piece.now() > 0
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
            unsure = any_missing(piece.missing, piece.judged, [range(self.window)]) & (piece.now() > 0) & ~out.alarm
            out.refuse(unsure, Reason.MISSING_IN_BASELINE)
