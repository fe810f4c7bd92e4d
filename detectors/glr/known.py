"""The likelihood-ratio chart of a change of known size: a sum, which starts anew at 0."""

from typing import NamedTuple

import numpy as np

from detectors.glr import likelihood_ratio
from detectors.glr.chart import Chart, Flags, Floats, Rows


class KnownLook(NamedTuple):
    """Values are `level` + `slope` · count, at least 0."""

    level: Floats
    slope: Floats

    def values(self, counts: Floats) -> Floats:
        """The charts' values with these counts."""
        return np.asarray(np.maximum(self.level + self.slope * counts, 0.0))

    def some(self, which: Rows) -> "KnownLook":
        """The same of some of the series."""
        return KnownLook(self.level[which], self.slope[which])


class KnownCharts:
    """The charts of S series for a change of known size; see :class:`detectors.glr.method.chart.Charts`."""

    def __init__(self, chart: Chart, shift: float, dispersions: Floats) -> None:
        self._chart, self._shift, self._dispersions = chart, chart.sign * shift, dispersions
        self._sums = np.zeros(dispersions.size)

    def remember(self, rows: Rows, counts: Floats) -> None:
        """A sum wants no counts of steps that are not judged."""

    def look(self, rows: Rows, means: Floats) -> KnownLook:
        """What these charts see in a step with these means."""
        slope, level = likelihood_ratio.step_score(means, self._shift, self._dispersions[rows])
        return KnownLook(self._sums[rows] + level, slope)

    def bounds(self, rows: Rows, means: Floats, counts: Floats) -> Floats:
        """The counts, with fractions, at which the sums reach the limit."""
        look = self.look(rows, means)
        none = 0.0 if self._chart.sign > 0 else -1.0
        return np.asarray(np.maximum((self._chart.limit - look.level) / look.slope, none))

    def add(self, rows: Rows, means: Floats, counts: Floats) -> tuple[Floats, Flags]:
        """Go on a step, anew after an alarm; the values and the alarms."""
        values = self.look(rows, means).values(counts)
        alarms = values >= self._chart.limit
        self._sums[rows] = np.where(alarms, 0.0, values)
        return values, alarms
