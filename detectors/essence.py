"""ESSENCE: a regression on weekdays and trend where it explains the baseline, an EWMA where it does not.

References
----------
Burkom H., Murphy S., Shmueli G. (2007): Automated time series forecasting for biosurveillance. Statistics in Medicine
26, 4202-4218. Lombardo J. et al. (2003): A systems overview of ESSENCE II. Journal of Urban Health 80, i32-i42.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.method import BlockMethod
from detectors.judging.verdicts import Block, Reason
from detectors.judging.windows import Offsets, any_missing, sums_and_squares, variances

Floats = NDArray[np.float64]
WEEK = 7


@dataclass(frozen=True, slots=True)
class Essence(BlockMethod):
    """A day's count against four weeks: by a regression with weekdays if its adjusted R² is high, else smoothed.

    For daily syndromic series (calls, visits, sales) whose weekday pattern may be strong or absent, series by series
    and day by day. On sparse counts neither half fits: prefer W8 there.

    Parameters
    ----------
    alpha : float
        One-sided level; ESSENCE's red alert is 0.01.
    baseline, guard : int
        Days of history (at least 15) and days left out after them.
    switch : float
        The regression judges where its adjusted R² over the baseline is above this; 1 leaves the EWMA alone.
    smoothing : float
        Weight of the newest day in the exponentially weighted mean, which runs from the first day of the baseline.
    min_sigma : float
        Least standard deviation, in cases.

    Notes
    -----
    `expected` is the forecast, or the mean of the baseline; `upper` the count above which the day alarms; `score` the
    t statistic; `p_value` from Student's distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> calls = np.tile([30, 31, 29, 30, 28, 9, 8], 5)[:31]
    >>> calls[-1] = 45
    >>> verdicts = build("essence", {}).judge(calls, first=30)
    >>> bool(verdicts.alarm[0, 0]), round(float(verdicts.expected[0, 0]), 6)
    (True, 29.0)
    """

    name: ClassVar[str] = "essence"
    defines_p_value: ClassVar[bool] = True
    alpha: float = 0.01
    baseline: int = 28
    guard: int = 2
    switch: float = 0.6
    smoothing: float = 0.4
    min_sigma: float = 0.5

    def __post_init__(self) -> None:
        check.probability("alpha", self.alpha)
        check.whole("baseline", self.baseline, least=15)
        check.whole("guard", self.guard)
        check.number("switch", self.switch)
        check.probability("smoothing", self.smoothing)
        check.number("min_sigma", self.min_sigma, above=0)

    @property
    def lookback(self) -> int:
        return self.baseline + self.guard

    def _judge_block(self, piece: Piece, out: Block) -> None:
        assert out.p_value is not None
        offsets: Offsets = [range(self.guard + 1, self.guard + 1 + self.baseline)]
        sums, squares = sums_and_squares(piece.values, piece.judged, offsets)
        variance = variances(piece.values, piece.judged, offsets, sums, squares)
        mean = sums / self.baseline
        today = piece.now()
        smooth = _weighted(piece, smoothing_weights(self.baseline + self.guard + 1, self.smoothing), 0)
        width = np.sqrt(self.smoothing / (2 - self.smoothing))
        spread = np.maximum(np.sqrt(variance), self.min_sigma) * width
        statistic, freedom = (smooth - mean) / spread, float(self.baseline - 1)
        out.expected[:] = mean
        critical = stdtrit(freedom, 1 - self.alpha)
        out.upper[:] = np.maximum(today + (mean + critical * spread - smooth) / self.smoothing, 0)
        out.p_value[:] = stdtr(freedom, -statistic)
        out.score[:] = statistic
        fitted = weekday_fit(self.baseline, self.guard)
        parts = [_weighted(piece, part, self.guard + 1) - mean * float(part.sum()) for part in fitted.basis]
        total = variance * (self.baseline - 1)
        explained = np.zeros_like(total)
        for part in parts:
            explained += part * part
        rest = np.maximum(total - explained, 0)
        dof = self.baseline - fitted.terms
        with np.errstate(divide="ignore", invalid="ignore"):
            adjusted = 1 - (rest / dof) / (total / (self.baseline - 1))
        better = adjusted > self.switch
        forecast = mean.copy()
        for part, now in zip(parts, fitted.now, strict=True):
            forecast += part * now
        error = np.maximum(np.sqrt(rest / dof), self.min_sigma) * np.sqrt(1 + fitted.leverage)
        regressed = (today - forecast) / error
        np.copyto(out.expected, forecast, where=better)
        np.copyto(out.upper, np.maximum(forecast + stdtrit(dof, 1 - self.alpha) * error, 0), where=better)
        np.copyto(out.score, regressed, where=better)
        np.copyto(out.p_value, stdtr(float(dof), -regressed), where=better)
        np.less(out.p_value, self.alpha, out=out.alarm)
        out.alarm[:] &= today > 0
        if piece.missing is not None:
            history = [range(1, self.lookback + 1)]
            out.refuse(any_missing(piece.missing, piece.judged, history), Reason.MISSING_IN_BASELINE)
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED)


@dataclass(frozen=True, slots=True)
class WeekdayFit:
    """The regression of a baseline as numbers: it is the same for every day, since weekdays count from the judged one.

    `basis` are orthonormal columns, without the intercept's, as weights of the baseline's days, newest first; `now` are
    their values on the judged day.
    """

    basis: tuple[Floats, ...]
    now: tuple[float, ...]
    terms: int
    leverage: float


@lru_cache(maxsize=8)
def weekday_fit(baseline: int, guard: int) -> WeekdayFit:
    """Intercept, trend and six weekdays over the days `guard` + 1 … `guard` + `baseline` back."""
    back = np.append(np.arange(guard + 1, guard + 1 + baseline), 0)
    columns = [np.ones(back.size), -back.astype(np.float64)]
    columns += [(back % WEEK == day).astype(np.float64) for day in range(1, WEEK)]
    design = np.column_stack(columns)
    triangle = np.asarray(np.linalg.qr(design[:-1], mode="reduced")[1])
    orthonormal = np.linalg.solve(triangle.T, design.T).T
    basis = tuple(np.ascontiguousarray(orthonormal[:-1, term]) for term in range(1, design.shape[1]))
    now = tuple(float(value) for value in orthonormal[-1, 1:])
    leverage = float((orthonormal[-1] ** 2).sum())
    return WeekdayFit(basis, now, design.shape[1], leverage)


def smoothing_weights(days: int, smoothing: float) -> Floats:
    """Weights of an exponentially weighted mean that starts with the oldest day, newest first."""
    weights = smoothing * (1 - smoothing) ** np.arange(days, dtype=np.float64)
    weights[-1] = (1 - smoothing) ** (days - 1)
    return np.asarray(weights)


def _weighted(piece: Piece, weights: Floats, gap: int) -> Floats:
    """Σ weight·count over the days from `gap` back on, day by day in one order."""
    steps = piece.values.shape[1]
    total = np.zeros((piece.values.shape[0], steps - piece.judged))
    for back, weight in enumerate(weights, start=gap):
        total += weight * piece.values[:, piece.judged - back : steps - back]
    return total
