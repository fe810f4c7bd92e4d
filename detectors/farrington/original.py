"""Farrington 1996: a weekly count against the same weeks of earlier years.

References
----------
Farrington C. et al. (1996): A statistical algorithm for the early detection of outbreaks of infectious disease. Journal
of the Royal Statistical Society A 159, 547-563.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.farrington.cells import CellVerdicts, Flags, Integers
from detectors.farrington.exceedance import by_power
from detectors.farrington.method import FarringtonMethod
from detectors.farrington.overdispersed_forecast import Forecast, Rules
from detectors.farrington.seasonal_baseline import Baseline, windows
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Reason


@dataclass(frozen=True, slots=True)
class Farrington(FarringtonMethod):
    """The count against a log-linear regression on the windows of earlier years, with old outbreaks weighted down.

    The first of its kind, still run by many systems; it alarms more often than its successor: prefer
    `farrington_flexible`, and this one for comparison.

    Parameters
    ----------
    years_back, window_half_width : int
        Years of history, and steps to either side of the same week.
    alpha : float
        Two-sided level, as in R: the bound is the 1 - alpha/2 quantile.
    power : "2/3", "1/2" or "none"
        Scale on which the bound is normal.
    trend : bool
        Whether a trend is tried: kept where p < 0.05, with at least three years, and below the highest past count.
    reweight : bool
        Whether rows whose Anscombe residual is above 1 are weighted down.
    limit_cases, limit_weeks : int
        No alarm where the last `limit_weeks` steps hold fewer cases.
    population_offset : bool
        Whether the logarithm of the population is an offset; `judge` then wants a population.
    period : int
        Steps of a year: 52, 12 or 365. With dates the baseline follows the calendar.
    compatibility : "none" or "surveillance"
        "surveillance" gives what R's `farrington` gives: a bound of 0 where recent cases are too few, fewer reference
        weeks at the start of a series, silent baselines and fits that did not converge judged all the same.

    Notes
    -----
    `score` is (y - expected)/(upper - expected): above 1 it alarms. `p_value` is that of the normal scale.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> weeks = np.arange(300)
    >>> counts = np.round(9 + 5 * np.cos(weeks * np.pi / 26) + np.sin(weeks * 2.3)).astype(int)
    >>> counts[-1] = 30
    >>> build("farrington", {}).judge(counts, first=298).alarm
    array([[False,  True]])
    """

    name: ClassVar[str] = "farrington"

    def _rules(self) -> Rules:
        return Rules(
            trend=self.trend,
            years_back=self.years_back,
            reweight=self.reweight,
            weights_threshold=1.0,
            p_trend=0.05,
            published_dispersion=False,
            clipped_error=True,
            ignores_convergence=self.strict,
        )

    def _baseline(self, step: int, days: Dates | None) -> Baseline | None:
        made = windows(step, self.years_back, self.window_half_width, self.period, days)
        whole = self.years_back * (2 * self.window_half_width + 1)
        return made if made is None or self.strict or made.back.size == whole else None

    def _cell_verdicts(self, found: Forecast, counts: Integers, few: Flags) -> CellVerdicts:
        bound = by_power(found, counts, self.alpha / 2, self.power)
        expected = found.mean
        score = (counts - expected) / (bound.upper - expected)
        alarm = (score > 1) & ~few
        upper = bound.upper
        if self.strict:
            upper = np.where(few, 0.0, upper)
            score = np.where(few, 0.0, score)
        reason = np.where(np.isnan(score), Reason.NO_BOUND, Reason.JUDGED).astype(np.uint8)
        return CellVerdicts(expected, upper, score, alarm, reason, bound.p_value)
