"""Binomial MaxSPRT: cases among the exposed against those among controls or in unexposed time.

References
----------
Kulldorff M. et al. (2011): A maximized sequential probability ratio test for drug and vaccine safety surveillance.
Sequential Analysis 30, 58-78.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.restarts import RESTARTS, judge_runs, lookback
from detectors.judging.sequences import follow
from detectors.judging.trials import checked_trials
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.maxsprt.limits import binomial_bounds, binomial_critical, binomial_ratio

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MaxSprtBinomial:
    """Sequential exact rate ratio: of n events x were exposed, where a share 1/(1 + z) is expected.

    For vaccine and drug safety with matched controls or self-controls, and for any two periods or groups that are
    compared while events come in: no expected number must be known, its error is in the test. Prefer `maxsprt` where
    the expectation is known well (it needs fewer events), `rate_ratio` for a single look.

    Parameters
    ----------
    time_ratio : float
        z: unexposed time for each unit of exposed time, or controls for each exposed.
    alpha : float
        Probability at most that a sequence without excess alarms.
    limit : int
        Events, exposed and not, at which a sequence ends without an alarm. A step that would pass it belongs to the
        next one.
    minimum : int
        No alarm below so many events in the sequence.
    repeat : bool
        Whether the next sequence follows when one ends, by an alarm or at its limit; each has its own `alpha`. Without
        it the steps after the first end have no verdict (SEQUENCE_ENDED).
    restart : "month", "year" or "none"
        Whether a sequence also starts with each calendar month or year; needs dates.

    Notes
    -----
    The counts are the exposed events, the population that `judge` wants is all events. `expected` is the step's share,
    `upper` the highest count of the step that does not alarm (it may be above the step's events), `score` the logarithm
    of the sequence's largest likelihood ratio. Before the first event there is no verdict (NO_DENOMINATOR), nor for a
    step of more than `limit` events (NO_BOUND).

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> test = build("maxsprt_binomial", {"time_ratio": 1.0, "limit": 50})
    >>> verdicts = test.judge([[2, 2, 6, 1]], population=np.array([[2.0, 3.0, 6.0, 2.0]]))
    >>> verdicts.score.round(2), verdicts.alarm.astype(int)
    (array([[1.39, 0.96, 4.27, 0.  ]]), array([[0, 0, 1, 0]]))
    """

    name: ClassVar[str] = "maxsprt_binomial"
    time_ratio: float = 1.0
    alpha: float = 0.05
    limit: int = 500
    minimum: int = 1
    repeat: bool = True
    restart: Literal["month", "year", "none"] = "none"

    def __post_init__(self) -> None:
        check.number("time_ratio", self.time_ratio, above=0)
        check.probability("alpha", self.alpha)
        check.whole("limit", self.limit, least=1)
        check.whole("minimum", self.minimum, least=1)
        check.flag("repeat", self.repeat)
        check.choice("restart", self.restart, RESTARTS)

    @property
    def lookback(self) -> int | None:
        return lookback(self.restart, 0)

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: Floats | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.judging.protocol.Detector.judge`."""
        checked = Counts.of(counts)
        events = checked_trials("maxsprt_binomial", "events", checked, population)

        def run(piece: Piece, out: Block, start: int, end: int, skip: int) -> None:
            self._judge_run(piece, piece.part(events), out, slice(start, end), skip)

        return judge_runs("maxsprt_binomial", checked, first, self.restart, 0, dates, run)

    def _judge_run(self, piece: Piece, events: NDArray[np.int64], out: Block, steps: slice, skip: int) -> None:
        share = 1 / (1 + float(self.time_ratio))
        critical = binomial_critical(self.limit, self.alpha, self.minimum, share)
        bounds = binomial_bounds(self.limit, critical, self.minimum, share)

        def decide(exposed: Floats, length: Floats) -> tuple[Floats, Flags]:
            known = length.astype(np.int64)
            score = binomial_ratio(exposed.astype(np.int64), np.maximum(known, 1), share)
            return score, exposed >= bounds[np.minimum(known, self.limit)]

        exposed = np.ascontiguousarray(piece.values[:, steps].T, dtype=np.float64)
        amounts = np.ascontiguousarray(events[:, steps].T, dtype=np.float64)
        found = follow(exposed, amounts, self.limit, self.repeat, decide)
        before, amount = found.before[skip:], found.amount[skip:]
        out.expected[:] = (amounts[skip:] * share).T
        out.upper[:] = (bounds[np.minimum(amount, self.limit).astype(np.int64)] - before - 1).T
        out.score[:] = found.score[skip:].T
        out.alarm[:] = found.alarm[skip:].T
        out.refuse(found.beyond[skip:].T, Reason.NO_BOUND)
        out.refuse(found.ended[skip:].T, Reason.SEQUENCE_ENDED)
        if piece.missing is not None:
            out.refuse(piece.missing[:, steps][:, skip:], Reason.NOT_OBSERVED)
        out.refuse((amount == 0).T, Reason.NO_DENOMINATOR)
