"""Window length as a transform: any method on sums of several steps, evaluated at every step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates, Detector
from detectors.judging.verdicts import Reason, Verdicts
from detectors.judging.windows import prefix_sums, window_sums

PARAMETERS = ("sum_over", "overlapping")
"""What `detectors.build` takes for every method besides its own parameters."""


@dataclass(frozen=True, slots=True)
class Windowed:
    """A method that sees, at every step, the sum of the last `sum_over` steps and the sums before it.

    Sums over 7 days know no weekday, and a small county's outbreak weighs in a week's sum where each day's count is
    noise. Judged at step t, a method sees by default the disjoint sums that end at t, t - 7, t - 14 …: as many
    interleaved weekly series as the week has days, of which each has honest, independent baselines. A step of the
    method is then a week: `baseline` 8 means eight weeks, and its `guard` whole weeks.

    Parameters
    ----------
    detector : Detector
        The method, with its own parameters.
    sum_over : int
        Steps of a sum, at least 1.
    overlapping : bool
        The method sees the sums that end at t, t - 1, t - 2 … instead. For rules without a baseline (a threshold); a
        baseline of overlapping sums scatters less than it should and, without a guard as long as the sum, holds the
        judged cases themselves.

    Notes
    -----
    A sum's date is that of its first step; its population the sum of its steps' (tests add up, and persons become
    person-steps). It is missing if one of its steps is. Fewer than `sum_over` steps are no sum (TOO_LITTLE_HISTORY).
    `expected` and `upper` are about the sum.

    Examples
    --------
    >>> from detectors import build
    >>> days = [1, 0, 2, 1, 1, 3, 0] * 7 + [2, 1, 3, 2, 2, 3, 2]
    >>> weeks = build("c2", {"baseline": 5, "guard": 1, "sum_over": 7})
    >>> weeks.lookback
    48
    >>> verdicts = weeks.judge(days, first=55)
    >>> float(verdicts.expected[0, 0]), bool(verdicts.alarm[0, 0])
    (8.0, True)
    """

    detector: Detector
    sum_over: int
    overlapping: bool = False

    def __post_init__(self) -> None:
        check.whole("sum_over", self.sum_over, least=1)
        check.flag("overlapping", self.overlapping)

    @property
    def name(self) -> str:
        return self.detector.name

    @property
    def lookback(self) -> int | None:
        return self._steps(self.detector.lookback)

    @property
    def memory(self) -> int | None:
        """Steps for which a case is remembered; see :class:`detectors.judging.protocol.Detector`."""
        return self._steps(getattr(self.detector, "memory", self.detector.lookback))

    def _steps(self, sums: int | None) -> int | None:
        """Return how many steps so many sums before the judged one reach back."""
        if sums is None:
            return None
        return sums + self.sum_over - 1 if self.overlapping else (sums + 1) * self.sum_over - 1

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.judging.protocol.Detector.judge`."""
        checked = Counts.of(counts)
        series, steps = checked.shape
        if not 0 <= first <= steps:
            raise ValueError(f"first must lie between 0 and {steps}, not {first}")
        if dates is not None and dates.size != steps:
            raise ValueError(f"dates must be {steps} days, one for each step, not {dates.size}")
        persons = None if population is None else np.asarray(population, dtype=np.float64)
        if persons is not None and persons.shape != (series, steps):
            raise ValueError(f"population must be {series} × {steps}, as the counts, not {persons.shape}")
        left = 0 if self.lookback is None else max(0, first - self.lookback)
        if left:
            missing = None if checked.missing is None else checked.missing[:, left:]
            checked = Counts(checked.values[:, left:], missing)
            dates = None if dates is None else dates[left:]
            persons = None if persons is None else persons[:, left:]
        return self._judge(checked, first - left, dates, persons)

    def _judge(self, counts: Counts, first: int, dates: Dates | None, persons: NDArray[np.float64] | None) -> Verdicts:
        series, steps = counts.shape
        whole = self.sum_over - 1
        stride = 1 if self.overlapping else self.sum_over
        sums = window_sums(prefix_sums(counts.values), 0, length=self.sum_over)
        hidden = None
        if counts.missing is not None:
            hidden = window_sums(prefix_sums(counts.missing), 0, length=self.sum_over) > 0
            sums[hidden] = 0
        start = max(first, whole)
        verdicts: Verdicts | None = None
        for phase in range(min(stride, max(1, steps - start))):
            at = start + phase
            ends = np.arange(whole + (at - whole) % stride, steps, stride)
            seen = Counts(np.ascontiguousarray(sums[:, ends]), None if hidden is None else hidden[:, ends])
            found = self.detector.judge(
                seen,
                first=int(np.searchsorted(ends, at)),
                dates=None if dates is None else dates[ends - whole],
                population=None if persons is None else _added(persons, ends, self.sum_over),
            )
            if verdicts is None:
                verdicts = Verdicts.empty(series, steps - first, p_value=found.p_value is not None)
            _place(found, verdicts, slice(at - first, None, stride))
        assert verdicts is not None
        early = np.zeros(verdicts.reason.shape, dtype=np.bool_)
        early[:, : start - first] = True
        verdicts.block(slice(0, series)).refuse(early, Reason.TOO_LITTLE_HISTORY)
        return verdicts


def _added(persons: NDArray[np.float64], ends: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """Sums of the populations; step by step, for prefix sums of floats would depend on where the history begins."""
    total = np.zeros((persons.shape[0], ends.size))
    for back in range(length):
        total += persons[:, ends - back]
    return total


def _place(found: Verdicts, into: Verdicts, columns: slice) -> None:
    into.expected[:, columns] = found.expected
    into.upper[:, columns] = found.upper
    into.score[:, columns] = found.score
    into.alarm[:, columns] = found.alarm
    into.reason[:, columns] = found.reason
    if into.p_value is not None:
        into.p_value[:, columns] = found.p_value
