"""Running a forecast over all series and judged steps, in batches of cells whose baselines are alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.farrington.grouped_design import LANES, Counted
from detectors.farrington.overdispersed_forecast import Cells, Forecast, Rules, forecast
from detectors.farrington.seasonal_baseline import Baseline
from detectors.judging.counts import Counts
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Reason, Verdicts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
BATCH = 1 << 18
"""Baseline counts of a batch: measured; smaller ones pay more calls a cell, larger ones more memory for nothing."""


class CellVerdicts(NamedTuple):
    """Verdicts of C cells; the numbers stand as they are, NaN included."""

    expected: Floats
    upper: Floats
    score: Floats
    alarm: NDArray[np.bool_]
    reason: NDArray[np.uint8]
    p_value: Floats


Judge = Callable[[Forecast, Integers, Integers], CellVerdicts]
"""From the forecasts of some cells, their series and their steps."""


def check_calendar(counts: Counts, first: int, dates: Dates | None, population: Floats | None) -> None:
    """Refuse dates or a population that do not belong to the counts."""
    series, steps = counts.shape
    if not 0 <= first <= steps:
        raise ValueError(f"first must lie between 0 and {steps}, not {first}")
    if dates is not None and (dates.size != steps or (np.diff(dates.astype("datetime64[D]")).astype(int) <= 0).any()):
        raise ValueError(f"dates must be {steps} rising days, one for each step")
    if population is not None and np.shape(population) != (series, steps):
        raise ValueError(f"population must be {series} × {steps}, as the counts, not {np.shape(population)}")


@dataclass(frozen=True, slots=True)
class CellRun:
    """A method's way of forecasting and judging.

    `offset` (S, T) is added to the linear predictor. Without `fits_silence` a baseline without a case is not fitted
    (TOO_FEW_CASES). With `published_times` the time of now counts from the first known row, as R does by dates.
    """

    counts: Counts
    offset: Floats | None
    rules: Rules
    judge: Judge
    fits_silence: bool
    published_times: bool = False

    def verdicts(self, first: int, baseline_of: Callable[[int], Baseline | None]) -> Verdicts:
        """Judge every series at the steps from `first` on."""
        series, steps = self.counts.shape
        verdicts = Verdicts.empty(series, steps - first, p_value=True)
        everything = verdicts.block(slice(0, series))
        everything.refuse(np.ones(verdicts.reason.shape, dtype=np.bool_), Reason.TOO_LITTLE_HISTORY)
        alike: dict[object, tuple[Baseline, list[int]]] = {}
        for step in range(first, steps):
            baseline = baseline_of(step)
            if baseline is not None:
                alike.setdefault(baseline.key(), (baseline, []))[1].append(step)
        values = np.ascontiguousarray(self.counts.values.T.astype(np.float64))
        missing = self.counts.missing
        known = None if missing is None else np.ascontiguousarray((~missing).T.astype(np.float64))
        offset = None if self.offset is None else np.ascontiguousarray(self.offset.T)
        with np.errstate(all="ignore"):
            for baseline, own_steps in alike.values():
                width = max(LANES, BATCH // baseline.back.size // LANES * LANES)
                at_step = np.array(own_steps)
                for left in range(0, series * at_step.size, width):
                    cell = np.arange(left, min(left + width, series * at_step.size))
                    # Series last: neighbouring cells lie together in memory.
                    step_of, series_of = at_step[cell // series], cell % series
                    cells = self._cells(baseline, values, known, offset, series_of, step_of)
                    self._judge_batch(baseline, cells, series_of, step_of, first, verdicts)
        if missing is not None:
            everything.refuse(missing[:, first:], Reason.NOT_OBSERVED, keep_bound=True)
        return verdicts

    def _cells(
        self,
        baseline: Baseline,
        values: Floats,
        known: Floats | None,
        offset: Floats | None,
        series_of: Integers,
        step_of: Integers,
    ) -> Cells:
        rows = step_of - baseline.back[:, np.newaxis]
        counts = values[rows, series_of]
        here = np.ones_like(counts) if known is None else known[rows, series_of]
        now = np.zeros(series_of.size)
        if self.published_times and known is not None:
            times = baseline.design.times[:, np.newaxis]
            now = times.min() - np.where(here > 0, times, np.inf).min(axis=0)
        if offset is None:
            return Cells(Counted.of(counts * here, None, here), here, now, None)
        return Cells(Counted.of(counts * here, offset[rows, series_of], here), here, now, offset[step_of, series_of])

    def _judge_batch(
        self, baseline: Baseline, cells: Cells, series_of: Integers, step_of: Integers, first: int, out: Verdicts
    ) -> None:
        design, column = baseline.design, step_of - first
        grouped = design.sums(cells.known)
        enough = (grouped[-1] > 0) & (grouped.sum(axis=0) > (grouped > 0).sum(axis=0) + int(self.rules.trend))
        out.reason[series_of[~enough], column[~enough]] = Reason.MISSING_IN_BASELINE
        if not self.fits_silence:
            silent = enough & (cells.rows.counts.max(axis=0) == 0)
            out.reason[series_of[silent], column[silent]] = Reason.TOO_FEW_CASES
            enough &= ~silent
        if not enough.all():
            which = np.flatnonzero(enough)
            if not which.size:
                return
            cells, series_of, step_of, column = cells.some(which), series_of[which], step_of[which], column[which]
        found = forecast(design, cells, self.rules)
        judged = self.judge(found, series_of, step_of)
        failed = ~found.converged
        out.expected[series_of, column] = np.where(failed, np.nan, judged.expected)
        out.upper[series_of, column] = np.where(failed, np.nan, judged.upper)
        out.score[series_of, column] = np.where(failed, np.nan, judged.score)
        out.alarm[series_of, column] = ~failed & judged.alarm
        out.reason[series_of, column] = np.where(failed, Reason.DID_NOT_CONVERGE, judged.reason)
        assert out.p_value is not None
        out.p_value[series_of, column] = np.where(failed, np.nan, judged.p_value)
