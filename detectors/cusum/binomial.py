"""Binomial CUSUM: evidence, test by test, that the share of positives has risen.

References
----------
Reynolds M., Stoumbos Z. (1999): A CUSUM chart for monitoring a proportion when inspecting continuously. Journal of
Quality Technology 31, 87-108. Steiner S. et al. (2000): Monitoring surgical performance using risk-adjusted cumulative
sum charts. Biostatistics 1, 441-452.
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
from detectors.judging.trials import checked_trials
from detectors.judging.verdicts import Block, Reason, Verdicts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BinomialCusum:
    """S(t) = max(0, S(t-1) + log-likelihood ratio of step t), alarm where S(t) >= h.

    For a share (positivity, infections among patients, readings that fail) that rises a little and stays; a single bad
    day is `beta_binomial`'s. `judge` wants the tests as its population. With x positives of n tests the ratio is that
    of the share p1, whose odds are R times those of p0, to p0: x·log R - n·log(1 - p0 + R·p0).

    Parameters
    ----------
    odds_ratio : float
        R, above 1: the rise to be found fastest; p1(1-p0) / (p0(1-p1)).
    h : float
        Decision limit, above 0. While all is well an alarm comes on average after exp(h) steps at the earliest, mostly
        after many more.
    p0 : float or None
        Share while all is well; None: that of the training, (s + ½)/(n + 1) of s positives among n tests.
    training : int
        Steps of the training, without which there is no verdict; may be 0 where p0 is given.
    least_tests : int
        Tests that a training must hold, else there is no verdict (NO_DENOMINATOR).
    restart : "month", "year" or "none"
        The sum starts again at 0 on the first step of each calendar month or year, with the `training` steps before it
        as training; needs dates. "none": one sum from column `training` on.
    reset : bool
        Whether the sum starts at 0 again after an alarm.

    Notes
    -----
    `expected` is n·p0, `upper` the highest number of positives of the step that does not alarm (it may be above n, and
    is -1 where even none alarms), `score` is S. A step that is missing or without tests leaves the sum as it is. Unless
    half of the training's steps are known there is no verdict.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> chart = build("binomial_cusum", {"p0": 0.1, "h": 3.0, "training": 0, "restart": "none"})
    >>> verdicts = chart.judge([[1, 1, 5, 6]], population=np.full((1, 4), 10.0))
    >>> verdicts.score.round(2), verdicts.alarm.astype(int), verdicts.upper
    (array([[0.  , 0.  , 2.51, 5.72]]), array([[0, 0, 0, 1]]), array([[5., 5., 5., 2.]]))
    """

    name: ClassVar[str] = "binomial_cusum"
    odds_ratio: float = 2.0
    h: float = 4.0
    p0: float | None = None
    training: int = 28
    least_tests: int = 30
    restart: Literal["month", "year", "none"] = "month"
    reset: bool = True

    def __post_init__(self) -> None:
        check.number("odds_ratio", self.odds_ratio, above=1)
        check.number("h", self.h, above=0)
        if self.p0 is not None:
            check.probability("p0", self.p0)
        check.whole("training", self.training, least=1 if self.p0 is None else 0)
        check.whole("least_tests", self.least_tests, least=1)
        check.choice("restart", self.restart, RESTARTS)
        check.flag("reset", self.reset)

    @property
    def lookback(self) -> int | None:
        return lookback(self.restart, self.training)

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
        trials = checked_trials("binomial_cusum", "tests", checked, population)

        def run(piece: Piece, out: Block, start: int, end: int, skip: int) -> None:
            self._judge_run(piece, piece.part(trials), out, slice(start, end), skip)

        return judge_runs("binomial_cusum", checked, first, self.restart, self.training, dates, run)

    def _judge_run(self, piece: Piece, trials: NDArray[np.int64], out: Block, steps: slice, skip: int) -> None:
        # Steps first, series last: every step of the sum is one operation on memory that lies together.
        positives = np.ascontiguousarray(piece.values[:, steps].T, dtype=np.float64)
        tested = np.ascontiguousarray(trials[:, steps].T, dtype=np.float64)
        share, unknown = self._share(piece, trials, steps.start)
        gain, loss = float(np.log(self.odds_ratio)), -np.log1p(share * (self.odds_ratio - 1))
        sums, rests = np.empty_like(positives), np.empty_like(positives)
        current = np.zeros(share.size)
        for step in range(positives.shape[0]):
            rests[step] = current
            current = np.maximum(current + (positives[step] * gain + tested[step] * loss), 0)
            sums[step] = current
            if self.reset:
                current = np.where(current >= self.h, 0, current)
        rests, tested = rests[skip:], tested[skip:]
        least = np.ceil((self.h - rests - tested * loss) / gain)
        # The quotient may round to the wrong side of the limit; the sum as it is computed above decides.
        least -= rests + ((least - 1) * gain + tested * loss) >= self.h
        least += rests + (least * gain + tested * loss) < self.h
        out.expected[:] = (tested * share).T
        out.upper[:] = np.maximum(least - 1, -1).T
        out.score[:] = sums[skip:].T
        np.greater_equal(out.score, self.h, out=out.alarm)
        for reason, series in unknown.items():
            out.refuse(np.broadcast_to(series[:, np.newaxis], out.reason.shape), reason)
        out.refuse((tested == 0).T, Reason.NO_DENOMINATOR)
        if piece.missing is not None:
            out.refuse(piece.missing[:, steps][:, skip:], Reason.NOT_OBSERVED, keep_bound=True)

    def _share(self, piece: Piece, trials: NDArray[np.int64], start: int) -> tuple[Floats, dict[Reason, Flags]]:
        """p0 of each series, and the series whose training does not tell it."""
        if self.p0 is not None:
            return np.full(trials.shape[0], self.p0), {}
        training = slice(start - self.training, start)
        tested = trials[:, training].sum(axis=1)
        unknown = {Reason.NO_DENOMINATOR: tested < self.least_tests}
        if piece.missing is not None:
            hidden = 2 * piece.missing[:, training].sum(axis=1) > self.training
            unknown = {Reason.MISSING_IN_BASELINE: hidden, **unknown}
        return (piece.values[:, training].sum(axis=1) + 0.5) / (tested + 1.0), unknown
