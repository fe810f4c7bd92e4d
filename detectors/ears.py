"""EARS C1, C2, C3: a count against the mean and standard deviation of the days just before.

All three need only a week or two of history and no model of season, which is why they are used where a new signal has
no past. They alarm often on small counts: prefer W8 as the voice and show EARS beside it.

References
----------
Hutwagner L. et al. (2003): The bioterrorism preparedness and response Early Aberration Reporting System (EARS).
Journal of Urban Health 80, i89-i96. Fricker R. et al. (2008): Comparing syndromic surveillance detection methods.
Statistics in Medicine 27, 3407-3429.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import any_missing, narrow, sums_and_squares, variances

Floats = NDArray[np.float64]


class Baseline(NamedTuple):
    """For some consecutive steps of some series: mean and standard deviation before each, and its own count."""

    mean: Floats
    deviation: Floats
    now: Floats


@dataclass(frozen=True, slots=True)
class _Ears(BlockMethod):
    """What the three share: a baseline, and the bound as its mean and so many of its standard deviations."""

    baseline: int = 7
    alpha: float = 0.001
    min_sigma: float = 0.5
    compatibility: Literal["none", "surveillance"] = "none"

    @property
    def guard(self) -> int:
        return 0

    def __post_init__(self) -> None:
        check.whole("baseline", self.baseline, least=3)
        check.whole("guard", self.guard)
        check.probability("alpha", self.alpha)
        check.number("min_sigma", self.min_sigma, least=0)
        check.choice("compatibility", self.compatibility, ("none", "surveillance"))

    @property
    def lookback(self) -> int:
        return self.guard + self.baseline

    def _baseline(self, piece: Piece, start: int) -> Baseline:
        """Of the steps from column `start` on."""
        window = [range(self.guard + 1, self.guard + 1 + self.baseline)]
        values = narrow(piece.values, self.baseline)
        sums, squares = sums_and_squares(values, start, window)
        deviation = variances(values, start, window, sums, squares)
        np.sqrt(deviation, out=deviation)
        return Baseline(sums / self.baseline, deviation, values[:, start:].astype(np.float64))

    def _judge_block(self, piece: Piece, out: Block) -> None:
        mean, deviation, now = self._baseline(piece, piece.judged)
        constant = deviation == 0 if self.min_sigma == 0 else None
        np.maximum(deviation, self.min_sigma, out=deviation)
        out.expected[:] = mean
        bound = deviation * float(norm.isf(self.alpha))
        bound += mean
        out.upper[:] = bound
        np.greater(now, bound, out=out.alarm)
        now -= mean
        np.divide(now, deviation, out=out.score)
        if piece.missing is not None:
            window = [range(self.guard + 1, self.guard + 1 + self.baseline)]
            out.refuse(any_missing(piece.missing, piece.judged, window), Reason.MISSING_IN_BASELINE)
        if constant is not None and self.compatibility == "surveillance":
            # The bound is the mean: above it the score is infinite, on it 0.
            np.copyto(out.score, 0, where=constant & (now == 0) & (out.reason == Reason.JUDGED))
        elif constant is not None:
            out.refuse(constant, Reason.NO_VARIANCE)
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)


@dataclass(frozen=True, slots=True)
class C1(_Ears):
    """EARS C1: the count against the `baseline` steps just before it.

    Prefer it to C2 only where a slow rise must not be missed on its first day: its baseline holds the outbreak's own
    first days, which hide the following ones.

    Parameters
    ----------
    baseline : int
        Steps of history, at least 3.
    alpha : float
        One-sided level; the bound is mean + z(1-alpha) standard deviations. 0.001 is the literature's "3".
    min_sigma : float
        Least standard deviation, in cases. The default 0.5 keeps the first case after silent days from alarming by
        itself (three cases do); R's default is 0, where the bound after a silent week is 0.
    compatibility : "none" or "surveillance"
        "surveillance" gives what R's `earsC` gives also where `min_sigma` is 0 and the baseline is constant: the bound
        is the mean itself. Without it such a step has the reason NO_VARIANCE.

    Examples
    --------
    >>> from detectors import build
    >>> verdicts = build("c1", {}).judge([[2, 1, 0, 2, 1, 0, 1, 9]], first=7)
    >>> bool(verdicts.alarm[0, 0]), round(float(verdicts.upper[0, 0]), 3)
    (True, 3.523)
    """

    name: ClassVar[str] = "c1"


@dataclass(frozen=True, slots=True)
class C2(_Ears):
    """EARS C2: as C1, with a guard of `guard` steps between baseline and count.

    The guard keeps an outbreak's first days out of its own baseline: prefer it to C1 as the default of the three.

    Parameters
    ----------
    baseline, alpha, min_sigma, compatibility
        As C1's.
    guard : int
        Steps left out just before the judged one; 2 in the literature and in R.
    """

    name: ClassVar[str] = "c2"
    guard: int = 2


@dataclass(frozen=True, slots=True)
class C3(_Ears):
    """EARS C3: the sum of what C2 exceeded 1 by, today and on the two steps before.

    It sees an outbreak that creeps up over three days, and is by far the noisiest of the three.

    Parameters
    ----------
    baseline, guard, alpha, min_sigma
        As C2's; alpha 0.025, the literature's "2".
    compatibility : "none" or "surveillance"
        "none" is the textbook's: C3(t) = Σ max(0, C2(u) - 1) over u = t-2 … t, and no alarm on a step without cases;
        `score` is that sum, and the step alarms where its count is above `upper`.
        "surveillance" is R's `earsC`: its bound inverts the sum with today's term untruncated, so that today's count
        cancels and the alarm depends on the two steps before alone, whose sum `score` is. It is for parity, never as a
        voice. Steps at which R's bound is NaN (a constant baseline and no `min_sigma`) have the reason NO_VARIANCE.
    """

    name: ClassVar[str] = "c3"
    guard: int = 2
    alpha: float = 0.025

    @property
    def lookback(self) -> int:
        return self.guard + self.baseline + 2

    def _judge_block(self, piece: Piece, out: Block) -> None:
        mean, deviation, now = self._baseline(piece, piece.judged - 2)
        constant = deviation == 0 if self.min_sigma == 0 else None
        np.maximum(deviation, self.min_sigma, out=deviation)
        excess = now - mean
        excess /= deviation
        excess -= 1
        # maximum keeps NaN, as R's pmax: 0/0 on a constant baseline must not become a quiet day.
        np.maximum(excess, 0, out=excess)
        lagged = excess[:, :-2] + excess[:, 1:-1]
        mean, deviation, now = mean[:, 2:], deviation[:, 2:], now[:, 2:]
        z = float(norm.isf(self.alpha))
        out.expected[:] = mean
        if self.compatibility == "surveillance":
            out.score[:] = lagged
            bound = deviation * (z - lagged)
            bound += now
            np.maximum(bound, 0, out=bound)
        else:
            np.add(lagged, excess[:, 2:], out=out.score)
            bound = deviation * (z + 1 - lagged)
            bound += mean
            bound[lagged > z] = 0
        out.upper[:] = bound
        np.greater(now, bound, out=out.alarm)
        if piece.missing is not None:
            windows = [range(1, 3), range(self.guard + 1, self.guard + self.baseline + 3)]
            out.refuse(any_missing(piece.missing, piece.judged, windows), Reason.MISSING_IN_BASELINE)
            # R's bound moves with today's count: where that is missing, so is the bound.
            unknown = piece.missing[:, piece.judged :]
            out.refuse(unknown, Reason.NOT_OBSERVED, keep_bound=self.compatibility == "none")
        if self.compatibility == "surveillance":
            out.refuse(np.isnan(bound), Reason.NO_VARIANCE)
        elif constant is not None:
            out.refuse(constant[:, :-2] | constant[:, 1:-1] | constant[:, 2:], Reason.NO_VARIANCE)
