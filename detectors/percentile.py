"""Moving percentile: a week against the same weeks of earlier years, as China's early-warning system does.

References
----------
Yang W. et al. (2011): A nationwide web-based automated system for early outbreak detection and rapid response in China.
Western Pacific Surveillance and Response Journal 2(1). Hyndman R., Fan Y. (1996): Sample quantiles in statistical
packages. The American Statistician 50, 361-365 (type 7).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece, judge_blocks
from detectors.judging.counts import CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.judging.windows import prefix_sums, window_sums

LONGEST_YEAR = 366


@dataclass(frozen=True, slots=True)
class Percentile:
    """The sum of the last `window` days against the quantile of disjoint sums round the same date of earlier years.

    For seasonal diseases with years of daily history: it needs no model, and explains itself to everyone. It cannot
    tell an outbreak from an early season, and with 25 sums no rarer event than 1 in 25: use it beside a rule with a
    level of its choosing, such as W8.

    Parameters
    ----------
    q : float
        Quantile between 0 and 1, linear between order statistics (type 7).
    years_back : int
        Years of history.
    half_width : int
        Windows to either side of the same date: 2 gives five a year.
    window : int
        Days of a sum.
    minimum : int
        No alarm below so many cases.
    step_days : int
        Days of a step: 7 where the counts are weekly, or sums by `sum_over` 7; then with `window` 1.

    Notes
    -----
    With dates, the same date of earlier years is meant, 28 February for the 29th (of longer steps, the nearest);
    without, 365 days back. `expected` is
    the median, `upper` the quantile (or the minimum less one, if that is more), `score` the share of the sums that are
    below (ties count half). A missing day in any sum leaves no verdict.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> days = np.tile([1, 0, 2, 0, 1], 160)
    >>> days[-3:] = 4
    >>> verdicts = build("percentile", {"years_back": 2}).judge(days, first=799)
    >>> float(verdicts.expected[0, 0]), bool(verdicts.alarm[0, 0])
    (6.0, True)
    """

    name: ClassVar[str] = "percentile"
    q: float = 0.9
    years_back: int = 5
    half_width: int = 2
    window: int = 7
    minimum: int = 3
    step_days: int = 1

    def __post_init__(self) -> None:
        check.probability("q", self.q)
        check.whole("years_back", self.years_back, least=1)
        check.whole("half_width", self.half_width)
        check.whole("window", self.window, least=1)
        check.whole("minimum", self.minimum)
        check.whole("step_days", self.step_days, least=1)
        if (self.half_width + 1) * self.window * self.step_days >= 365:
            raise check.ParameterError(f"half_width must leave the judged window alone, not {self.half_width}")

    @property
    def lookback(self) -> int:
        return -(-self.years_back * LONGEST_YEAR // self.step_days) + (self.half_width + 1) * self.window - 1

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.judging.protocol.Detector.judge`."""
        days = None if dates is None else dates.astype("datetime64[D]")

        def kernel(piece: Piece, out: Block) -> None:
            self._judge_block(piece, out, days)

        return judge_blocks(counts, first, self.lookback, kernel, least=0)

    def _ends(self, step: int, day: np.datetime64 | None) -> NDArray[np.int64]:
        """The last steps of the sums that the one at `step` is compared with."""
        aside = self.window * np.arange(-self.half_width, self.half_width + 1)
        if day is None:
            days = 365 * np.arange(1, self.years_back + 1)
        else:
            days = np.array([_days_since(day, year) for year in range(1, self.years_back + 1)])
        years = np.rint(days / self.step_days).astype(np.int64)
        return np.asarray(step - years[:, np.newaxis] + aside).ravel()

    def _judge_block(self, piece: Piece, out: Block, days: Dates | None) -> None:
        steps = piece.values.shape[1]
        sums = window_sums(prefix_sums(piece.values), 0, length=self.window)
        hidden: NDArray[np.bool_] | None = None
        if piece.missing is not None:
            hidden = window_sums(prefix_sums(piece.missing), 0, length=self.window).astype(np.bool_)
        for step in range(piece.judged, steps):
            column = slice(step - piece.judged, step - piece.judged + 1)
            cell = out.columns(column)
            ends = self._ends(step, None if days is None else days[days.size - steps + step])
            if ends.min() < self.window - 1:
                cell.refuse(np.ones(cell.reason.shape, dtype=np.bool_), Reason.TOO_LITTLE_HISTORY)
                continue
            past = np.sort(sums[:, ends], axis=1)
            now = sums[:, step, np.newaxis]
            bound = _quantile(past, self.q)
            cell.expected[:, 0] = _quantile(past, 0.5)
            cell.upper[:, 0] = np.maximum(bound, self.minimum - 1)
            cell.alarm[:] = now > cell.upper
            below, level = (past < now).sum(axis=1), (past == now).sum(axis=1)
            cell.score[:, 0] = (below + 0.5 * level) / ends.size
            if hidden is not None:
                cell.refuse(np.any(hidden[:, ends], axis=1, keepdims=True), Reason.MISSING_IN_BASELINE)
                cell.refuse(hidden[:, step, np.newaxis], Reason.NOT_OBSERVED, keep_bound=True)


def _quantile(ordered: NDArray[np.int64], q: float) -> NDArray[np.float64]:
    place = (ordered.shape[1] - 1) * q
    low = min(math.floor(place), ordered.shape[1] - 1)
    high = min(low + 1, ordered.shape[1] - 1)
    return np.asarray(ordered[:, low] + (place - low) * (ordered[:, high] - ordered[:, low]))


def _days_since(day: np.datetime64, years: int) -> int:
    """Days since the same date of an earlier year; the 29 February is the 28th there."""
    month = day.astype("datetime64[M]")
    in_month = day - month.astype("datetime64[D]")
    earlier = month - 12 * years
    length = (earlier + 1).astype("datetime64[D]") - earlier.astype("datetime64[D]")
    then = earlier.astype("datetime64[D]") + min(in_month, length - np.timedelta64(1, "D"))
    return int((day - then).astype(np.int64))
