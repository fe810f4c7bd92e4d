"""Single case: for diseases of which one is too many."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import prefix_sums, window_sums


@dataclass(frozen=True, slots=True)
class SingleCase(BlockMethod):
    """Every case, or the first case after `quiet_days` steps without one.

    For plague, polio, an emerging pneumonia: what a statistical bound could only delay. Prefer `k_in_window` where
    sporadic cases are ordinary.

    Parameters
    ----------
    quiet_days : int
        0: each step with a case alarms. Otherwise only one whose preceding `quiet_days` steps hold no known case. Steps
        before the first column, and missing ones, hold none: this rule must rather speak once too often.

    Notes
    -----
    `expected` and `upper` are 0, `score` is the count. With `quiet_days` a later case of the same spell is above
    `upper` and does not alarm.

    Examples
    --------
    >>> from detectors import build
    >>> build("single_case", {"quiet_days": 2}).judge([[0, 1, 2, 0, 0, 1]]).alarm.astype(int)
    array([[0, 1, 0, 0, 0, 1]])
    """

    name: ClassVar[str] = "single_case"
    needs_history: ClassVar[bool] = False
    quiet_days: int = 0

    def __post_init__(self) -> None:
        check.whole("quiet_days", self.quiet_days)

    @property
    def lookback(self) -> int:
        return self.quiet_days

    def _judge_block(self, piece: Piece, out: Block) -> None:
        today = piece.now()
        out.expected[:] = 0
        out.upper[:] = 0
        out.score[:] = today
        np.greater(today, 0, out=out.alarm)
        if self.quiet_days:
            before = window_sums(prefix_sums(piece.values), piece.judged, length=self.quiet_days, gap=1)
            out.alarm[:] &= before == 0
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
