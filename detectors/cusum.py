"""CUSUM: the sum of what the counts exceeded their reference by, for small rises that last.

References
----------
Rossi G., Lampugnani L., Marchi M. (1999): An approximate CUSUM procedure for surveillance of health events.
Statistics in Medicine 18, 2111-2122. Pierce D., Schafer D. (1986): Residuals in generalized linear models.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors import parameters as check
from detectors.blocks import Piece, judge_blocks
from detectors.counts import CountsLike
from detectors.cusum_transforms import TRANSFORMS
from detectors.protocol import Dates
from detectors.verdicts import Block, Reason, Verdicts

Floats = NDArray[np.float64]
LONGEST_MONTH = 31
EVERYTHING = 1 << 40


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
        "anscombe2nd"; "pearsonNegBin", which uses `dispersion`; "none" sums raw counts.
    reference : "training mean" or float
        m: the mean of the training steps (at least half a case in all of them, so that a silent past leaves it
        defined), or a number.
    training : int
        Steps of the training; the sum begins after them.
    restart : "month" or "none"
        "month": on the first step of each calendar month the sum starts again at 0, with the mean of the `training`
        steps before it: memory is bounded, and a correction of an old count dies out; needs dates. "none": one sum
        from column `training` on, as in R.
    reset : bool
        Whether the sum starts at 0 again after an alarm. Without it one outbreak alarms for months.
    dispersion : float
        For "pearsonNegBin": variance m + dispersion·m².
    compatibility : "none" or "surveillance"
        "surveillance" gives what R's `cusum` gives: bounds as it prints them (rounded up for "standard", another sign
        of an exponent for "anscombe2nd", not a count for "none", and 0 where undefined or negative), no verdict ever
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
    compatibility: Literal["none", "surveillance"] = "none"

    def __post_init__(self) -> None:
        check.number("k", self.k, least=0)
        check.number("h", self.h, above=0)
        check.choice("transform", self.transform, tuple(TRANSFORMS))
        if self.reference != "training mean":
            check.number("reference", self.reference, above=0)
        check.whole("training", self.training, least=1)
        check.choice("restart", self.restart, ("month", "none"))
        check.flag("reset", self.reset)
        check.number("dispersion", self.dispersion, least=0)
        check.choice("compatibility", self.compatibility, ("none", "surveillance"))

    @property
    def name(self) -> str:
        return "cusum_rossi" if self.transform == "rossi" else "cusum"

    @property
    def lookback(self) -> int | None:
        return None if self.restart == "none" else self.training + LONGEST_MONTH - 1

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge; see :class:`detectors.protocol.Detector`."""
        if self.restart == "none":
            return judge_blocks(counts, first, EVERYTHING, self._judge_whole, least=self.training)
        if dates is None:
            raise ValueError('cusum with restart "month" needs the date of each step')
        months = dates.astype("datetime64[M]")
        starts = np.flatnonzero(months[1:] != months[:-1]) + 1

        def judge_months(piece: Piece, out: Block) -> None:
            left = dates.size - piece.values.shape[1]
            bounds = [int(start) - left for start in starts if start - left > 0] + [piece.values.shape[1]]
            self._refuse(out, max(0, bounds[0] - piece.judged))
            for start, end in pairwise(bounds):
                if end > piece.judged:
                    self._judge_run(piece, out, start, end)

        return judge_blocks(counts, first, self.training + LONGEST_MONTH - 1, judge_months, least=0)

    def _judge_whole(self, piece: Piece, out: Block) -> None:
        self._judge_run(piece, out, self.training, piece.values.shape[1])

    def _judge_run(self, piece: Piece, out: Block, start: int, end: int) -> None:
        """One run of the sum over the columns `start` … `end`, of which the judged ones are written."""
        skip = max(0, piece.judged - start)
        cells = slice(start + skip - piece.judged, end - piece.judged)
        if start < self.training:
            self._refuse(out.columns(cells), end - start - skip)
            return
        # Steps first, series last: every step of the sum is one operation on memory that lies together.
        counts = np.ascontiguousarray(piece.values[:, start:end].T, dtype=np.float64)
        missing = None if piece.missing is None else piece.missing[:, start:end].T
        reference, unknown = self._reference(piece, start)
        strict = self.compatibility == "surveillance"
        if missing is not None and strict:
            counts[missing] = np.nan
        transform = TRANSFORMS[self.transform]
        gains = transform.score(counts, reference, self.dispersion)
        gains -= self.k
        if missing is not None and not strict:
            gains[missing] = 0
        sums, rests = self._accumulate(gains)
        published = transform.published if strict and transform.published else transform.bound
        upper = published(rests[skip:], reference, self.dispersion)
        if strict and self.transform == "none":
            upper = self.h - sums[skip:]
        upper = np.where(upper > 0, upper, 0)
        part = out.columns(cells)
        part.expected[:] = reference[:, np.newaxis]
        part.upper[:] = upper.T
        part.score[:] = sums[skip:].T
        np.greater_equal(part.score, self.h, out=part.alarm)
        if strict:
            part.refuse(np.isnan(part.score), Reason.STATISTIC_LOST, keep_bound=True)
        part.refuse(np.broadcast_to(unknown[:, np.newaxis], part.reason.shape), Reason.MISSING_IN_BASELINE)
        if missing is not None:
            part.refuse(missing[skip:].T, Reason.NOT_OBSERVED, keep_bound=True)

    def _accumulate(self, gains: Floats) -> tuple[Floats, Floats]:
        """The sums, and what each step's score had to be to reach the limit."""
        sums = np.empty_like(gains)
        rests = np.empty_like(gains)
        current = np.zeros(gains.shape[1])
        for step in range(gains.shape[0]):
            np.subtract(self.h + self.k, current, out=rests[step])
            np.add(current, gains[step], out=current)
            np.maximum(current, 0, out=current)
            sums[step] = current
            if self.reset:
                current[current >= self.h] = 0
        return sums, rests

    def _reference(self, piece: Piece, start: int) -> tuple[Floats, NDArray[np.bool_]]:
        """The reference of each series, and where its training is not known well enough."""
        series = piece.values.shape[0]
        if not isinstance(self.reference, str):
            return np.full(series, float(self.reference)), np.zeros(series, dtype=np.bool_)
        training = slice(start - self.training, start)
        totals = piece.values[:, training].sum(axis=1)
        known = np.full(series, self.training)
        if piece.missing is not None:
            known -= piece.missing[:, training].sum(axis=1)
        if self.compatibility == "surveillance":
            reference = totals / self.training
            reference[known < self.training] = np.nan
            return reference, np.zeros(series, dtype=np.bool_)
        return np.maximum(totals, 0.5) / np.maximum(known, 1), 2 * known < self.training

    def _refuse(self, out: Block, columns: int) -> None:
        early = np.zeros(out.reason.shape, dtype=np.bool_)
        early[:, :columns] = True
        out.refuse(early, Reason.TOO_LITTLE_HISTORY)
