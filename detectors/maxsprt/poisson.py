"""MaxSPRT: cases against expected cases, tested at every step, with an exact level for the whole sequence.

References
----------
Kulldorff M. et al. (2011): A maximized sequential probability ratio test for drug and vaccine safety surveillance.
Sequential Analysis 30, 58-78. Kulldorff M., Silva I. (2015): Continuous post-market sequential safety surveillance with
minimum events to signal. REVSTAT 15, 373-394.
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
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.maxsprt.limits import poisson_bound, poisson_critical, poisson_ratio

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MaxSprt:
    """Poisson MaxSPRT: alarm where the likelihood ratio of the best rate above the expected one reaches its limit.

    For adverse events after vaccination and other rare events whose expected number is known: looked at every day, it
    raises a false alarm in at most a share `alpha` of sequences, however often one looks. Prefer `maxsprt_binomial`
    where the expectation comes from controls or from unexposed time, and CUSUM where the surveillance has no end.

    With c cases where μ were expected since the sequence began: c·log(c/μ) - (c - μ) if c > μ, else 0.

    Parameters
    ----------
    alpha : float
        Probability that a sequence without excess alarms.
    limit : float
        Expected cases at which a sequence ends without an alarm. A step that would pass it belongs to the next one.
    minimum : int
        No alarm below so many cases in the sequence; 4 is recommended by Kulldorff and Silva.
    reference : "population", "training mean" or float
        The expected cases of each step: the `population` that `judge` is given; or the mean of the training steps; or
        a number.
    training : int
        Steps of the training, for "training mean"; they come before the sequence.
    repeat : bool
        Whether the next sequence follows when one ends, by an alarm or at its limit; each has its own `alpha`. Without
        it the steps after the first end have no verdict (SEQUENCE_ENDED).
    restart : "month", "year" or "none"
        Whether a sequence also starts with each calendar month or year; needs dates.

    Notes
    -----
    The critical value is computed, exactly for events that are judged one by one as they come; judged in steps the test
    alarms less often. The mean of a training is taken for known, which it is not: at `alpha` 0.05, 8 to 10 % of drawn
    sequences alarmed where the training held `limit` cases, and less than 4 % where it held ten times as many.

    `expected` is about the step, `upper` the highest count of the step that does not alarm, `score` the logarithm of
    the sequence's ratio. A step that is missing adds nothing; while nothing is expected there is no verdict
    (NO_DENOMINATOR), nor for a step of which more than `limit` are expected (NO_BOUND).

    Examples
    --------
    >>> from detectors import build
    >>> test = build("maxsprt", {"reference": 0.5, "limit": 10.0})
    >>> verdicts = test.judge([[0, 1, 1, 2, 5, 0]])
    >>> verdicts.score.round(2), verdicts.alarm.astype(int), verdicts.upper
    (array([[0.  , 0.  , 0.08, 0.77, 5.03, 0.  ]]), array([[0, 0, 0, 0, 1, 0]]), array([[3., 4., 4., 4., 3., 3.]]))
    """

    name: ClassVar[str] = "maxsprt"
    alpha: float = 0.05
    limit: float = 200.0
    minimum: int = 1
    reference: float | str = "training mean"
    training: int = 28
    repeat: bool = True
    restart: Literal["month", "year", "none"] = "none"

    def __post_init__(self) -> None:
        check.probability("alpha", self.alpha)
        check.number("limit", self.limit, above=0)
        check.whole("minimum", self.minimum, least=1)
        if isinstance(self.reference, str):
            check.choice("reference", self.reference, ("population", "training mean"))
        else:
            check.number("reference", self.reference, above=0)
        check.whole("training", self.training, least=1)
        check.flag("repeat", self.repeat)
        check.choice("restart", self.restart, RESTARTS)

    @property
    def lookback(self) -> int | None:
        return lookback(self.restart, self._training)

    @property
    def _training(self) -> int:
        return self.training if self.reference == "training mean" else 0

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
        given: Floats | None = None
        if self.reference == "population":
            given = _checked_expectation(checked, population)

        def run(piece: Piece, out: Block, start: int, end: int, skip: int) -> None:
            own = None if given is None else piece.part(given)
            self._judge_run(piece, own, out, slice(start, end), skip)

        return judge_runs("maxsprt", checked, first, self.restart, self._training, dates, run)

    def _judge_run(self, piece: Piece, given: Floats | None, out: Block, steps: slice, skip: int) -> None:
        critical = poisson_critical(float(self.limit), self.alpha, self.minimum)

        def decide(cases: Floats, expected: Floats) -> tuple[Floats, Flags]:
            ratio = poisson_ratio(cases, expected)
            return ratio, (ratio >= critical) & (cases >= self.minimum) & (expected > 0)

        counts = np.ascontiguousarray(piece.values[:, steps].T, dtype=np.float64)
        expected, few = self._expected(piece, given, steps)
        adds = expected if piece.missing is None else np.where(piece.missing[:, steps].T, 0, expected)
        found = follow(counts, adds, self.limit, self.repeat, decide)
        before, amount = found.before[skip:], found.amount[skip:]
        out.expected[:] = expected[skip:].T
        out.upper[:] = (poisson_bound(amount, critical, self.minimum) - before - 1).T
        out.score[:] = found.score[skip:].T
        out.alarm[:] = found.alarm[skip:].T
        out.refuse(np.broadcast_to(few[:, np.newaxis], out.reason.shape), Reason.MISSING_IN_BASELINE)
        out.refuse(found.beyond[skip:].T, Reason.NO_BOUND)
        out.refuse(found.ended[skip:].T, Reason.SEQUENCE_ENDED)
        if piece.missing is not None:
            out.refuse(piece.missing[:, steps][:, skip:], Reason.NOT_OBSERVED)
        out.refuse((amount == 0).T, Reason.NO_DENOMINATOR)

    def _expected(self, piece: Piece, given: Floats | None, steps: slice) -> tuple[Floats, Flags]:
        """Expected cases (steps, series), and the series whose training is half unknown."""
        series, length = piece.values.shape[0], steps.stop - steps.start
        none = np.zeros(series, dtype=np.bool_)
        if given is not None:
            return np.ascontiguousarray(given[:, steps].T), none
        if not isinstance(self.reference, str):
            return np.full((length, series), float(self.reference)), none
        training = slice(steps.start - self.training, steps.start)
        hidden = none.astype(np.int64) if piece.missing is None else piece.missing[:, training].sum(axis=1)
        mean = np.maximum(piece.values[:, training].sum(axis=1), 0.5) / np.maximum(self.training - hidden, 1)
        return np.broadcast_to(mean, (length, series)), 2 * hidden > self.training


def _checked_expectation(counts: Counts, population: Floats | None) -> Floats:
    if population is None:
        raise ValueError('maxsprt with reference "population" needs the expected cases of each step as its population')
    given = np.asarray(population, dtype=np.float64)
    if given.shape != counts.shape:
        raise ValueError(f"population must be {counts.shape[0]} × {counts.shape[1]}, as the counts, not {given.shape}")
    if counts.missing is not None:
        given = np.where(counts.missing, 0, given)
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("population must be expected cases of at least 0")
    return given
