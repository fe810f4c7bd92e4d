"""GLR: the likelihood ratio of a rate that changed some time since the last alarm, of unknown size or of a given one.

References
----------
Höhle M., Paul M. (2008): Count data regression charts for the monitoring of surveillance time series. Computational
Statistics & Data Analysis 52, 4357-4368.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from detectors.glr.chart import Chart, Charts
from detectors.glr.known import KnownCharts
from detectors.glr.poisson import PoissonCharts
from detectors.glr.searched import SearchedCharts
from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.parameters import ParameterError
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.likelihoods import negative_binomial_regression
from detectors.likelihoods.loglinear import fit, seasonal_design

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Glr:
    """Likelihood-ratio chart for Poisson or negative-binomial counts round a seasonal mean; it restarts on an alarm.

    For a lasting change whose size is not known beforehand; a CUSUM asks for the size, and takes a hundredth of the
    time. With `change` "epidemic" it looks for cases that bring further cases in the next step, on top of the mean.

    Parameters
    ----------
    limit : float
        Alarm where the ratio reaches this (c.ARL in R).
    shift : float or None
        Size, above 0, of the logarithm of the rate ratio to be found; None maximises over it.
    dispersion : float or None
        Variance m + dispersion·m²; 0 for Poisson; None fits it together with the regression.
    direction : "increase" or "decrease"
        What to look for; with a `shift`, which is positive, the direction is its sign.
    change : "level" or "epidemic"
        "level": the mean m becomes m·exp(κ). "epidemic": it becomes m + λ·y, where y is the count of the step before
        (or of the last one that is known) and λ ≥ 0; that has neither `shift` nor decrease.
    window : int or None
        The change is sought this many steps back at most; None: since the last alarm.
    least_length : int
        Fewest steps since the change.
    reference : "seasonal regression" or float
        The mean without change: a log-linear regression (Poisson, or negative binomial by `dispersion`) of the first
        `training` steps on `harmonics` and, if wanted, a `trend`; or a number. `judge_against` takes means of any
        origin.
    refit : bool
        Whether the regression learns again from all steps before, after an alarm. The dispersion stays as it is.
    period, training, harmonics, trend
        Of that regression.
    compatibility : "none" or "surveillance"
        "surveillance" gives what R's `glrpois` and `glrnb` give: with a `window` and Poisson counts one step more than
        `least_length`, no ratio for windows without a case when a decrease is sought, and for dispersed counts and
        epidemic changes what R's search finds, which misses large ones.

    Notes
    -----
    `score` is the ratio, `upper` the least count that alarms (for a decrease the highest), `expected` the mean.

    Examples
    --------
    >>> from detectors import build
    >>> build("glr", {"reference": 2.0, "training": 0}).judge([[2, 1, 4, 7, 9, 2]]).alarm.astype(int)
    array([[0, 0, 0, 0, 1, 0]])
    """

    name: ClassVar[str] = "glr"
    lookback: ClassVar[None] = None
    limit: float = 5.0
    shift: float | None = None
    dispersion: float | None = 0.0
    direction: Literal["increase", "decrease"] = "increase"
    change: Literal["level", "epidemic"] = "level"
    window: int | None = None
    least_length: int = 1
    reference: float | str = "seasonal regression"
    training: int = 104
    period: int = 52
    harmonics: int = 1
    trend: bool = False
    refit: bool = False
    compatibility: Literal["none", "surveillance"] = "none"

    def __post_init__(self) -> None:
        check.number("limit", self.limit, above=0)
        if self.shift is not None:
            check.number("shift", self.shift, above=0)
        if self.dispersion is not None:
            check.number("dispersion", self.dispersion, least=0)
        elif not isinstance(self.reference, str):
            raise ParameterError(
                "dispersion must be a number where the reference is one: there is nothing to fit it on"
            )
        check.choice("direction", self.direction, ("increase", "decrease"))
        check.choice("change", self.change, ("level", "epidemic"))
        if self.change == "epidemic" and (self.shift is not None or self.direction == "decrease"):
            raise ParameterError("an epidemic change is an increase of unknown size: it has no shift and no decrease")
        if self.window is not None:
            check.whole("window", self.window)
        check.whole("least_length", self.least_length, least=1)
        if isinstance(self.reference, str):
            check.choice("reference", self.reference, ("seasonal regression",))
        else:
            check.number("reference", self.reference, above=0)
        check.whole("training", self.training)
        check.whole("period", self.period, least=2)
        check.whole("harmonics", self.harmonics)
        check.flag("trend", self.trend)
        check.flag("refit", self.refit)
        check.choice("compatibility", self.compatibility, ("none", "surveillance"))

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
        bounds: bool = True,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`Detector.judge` and `judge_against`."""
        checked = Counts.of(counts)
        means = np.full(checked.shape, np.nan)
        dispersions = np.full(checked.shape[0], np.nan if self.dispersion is None else self.dispersion)
        if not isinstance(self.reference, str):
            means[:, self.training :] = float(self.reference)
        elif self.training < checked.shape[1]:
            means[:, self.training :], dispersions = self._fitted(checked, self.training, self.dispersion)
        return self._judge(checked, means, dispersions, first, bounds)

    def judge_against(self, counts: CountsLike, means: Floats, *, first: int = 0, bounds: bool = True) -> Verdicts:
        """Judge against given means (S, T); a mean that is NaN is not judged, and the chart begins after it.

        Without `bounds` the slowest part is left out and `upper` is infinite.
        """
        checked = Counts.of(counts)
        series, steps = checked.shape
        if means.shape != (series, steps):
            raise ValueError(f"means must be {series} × {steps}, as the counts, not {means.shape}")
        if self.dispersion is None:
            raise ValueError("means that are given need a dispersion that is given")
        return self._judge(checked, means, np.full(series, self.dispersion), first, bounds)

    def _judge(self, checked: Counts, means: Floats, dispersions: Floats, first: int, bounds: bool) -> Verdicts:
        series, steps = checked.shape
        if not 0 <= first <= steps:
            raise ValueError(f"first must lie between 0 and {steps}, not {first}")
        verdicts = Verdicts.empty(series, steps - first, p_value=False)
        out = verdicts.block(slice(0, series))
        strict = self.compatibility == "surveillance"
        sign = 1 if self.direction == "increase" else -1
        chart = Chart(self.limit, self.shift, sign, self.window, self.least_length, self.change, strict)
        kinds = (dispersions == 0, ~(dispersions == 0))
        with np.errstate(all="ignore"):
            for rows in (np.flatnonzero(kind) for kind in kinds):
                if rows.size:
                    charts = _charts(chart, dispersions[rows], steps)
                    self._judge_rows(checked, means, charts, rows, dispersions, first, bounds, out)
        unfit = ~(means[:, first:] > 0)
        out.refuse(unfit & (np.arange(first, steps) < self.training), Reason.TOO_LITTLE_HISTORY)
        out.refuse(unfit, Reason.DID_NOT_CONVERGE)
        if checked.missing is not None:
            out.refuse(checked.missing[:, first:], Reason.NOT_OBSERVED, keep_bound=True)
        return verdicts

    def _judge_rows(
        self,
        checked: Counts,
        means: Floats,
        charts: Charts,
        rows: NDArray[np.int64],
        dispersions: Floats,
        first: int,
        bounds: bool,
        out: Block,
    ) -> None:
        own = means[rows]
        for step in range(checked.shape[1]):
            known = np.ones(rows.size, dtype=np.bool_) if checked.missing is None else ~checked.missing[rows, step]
            counts, mean = checked.values[rows, step].astype(np.float64), own[:, step]
            charted = mean > 0
            if step >= first:
                cells = rows, step - first
                out.expected[cells], out.upper[cells] = mean, np.inf
                out.score[cells], out.alarm[cells] = 0.0, False
                if bounds:
                    which = np.flatnonzero(charted)
                    out.upper[rows[which], step - first] = charts.bounds(which, mean[which], counts[which])
            if self.compatibility == "none":
                passed = np.flatnonzero(known & ~charted)
                charts.remember(passed, counts[passed])
            which = np.flatnonzero(known & charted)
            scores, alarms = charts.add(which, mean[which], counts[which])
            if step >= first:
                out.score[rows[which], step - first] = scores
                out.alarm[rows[which], step - first] = alarms
            if self.refit and isinstance(self.reference, str) and step + 1 < checked.shape[1]:
                for place in which[alarms]:
                    alone = Counts(
                        checked.values[rows[place], np.newaxis],
                        None if checked.missing is None else checked.missing[rows[place], np.newaxis],
                    )
                    own[place, step + 1 :] = self._fitted(alone, step + 1, float(dispersions[rows[place]]))[0][0]

    def _fitted(self, counts: Counts, training: int, dispersion: float | None) -> tuple[Floats, Floats]:
        """Means of the steps from `training` on and dispersions, from the steps before."""
        times = np.arange(1, counts.shape[1] + 1)
        design = seasonal_design(times, self.period, harmonics=self.harmonics, trend=self.trend)
        past, series = counts.values[:, :training].T.astype(np.float64), counts.shape[0]
        known = None if counts.missing is None else ~counts.missing[:, :training].T
        if dispersion == 0:
            fitted = fit(design[:training], past, known)
            means = fitted.mean(design[training:]).T
            if self.compatibility == "none":
                means = np.where(fitted.converged[:, np.newaxis], means, np.nan)
            return means, np.zeros(series)
        means, dispersions = np.full((series, times.size - training), np.nan), np.full(series, np.nan)
        for row in range(series):
            rows = np.ones(training, dtype=np.bool_) if known is None else known[:, row]
            if past[rows, row].any():
                coefficients, dispersions[row] = negative_binomial_regression.fit(
                    design[:training][rows], past[rows, row], dispersion
                )
                with np.errstate(over="ignore"):
                    fitted_means = np.exp(design[training:] @ coefficients)
                means[row] = np.where(np.isfinite(fitted_means), fitted_means, np.nan)
        return means, dispersions


def _charts(chart: Chart, dispersions: Floats, steps: int) -> Charts:
    """Charts of series whose dispersions are all 0 or none."""
    if chart.shift is not None:
        return KnownCharts(chart, chart.shift, dispersions)
    if chart.change == "level" and not (dispersions != 0).any():
        return PoissonCharts(chart, dispersions.size, steps)
    return SearchedCharts(chart, dispersions, steps)
