"""CUSUM: the sum of what the counts exceeded their reference by, for small rises that last.

References
----------
Rossi G., Lampugnani L., Marchi M. (1999): An approximate CUSUM procedure for surveillance of health events.
Statistics in Medicine 18, 2111-2122. Pierce D., Schafer D. (1986): Residuals in generalized linear models.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors.cusum.transforms import TRANSFORMS
from detectors.judging import parameters as check
from detectors.judging.blocks import Piece
from detectors.judging.counts import CountsLike
from detectors.judging.parameters import ParameterError
from detectors.judging.protocol import Dates
from detectors.judging.restarts import judge_runs, lookback
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.likelihoods.loglinear import fit, seasonal_design

Floats = NDArray[np.float64]
STEPS_AT_ONCE = 64
"""Measured: few enough for the processor's cache, and more than a calendar month."""


@dataclass(frozen=True, slots=True)
class Cusum:
    """One-sided CUSUM of transformed counts: S(t) = max(0, S(t-1) + z(t) - k), alarm where S(t) >= h.

    Prefer it to EARS for a shift of one or two standard deviations that stays; a single peak it sees later.

    Parameters
    ----------
    k : float
        Reference value per step, about half the shift to be found, in units of z.
    h : float
        Decision limit, above 0.
    transform : str
        How a count becomes z: "standard" (x-m)/√m; "rossi" (best for Poisson counts of a small mean); "anscombe",
        "anscombe2nd"; "pearsonNegBin" and "anscombeNegBin", which use `dispersion`; "none" sums raw counts.
    reference : "training mean", "seasonal regression" or float
        m: the mean of the training steps (at least half a case in all of them, so that a silent past leaves it
        defined); or a number; or "seasonal regression", a log-linear Poisson regression of the training steps on one
        cosine and sine, continued over the judged ones (with `restart` "none").
    training : int
        Steps of the training; the sum begins after them.
    restart : "month" or "none"
        "month": on the first step of each calendar month the sum starts again at 0, with the mean of the `training`
        steps before it: memory is bounded, and a correction of an old count dies out; needs dates. "none": one sum
        from column `training` on, as in R.
    reset : bool
        Whether the sum starts at 0 again after an alarm. Without it one outbreak alarms for months.
    dispersion : float
        For "pearsonNegBin" and "anscombeNegBin": variance m + dispersion·m².
    period, position : int
        For the regression: steps of a year, and the place of the first column within it.
    compatibility : "none" or "surveillance"
        "surveillance" gives what R's `cusum` gives: bounds as it prints them (rounded up for "standard", another sign
        of an exponent for "anscombe2nd", not a count for "anscombeNegBin" and
        "none", and 0 where undefined or negative), no verdict ever
        again after a missing count or on a mean of 0. Set `restart` "none" and `reset` false for its sum.

    Notes
    -----
    `expected` is m, `score` is S, and the step alarms where its count is at or above `upper`. A missing count leaves
    the sum as it is; a training of which less than half is known gives no verdict.

    Examples
    --------
    >>> from detectors import build
    >>> sums = build("cusum", {"k": 0.5, "h": 4, "training": 4, "restart": "none"})
    >>> verdicts = sums.judge([[1, 1, 1, 1, 2, 3, 2, 4]], first=4)
    >>> verdicts.score, verdicts.alarm.astype(int)
    (array([[0.5, 2. , 2.5, 5. ]]), array([[0, 0, 0, 1]]))
    """

    k: float = 1.04
    h: float = 2.26
    transform: str = "standard"
    reference: float | str = "training mean"
    training: int = 28
    restart: Literal["month", "none"] = "month"
    reset: bool = True
    dispersion: float = 0.1
    period: int = 52
    position: int = 1
    compatibility: Literal["none", "surveillance"] = "none"

    def __post_init__(self) -> None:
        check.number("k", self.k, least=0)
        check.number("h", self.h, above=0)
        check.choice("transform", self.transform, tuple(TRANSFORMS))
        if isinstance(self.reference, str):
            check.choice("reference", self.reference, ("training mean", "seasonal regression"))
        else:
            check.number("reference", self.reference, above=0)
        check.whole("training", self.training, least=1)
        check.choice("restart", self.restart, ("month", "none"))
        check.flag("reset", self.reset)
        if self.reference == "seasonal regression" and self.restart == "month":
            raise ParameterError('reference "seasonal regression" needs restart "none": a month has no season')
        check.whole("period", self.period, least=2)
        check.whole("position", self.position)
        check.number("dispersion", self.dispersion, least=0)
        check.choice("compatibility", self.compatibility, ("none", "surveillance"))

    @property
    def name(self) -> str:
        return "cusum_rossi" if self.transform == "rossi" else "cusum"

    @property
    def lookback(self) -> int | None:
        return lookback(self.restart, self.training)

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge; see :class:`detectors.judging.protocol.Detector`."""
        return judge_runs("cusum", counts, first, self.restart, self.training, dates, self._judge_run)

    def _judge_run(self, piece: Piece, part: Block, start: int, end: int, skip: int) -> None:
        reference, unknown = self._reference(piece, start, end)
        current = np.zeros(piece.values.shape[0])
        for left in range(start, end, STEPS_AT_ONCE):
            steps = slice(left, min(left + STEPS_AT_ONCE, end))
            own = reference if len(reference) == 1 else reference[left - start : steps.stop - start]
            sums, befores = self._accumulate(self._gains(piece, steps, own), current)
            current = befores[-1]
            unseen = min(max(start + skip - left, 0), len(sums))
            if unseen < len(sums):
                own = own if len(own) == 1 else own[unseen:]
                cells = slice(left + unseen - start - skip, steps.stop - start - skip)
                self._write(part.columns(cells), sums[unseen:], befores[unseen:-1], own)
        # A sum that is lost stays lost: the last one tells.
        if self.compatibility == "surveillance" and np.isnan(current).any():
            part.refuse(np.isnan(part.score), Reason.STATISTIC_LOST, keep_bound=True)
        for reason, series in unknown.items():
            if series.any():
                part.refuse(np.broadcast_to(series[:, np.newaxis], part.reason.shape), reason)
        if piece.missing is not None:
            part.refuse(piece.missing[:, start + skip : end], Reason.NOT_OBSERVED, keep_bound=True)

    def _gains(self, piece: Piece, steps: slice, reference: Floats) -> Floats:
        """What each step adds to the sum. Steps first, series last: so one step of all series lies together."""
        counts = np.ascontiguousarray(piece.values[:, steps].T, dtype=np.float64)
        missing = None if piece.missing is None else piece.missing[:, steps].T
        strict = self.compatibility == "surveillance"
        if missing is not None and strict:
            counts[missing] = np.nan
        transform = TRANSFORMS[self.transform]
        score = transform.published_score if strict and transform.published_score else transform.score
        gains = score(counts, reference, self.dispersion)
        gains -= self.k
        if missing is not None and not strict:
            gains[missing] = 0
        return gains

    def _accumulate(self, gains: Floats, current: Floats) -> tuple[Floats, Floats]:
        """The sums that go on from `current`, and what each of them goes on from; the last row is for the next step."""
        befores = np.empty((len(gains) + 1, current.size))
        befores[0] = current
        # Without a reset each step goes on from the sum before it.
        sums = np.empty_like(gains) if self.reset else befores[1:]
        # An array of zeros is compared twice as fast as the number 0.
        nothing, below = np.zeros_like(current), np.empty(current.shape, dtype=np.bool_)
        for gain, total, before, after in zip(gains, sums, befores[:-1], befores[1:], strict=True):
            np.add(before, gain, out=total)
            np.maximum(total, nothing, out=total)
            if self.reset:
                np.less(total, self.h, out=below)
                np.multiply(total, below, out=after)
        return sums, befores

    def _write(self, part: Block, sums: Floats, befores: Floats, reference: Floats) -> None:
        transform, strict = TRANSFORMS[self.transform], self.compatibility == "surveillance"
        if strict and transform.published_is_rest:
            upper = self.h - sums
        else:
            bound = transform.published if strict and transform.published else transform.bound
            upper = bound(self.h + self.k - befores, reference, self.dispersion)
        part.expected[:] = reference.T
        # Not maximum: where R's bound is undefined, it is 0.
        part.upper[:] = np.fmax(upper, 0, out=upper).T
        part.score[:] = sums.T
        np.greater_equal(part.score, self.h, out=part.alarm)

    def _reference(self, piece: Piece, start: int, end: int) -> tuple[Floats, dict[Reason, NDArray[np.bool_]]]:
        """The reference, (1 or steps, series), and the series for which there is none."""
        series = piece.values.shape[0]
        if isinstance(self.reference, float | int):
            return np.full((1, series), float(self.reference)), {}
        training = slice(start - self.training, start)
        known = None if piece.missing is None else ~piece.missing[:, training]
        counted = np.full(series, self.training) if known is None else known.sum(axis=1)
        strict = self.compatibility == "surveillance"
        if self.reference == "seasonal regression":
            times = np.arange(start - self.training, end) + self.position
            design = seasonal_design(times, self.period)
            totals = piece.values[:, training].T.astype(np.float64)
            fitted = fit(design[: self.training], totals, None if known is None else known.T)
            reference = fitted.mean(design[self.training :])
            if strict:
                return reference, {}
            few = 2 * counted < self.training
            return reference, {Reason.MISSING_IN_BASELINE: few, Reason.DID_NOT_CONVERGE: ~fitted.converged}
        sums = piece.values[:, training].sum(axis=1)
        if strict:
            reference = (sums / self.training)[np.newaxis]
            reference[0, counted < self.training] = np.nan
            return reference, {}
        few = 2 * counted < self.training
        return (np.maximum(sums, 0.5) / np.maximum(counted, 1))[np.newaxis], {Reason.MISSING_IN_BASELINE: few}
