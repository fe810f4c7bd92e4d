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

from detectors.farrington.cells import CellVerdicts, Flags, Integers
from detectors.farrington.exceedance import by_negative_binomial, by_power
from detectors.farrington.method import FarringtonMethod
from detectors.farrington.overdispersed_forecast import Forecast, Rules
from detectors.farrington.seasonal_baseline import Baseline, seasons
from detectors.judging import parameters as check
from detectors.judging.counts import Counts
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Reason
from detectors.judging.windows import any_missing


@dataclass(frozen=True, slots=True)
class FarringtonFlexible(FarringtonMethod):
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
    alpha: float = 0.001
    no_periods: int = 10
    past_weeks_excluded: int = 26
    threshold_method: Literal["nbPlugin", "muan", "delta"] = "nbPlugin"
    p_trend: float = 1.0
    weights_threshold: float = 2.58

    def __post_init__(self) -> None:
        FarringtonMethod.__post_init__(self)
        check.whole("no_periods", self.no_periods, least=1)
        check.whole("past_weeks_excluded", self.past_weeks_excluded)
        check.choice("threshold_method", self.threshold_method, ("nbPlugin", "muan", "delta"))
        check.number("p_trend", self.p_trend, least=0)
        check.number("weights_threshold", self.weights_threshold, above=0)
        room = self.period - 2 * self.window_half_width - 1
        if self.no_periods > 1 and room < self.no_periods - (2 * self.window_half_width + 1):
            raise check.ParameterError(f"no_periods must leave a step for each group, not {self.no_periods}")

    @property
    def published_times(self) -> bool:
        return self.strict

    def _few(self, counts: Counts) -> Flags:
        few = FarringtonMethod._few(self, counts)
        if self.strict and counts.missing is not None:
            few |= any_missing(counts.missing, 0, [range(self.limit_weeks)])
        return few

    def _rules(self) -> Rules:
        return Rules(
            trend=self.trend,
            years_back=self.years_back,
            reweight=self.reweight,
            weights_threshold=self.weights_threshold,
            p_trend=self.p_trend,
            published_dispersion=self.strict,
            clipped_error=not self.strict,
        )

    def _baseline(self, step: int, days: Dates | None) -> Baseline | None:
        years, half_width, groups = self.years_back, self.window_half_width, self.no_periods
        return seasons(step, years, half_width, groups, self.past_weeks_excluded, self.period, days)

    def _cell_verdicts(self, found: Forecast, counts: Integers, few: Flags) -> CellVerdicts:
        if self.threshold_method == "delta":
            bound = by_power(found, counts, self.alpha, self.power)
        else:
            bound = by_negative_binomial(found, counts, self.alpha, mean_quantile=self.threshold_method == "muan")
        reason = np.where(np.isnan(bound.upper), Reason.NO_BOUND, Reason.JUDGED).astype(np.uint8)
        expected = found.mean
        if self.strict:
            score = (counts - bound.centre) / (bound.upper - bound.centre)
            alarm = (score > 1) & (counts != 0) & ~few
            reason[few] = Reason.TOO_FEW_CASES
            score = np.where(few, np.nan, score)
            upper = np.where(few, np.nan, bound.upper)
            return CellVerdicts(np.where(few, np.nan, expected), upper, score, alarm, reason, bound.p_value)
        score = -np.log10(np.maximum(bound.p_value, 1e-300))
        return CellVerdicts(expected, bound.upper, score, (counts > bound.upper) & ~few, reason, bound.p_value)
