"""Farrington flexible: a weekly count against a regression on years of history, by Noufaily and others.

References
----------
Noufaily A. et al. (2013): An improved algorithm for outbreak detection in multiple surveillance systems. Statistics in
Medicine 32, 1206-1222. Farrington C. et al. (1996): A statistical algorithm for the early detection of outbreaks of
infectious disease. Journal of the Royal Statistical Society A 159, 547-563.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from detectors import parameters as check
from detectors.counts import Counts, CountsLike
from detectors.exceedance import POWERS, by_negative_binomial, by_power
from detectors.farrington_cells import CellRun, CellVerdicts, Integers, check_calendar
from detectors.overdispersed_forecast import Forecast, Rules
from detectors.protocol import Dates
from detectors.seasonal_baseline import Baseline, seasons
from detectors.verdicts import Reason, Verdicts
from detectors.windows import sums_over


@dataclass(frozen=True, slots=True)
class FarringtonFlexible:
    """The count against a log-linear regression on seasonal groups of past weeks, with old outbreaks weighted down.

    The choice for weekly series with at least three years of history: season by a factor of `no_periods` levels, a
    trend where it does not extrapolate, recent weeks left out so that an outbreak does not teach the baseline. Prefer
    W8 where there is no history, and `farrington` only to compare with systems that still run it.

    Parameters
    ----------
    years_back, window_half_width : int
        Years of history, and steps to either side of the same week that belong to its own group.
    no_periods : int
        Groups of season, 1 for the windows alone; 10 in the paper.
    past_weeks_excluded : int
        Steps just before the judged one that are left out; 26 in the paper.
    alpha : float
        One-sided level.
    threshold_method : "nbPlugin", "muan" or "delta"
        Negative-binomial quantile at the expected count; the same at that mean's upper limit; normal after `power`.
    power : "2/3", "1/2" or "none"
        For "delta".
    trend : bool
        Whether a trend is tried, at least three years back and not above the highest count of the baseline …
    p_trend : float
        … and kept where its p-value is below this; 1, the paper's, keeps it always.
    reweight : bool, weights_threshold : float
        Whether rows whose Anscombe residual is above the threshold are weighted down, and that threshold.
    limit_cases, limit_weeks : int
        No alarm where the last `limit_weeks` steps hold fewer cases.
    population_offset : bool
        Whether the logarithm of the population is an offset; `judge` then wants a population.
    period : int
        Steps of a year: 52, 12 or 365. With dates the baseline follows the calendar, leap days and weeks 53 included;
        without, it steps back by `period`.
    compatibility : "none" or "surveillance"
        "surveillance" gives what R's `farringtonFlexible` gives: the dispersion behind trend and standard error comes
        from the prior weights and may be below 1 (it overwrites its model's weights), `score` starts from the logarithm
        of the mean with "nbPlugin" and "muan", too few recent cases have no bound (TOO_FEW_CASES), a silent baseline is
        fitted. Its defaults are another thing: set all parameters.

    Notes
    -----
    `expected` is the mean, `upper` the highest count that does not alarm, `score` -log10 of the p-value. A baseline
    without a case has no verdict (TOO_FEW_CASES): single-case rules are for that.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> weeks = np.arange(300)
    >>> counts = np.round(9 + 5 * np.cos(weeks * np.pi / 26) + np.sin(weeks * 2.3)).astype(int)
    >>> counts[-1] = 30
    >>> verdicts = build("farrington_flexible", {"alpha": 0.01}).judge(counts, first=298)
    >>> verdicts.upper, verdicts.alarm
    (array([[16., 17.]]), array([[False,  True]]))
    """

    name: ClassVar[str] = "farrington_flexible"
    years_back: int = 5
    window_half_width: int = 3
    no_periods: int = 10
    past_weeks_excluded: int = 26
    alpha: float = 0.001
    threshold_method: Literal["nbPlugin", "muan", "delta"] = "nbPlugin"
    power: str = "2/3"
    trend: bool = True
    p_trend: float = 1.0
    reweight: bool = True
    weights_threshold: float = 2.58
    limit_cases: int = 5
    limit_weeks: int = 4
    population_offset: bool = False
    period: int = 52
    compatibility: Literal["none", "surveillance"] = "none"

    def __post_init__(self) -> None:
        check.whole("years_back", self.years_back, least=1)
        check.whole("window_half_width", self.window_half_width)
        check.whole("no_periods", self.no_periods, least=1)
        check.whole("past_weeks_excluded", self.past_weeks_excluded)
        check.probability("alpha", self.alpha)
        check.choice("threshold_method", self.threshold_method, ("nbPlugin", "muan", "delta"))
        check.choice("power", self.power, tuple(POWERS))
        check.flag("trend", self.trend)
        check.number("p_trend", self.p_trend, least=0)
        check.flag("reweight", self.reweight)
        check.number("weights_threshold", self.weights_threshold, above=0)
        check.whole("limit_cases", self.limit_cases)
        check.whole("limit_weeks", self.limit_weeks, least=1)
        check.flag("population_offset", self.population_offset)
        check.whole("period", self.period, least=2)
        check.choice("compatibility", self.compatibility, ("none", "surveillance"))
        room = self.period - 2 * self.window_half_width - 1
        if self.no_periods > 1 and room < self.no_periods - (2 * self.window_half_width + 1):
            raise check.ParameterError(f"no_periods must leave a step for each group, not {self.no_periods}")

    @property
    def lookback(self) -> int:
        # By dates a year is up to a step longer than the period, and a window may begin with the next week.
        return self.years_back * (self.period + 1) + self.window_half_width + 1

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.protocol.Detector.judge`."""
        checked = Counts.of(counts)
        check_calendar(checked, first, dates, population)
        if self.population_offset and population is None:
            raise ValueError("farrington_flexible with population_offset needs a population")
        days = None if dates is None else dates.astype("datetime64[D]")
        strict = self.compatibility == "surveillance"
        offset = np.log(population) if self.population_offset and population is not None else None
        rules = Rules(
            trend=self.trend,
            years_back=self.years_back,
            reweight=self.reweight,
            weights_threshold=self.weights_threshold,
            p_trend=self.p_trend,
            published_dispersion=strict,
            clipped_error=not strict,
        )
        recent = sums_over(_padded(checked.values, self.limit_weeks), self.limit_weeks, [range(self.limit_weeks)])
        unsure = np.zeros(checked.shape, dtype=np.bool_)
        if strict and checked.missing is not None:
            hidden = _padded(checked.missing.astype(np.int64), self.limit_weeks)
            unsure = sums_over(hidden, self.limit_weeks, [range(self.limit_weeks)]) > 0

        def judge(found: Forecast, series: Integers, steps: Integers) -> CellVerdicts:
            few = (recent[series, steps] < self.limit_cases) | unsure[series, steps]
            return self._cell_verdicts(found, checked.values[series, steps], few)

        def baseline(step: int) -> Baseline | None:
            return seasons(
                step,
                self.years_back,
                self.window_half_width,
                self.no_periods,
                self.past_weeks_excluded,
                self.period,
                days,
            )

        run = CellRun(checked, offset, rules, judge, fits_silence=strict, published_times=strict and days is not None)
        return run.verdicts(first, baseline)

    def _cell_verdicts(self, found: Forecast, counts: Integers, few: NDArray[np.bool_]) -> CellVerdicts:
        if self.threshold_method == "delta":
            bound = by_power(found, counts, self.alpha, self.power)
        else:
            bound = by_negative_binomial(found, counts, self.alpha, mean_quantile=self.threshold_method == "muan")
        reason = np.where(np.isnan(bound.upper), Reason.NO_BOUND, Reason.JUDGED).astype(np.uint8)
        expected = found.mean
        if self.compatibility == "surveillance":
            score = (counts - bound.centre) / (bound.upper - bound.centre)
            alarm = (score > 1) & (counts != 0) & ~few
            reason[few] = Reason.TOO_FEW_CASES
            score = np.where(few, np.nan, score)
            upper = np.where(few, np.nan, bound.upper)
            return CellVerdicts(np.where(few, np.nan, expected), upper, score, alarm, reason, bound.p_value)
        score = -np.log10(np.maximum(bound.p_value, 1e-300))
        return CellVerdicts(expected, bound.upper, score, (counts > bound.upper) & ~few, reason, bound.p_value)


def _padded(values: Integers, before: int) -> Integers:
    return np.pad(values, ((0, 0), (before, 0)))
