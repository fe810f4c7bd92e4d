"""Fixed threshold: a number that a regulation names, as a count or as a rate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece, judge_blocks
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.judging.windows import prefix_sums, window_sums

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FixedThreshold:
    """At least `threshold` cases, or cases per `per` persons, within the last `window` steps.

    Where the number is given from outside: an incidence that triggers a measure, a legal limit for readings that fail.
    It learns nothing from history. Prefer `k_in_window` for clusters of rare diseases, whose last alarm is the day of
    the last case; here the alarm stands as long as the sum does.

    Parameters
    ----------
    threshold : float
        Above 0; reached is enough.
    per : int
        0: `threshold` is a count. Otherwise it is a rate per so many persons of the population of the judged step,
        which `judge` then wants: 50 per 100000 within a `window` of 7 is a seven-day incidence of 50.
    window : int
        Steps that are summed, at least 1. Steps before the first column hold no case.
    times, among : int
        Alarm only where `times` of the last `among` sums, the judged one included, reach it: 2 and 2 for "twice
        running", 2 and 3 for "two of three". The judged one must.

    Notes
    -----
    `expected` is 0, `score` the sum as a multiple of the threshold, `upper` the highest sum that does not reach it;
    with `times` above 1 a sum above `upper` does not alarm by itself. A missing step before the judged one leaves the
    alarm where the known cases suffice for it, and no verdict otherwise; nor is there one without population
    (NO_DENOMINATOR).

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> persons = np.full((1, 5), 40_000.0)
    >>> incidence = build("fixed_threshold", {"threshold": 50.0, "per": 100_000, "window": 3})
    >>> verdicts = incidence.judge([[4, 6, 8, 6, 5]], population=persons)
    >>> verdicts.alarm.astype(int), float(verdicts.upper[0, 0])
    (array([[0, 0, 0, 1, 0]]), 19.0)
    >>> build("fixed_threshold", {"threshold": 5, "times": 2, "among": 2}).judge([[5, 4, 6, 7]]).alarm.astype(int)
    array([[0, 0, 0, 1]])
    """

    name: ClassVar[str] = "fixed_threshold"
    threshold: float = 5.0
    per: int = 0
    window: int = 1
    times: int = 1
    among: int = 1

    def __post_init__(self) -> None:
        check.number("threshold", self.threshold, above=0)
        check.whole("per", self.per)
        check.whole("window", self.window, least=1)
        check.whole("times", self.times, least=1)
        check.whole("among", self.among, least=1)
        if self.times > self.among:
            raise check.ParameterError(f"times must be at most among, {self.among}, not {self.times}")

    @property
    def lookback(self) -> int:
        return self.window + self.among - 2

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
        steps = checked.shape[1]
        persons: Floats | None = None
        if self.per:
            if population is None:
                raise ValueError("fixed_threshold with a rate needs a population")
            persons = np.asarray(population, dtype=np.float64)
            if persons.shape != checked.shape or not (persons[np.isfinite(persons)] >= 0).all():
                raise ValueError(f"population must be {checked.shape[0]} × {steps} numbers of at least 0")

        def kernel(piece: Piece, out: Block) -> None:
            own = None if persons is None else piece.part(persons)
            self._judge_block(piece, own, out)

        return judge_blocks(checked, first, self.lookback, kernel, least=0)

    def _judge_block(self, piece: Piece, persons: Floats | None, out: Block) -> None:
        start = max(0, piece.judged - self.among + 1)
        sums = window_sums(prefix_sums(piece.values), start, length=self.window)
        if persons is None:
            limit = np.full(sums.shape, float(self.threshold))
        else:
            limit = self.threshold * persons[:, start:] / self.per
        unlimited = ~np.isfinite(limit) | (limit <= 0)
        limit[unlimited] = np.inf
        reached = sums >= limit
        skip = piece.judged - start
        often = window_sums(prefix_sums(reached), skip, length=self.among)
        out.expected[:] = 0
        out.upper[:] = np.ceil(limit[:, skip:]) - 1
        out.score[:] = sums[:, skip:] / limit[:, skip:]
        np.greater_equal(often, self.times, out=out.alarm)
        out.alarm[:] &= reached[:, skip:]
        out.refuse(unlimited[:, skip:], Reason.NO_DENOMINATOR)
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
            unsure = window_sums(prefix_sums(piece.missing), piece.judged, length=self.lookback + 1) > 0
            out.refuse(unsure & ~out.alarm, Reason.MISSING_IN_BASELINE)
