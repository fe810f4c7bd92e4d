"""GLR: the likelihood ratio of a rate that changed some time since the last alarm, of unknown size or of a given one.

References
----------
Höhle M., Paul M. (2008): Count data regression charts for the monitoring of surveillance time series. Computational
Statistics & Data Analysis 52, 4357-4368.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from detectors import likelihood_ratio, negative_binomial_regression
from detectors import parameters as check
from detectors.counts import Counts, CountsLike
from detectors.loglinear import fit, seasonal_design
from detectors.parameters import ParameterError
from detectors.protocol import Dates
from detectors.verdicts import Reason, Verdicts

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Glr:
    """Likelihood-ratio chart for Poisson or negative-binomial counts round a seasonal mean; it restarts on an alarm.

    For a lasting change whose size is not known beforehand; a CUSUM asks for the size. Series one by one: prefer CUSUM
    where there are many thousands.

    Parameters
    ----------
    limit : float
        Alarm where the ratio reaches this (c.ARL in R).
    shift : float or None
        Logarithm of the rate ratio to be found; None maximises over it.
    dispersion : float or None
        Variance m + dispersion·m²; 0 for Poisson; None fits it together with the regression.
    direction : "increase" or "decrease"
        What to look for; a decrease cannot be asked for with a `shift`.
    window : int or None
        The change is sought this many steps back at most; None: since the last alarm.
    least_length : int
        Fewest steps since the change.
    reference : "seasonal regression" or float
        The mean without change: a log-linear regression (Poisson, or negative binomial by `dispersion`) of the first
        `training` steps on `harmonics` and, if wanted, a `trend`; or a number. `judge_against` takes means of any
        origin.
    refit : bool
        Whether the regression learns again from all steps before, after an alarm.
    period, training, harmonics, trend
        Of that regression.
    compatibility : "none" or "surveillance"
        "surveillance" gives what R's `glrpois` and `glrnb` give: with a `window` and Poisson counts one step more than
        `least_length`, and no ratio for windows without a case when a decrease is sought.

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
        if self.shift is not None and self.direction == "decrease":
            raise ParameterError("direction must be increase where a shift is given")
        if self.window is not None:
            check.whole("window", self.window, least=1)
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
        """Judge the columns `first` … T-1; see :meth:`detectors.protocol.Detector.judge`, and `judge_against`."""
        checked = Counts.of(counts)
        means = np.full(checked.shape, np.nan)
        dispersions = np.full(checked.shape[0], np.nan if self.dispersion is None else self.dispersion)
        if not isinstance(self.reference, str):
            means[:, self.training :] = float(self.reference)
        elif self.training < checked.shape[1]:
            means[:, self.training :], dispersions = self._fitted(checked, self.training)
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
        learns = self.refit and isinstance(self.reference, str)
        with np.errstate(all="ignore"):
            for row in range(series):
                own = means[row].copy()
                known = np.ones(steps, dtype=np.bool_) if checked.missing is None else ~checked.missing[row]
                chart = _Chart(self, float(dispersions[row]))
                for step in range(steps):
                    judged = step >= first
                    mean = own[step]
                    if judged:
                        cell = row, step - first
                        out.expected[cell] = mean
                        out.upper[cell] = chart.bound(mean) if bounds and mean > 0 else np.inf
                        out.score[cell], out.alarm[cell] = 0.0, False
                    if not (known[step] and mean > 0):
                        continue
                    score, alarm = chart.add(float(checked.values[row, step]), mean)
                    if judged:
                        out.score[cell], out.alarm[cell] = score, alarm
                    if alarm and learns and step + 1 < steps:
                        one = Counts(
                            checked.values[row : row + 1],
                            None if checked.missing is None else checked.missing[row : row + 1],
                        )
                        own[step + 1 :] = self._fitted(one, step + 1)[0][0]
        unfit = ~(means[:, first:] > 0)
        out.refuse(unfit & (np.arange(first, steps) < self.training), Reason.TOO_LITTLE_HISTORY)
        out.refuse(unfit, Reason.DID_NOT_CONVERGE)
        if checked.missing is not None:
            out.refuse(checked.missing[:, first:], Reason.NOT_OBSERVED, keep_bound=True)
        return verdicts

    def _fitted(self, counts: Counts, training: int) -> tuple[Floats, Floats]:
        """Means of the steps from `training` on and dispersions, from the steps before."""
        times = np.arange(1, counts.shape[1] + 1)
        design = seasonal_design(times, self.period, harmonics=self.harmonics, trend=self.trend)
        past, series = counts.values[:, :training].T.astype(np.float64), counts.shape[0]
        known = None if counts.missing is None else ~counts.missing[:, :training].T
        if self.dispersion == 0:
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
                    design[:training][rows], past[rows, row], self.dispersion
                )
                means[row] = np.exp(design[training:] @ coefficients)
        return means, dispersions


class _Chart:
    """The chart of one series since its last alarm."""

    def __init__(self, method: Glr, dispersion: float) -> None:
        self.method, self.dispersion = method, dispersion
        self.sign = 1 if method.direction == "increase" else -1
        self.last_bound = 4
        self.restart()

    def restart(self) -> None:
        """Forget what came before."""
        self.counts: list[float] = []
        self.means: list[float] = []
        self.sum = 0.0

    def ratio_of(self, mean: float) -> Callable[[float], float]:
        """The chart's value as a function of the count that comes now."""
        method = self.method
        if method.shift is not None:
            slope, level = likelihood_ratio.step_score(np.array([mean]), method.shift, self.dispersion)
            steep, flat = float(slope[0]), self.sum + float(level[0])
            return lambda count: max(0.0, flat + steep * count)
        strict = method.compatibility == "surveillance"
        shortest = method.least_length
        if strict and method.window is not None and self.dispersion == 0:
            shortest += 1
        steps = len(self.counts) + 1
        start = 0 if method.window is None else max(0, steps - 1 - method.window)
        windows = steps - start - shortest + 1
        if windows < 1:
            return lambda count: 0.0
        counts, means = np.array([*self.counts[start:], 0.0]), np.array([*self.means[start:], mean])
        if self.dispersion == 0:
            cases = np.cumsum(counts[::-1])[::-1][:windows]
            expected = np.cumsum(means[::-1])[::-1][:windows]

            def poisson(count: float) -> float:
                found = likelihood_ratio.poisson(cases + count, expected, self.sign, drops_silence=strict)
                return max(0.0, float(found.max()))

            return poisson

        def negative_binomial(count: float) -> float:
            counts[-1] = count
            found = likelihood_ratio.negative_binomial(counts, means, self.dispersion, self.sign, windows)
            return max(0.0, float(found.max()))

        return negative_binomial

    def add(self, count: float, mean: float) -> tuple[float, bool]:
        """The value with this count, and whether it alarms; then the chart starts anew."""
        value = self.ratio_of(mean)(count)
        alarm = value >= self.method.limit
        if alarm:
            self.restart()
        else:
            self.counts.append(count)
            self.means.append(mean)
            self.sum = value if self.method.shift is not None else 0.0
        return value, alarm

    def bound(self, mean: float) -> float:
        """The least count that alarms now (for a decrease the highest; -1 where none does)."""
        method = self.method
        if method.shift is not None:
            slope, level = likelihood_ratio.step_score(np.array([mean]), method.shift, self.dispersion)
            return max(0.0, (method.limit - self.sum - float(level[0])) / float(slope[0]))
        ratio = self.ratio_of(mean)
        if self.sign < 0:
            low, high = -1, int(np.ceil(mean)) + 1
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if ratio(float(middle)) >= method.limit else (low, middle)
            return float(low)
        if len(self.counts) + 1 < method.least_length:
            return np.inf
        # The bound moves little from step to step: search outwards from the last one.
        low, high, stride = self.last_bound - 1, self.last_bound, 1
        while low >= 0 and ratio(float(low)) >= method.limit:
            low, high, stride = max(low - stride, -1), low, 2 * stride
        if stride == 1:
            while ratio(float(high)) < method.limit:
                low, high, stride = high, high + stride, 2 * stride
                if high > 1 << 40:
                    return np.inf
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if ratio(float(middle)) >= method.limit else (middle, high)
        self.last_bound = high
        return float(high)
