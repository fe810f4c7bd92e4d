"""What Farrington's methods share: parameters, and a forecast for each series and judged step."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from detectors.farrington.cells import CellRun, CellVerdicts, Flags, Integers, check_calendar
from detectors.farrington.exceedance import POWERS
from detectors.farrington.overdispersed_forecast import Forecast, Rules
from detectors.farrington.seasonal_baseline import Baseline
from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Verdicts
from detectors.judging.windows import sums_over


@dataclass(frozen=True, slots=True)
class FarringtonMethod(ABC):
    """A method that judges each cell by its forecast; see :class:`detectors.judging.protocol.Detector`.

    The parameters are documented where they have their meaning, in the two methods.
    """

    name: ClassVar[str]
    years_back: int = 5
    window_half_width: int = 3
    alpha: float = 0.05
    power: str = "2/3"
    trend: bool = True
    reweight: bool = True
    limit_cases: int = 5
    limit_weeks: int = 4
    population_offset: bool = False
    period: int = 52
    compatibility: Literal["none", "surveillance"] = "none"

    def __post_init__(self) -> None:
        check.whole("years_back", self.years_back, least=1)
        check.whole("window_half_width", self.window_half_width)
        check.probability("alpha", self.alpha)
        check.choice("power", self.power, tuple(POWERS))
        check.flag("trend", self.trend)
        check.flag("reweight", self.reweight)
        check.whole("limit_cases", self.limit_cases)
        check.whole("limit_weeks", self.limit_weeks, least=1)
        check.flag("population_offset", self.population_offset)
        check.whole("period", self.period, least=2)
        check.choice("compatibility", self.compatibility, ("none", "surveillance"))

    @property
    def lookback(self) -> int:
        # By dates a year is up to a step longer than the period, and a window may begin with the next week.
        return self.years_back * (self.period + 1) + self.window_half_width + 1

    @property
    def strict(self) -> bool:
        """Whether R's answers are wanted."""
        return self.compatibility == "surveillance"

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
        check_calendar(checked, first, dates, population)
        if self.population_offset and population is None:
            raise ValueError(f"{self.name} with population_offset needs a population")
        days = None if dates is None else dates.astype("datetime64[D]")
        offset = np.log(population) if self.population_offset and population is not None else None
        few = self._few(checked)

        def judge(found: Forecast, series: Integers, steps: Integers) -> CellVerdicts:
            return self._cell_verdicts(found, checked.values[series, steps], few[series, steps])

        dated = self.published_times and days is not None
        run = CellRun(checked, offset, self._rules(), judge, fits_silence=self.strict, published_times=dated)
        return run.verdicts(first, lambda step: self._baseline(step, days))

    @property
    def published_times(self) -> bool:
        """Whether the time of now counts from the first known row where there are dates."""
        return False

    def _few(self, counts: Counts) -> Flags:
        """Where recent cases are too few to alarm."""
        return np.asarray(sums_over(counts.values, 0, [range(self.limit_weeks)]) < self.limit_cases)

    @abstractmethod
    def _rules(self) -> Rules:
        """How a fit is judged."""

    @abstractmethod
    def _baseline(self, step: int, days: Dates | None) -> Baseline | None:
        """The rows from which a step is forecast; None where the history is too short."""

    @abstractmethod
    def _cell_verdicts(self, found: Forecast, counts: Integers, few: Flags) -> CellVerdicts:
        """Verdicts of some cells from their forecasts and counts."""
