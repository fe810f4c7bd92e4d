"""Comparing one configuration with what R recorded."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.golden.adapters import Answer, NotBuilt, adapter_of
from detectors.golden.folder import Configuration, Folder, Rows

SMALLEST_BOUND = 0.1
"""Cases. The difference to a bound nearer to 0 is taken relative to this: there R's own formulas cancel."""


@dataclass(slots=True)
class Comparison:
    """What was found for one configuration."""

    configuration: str
    rows: int = 0
    runs: int = 0
    largest: float = 0.0
    beyond: int = 0
    alarms: int = 0
    missing: int = 0
    absent: int = 0
    failed: str = ""
    """Why our detector gave no answer."""
    refused_by_r: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether everything that was compared is equal."""
        return not (self.failed or self.beyond or self.alarms or self.missing or self.absent)

    def add(self, rows: Rows, ours: Answer) -> None:
        """Count the rows of one run in."""
        self.runs += 1
        self.rows += rows["t"].size
        difference = relative_difference(ours.upper, rows["upperbound"])
        self.largest = max(self.largest, float(difference.max(initial=0.0)))
        self.beyond += int((difference > ours.tolerance).sum())
        unknown, unknown_to_r = np.isnan(ours.alarm), np.isnan(rows["alarm"])
        self.alarms += int(((ours.alarm != rows["alarm"]) & ~unknown & ~unknown_to_r).sum())
        no_bound = np.isnan(ours.upper) != np.isnan(rows["upperbound"])
        self.missing += int((no_bound | (unknown != unknown_to_r)).sum())


def relative_difference(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """|ours - theirs| / |theirs|; 0 where both are missing or the same infinity or one is missing (counted apart)."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(ours - theirs) / np.maximum(np.abs(theirs), SMALLEST_BOUND)
    difference[np.isnan(ours) | np.isnan(theirs) | (ours == theirs)] = 0.0
    infinite = np.isinf(theirs) & np.isfinite(ours)
    difference[infinite] = np.inf
    return np.asarray(difference)


def compare(folder: Folder, configuration: Configuration) -> Comparison:
    """Run our detector on every series on which R's run ended well."""
    found = Comparison(configuration.identity)
    found.refused_by_r = [f"{run.series}: {run.message}" for run in configuration.runs if not run.done]
    done = [run for run in configuration.runs if run.done]
    if not done:
        return found
    try:
        adapter = adapter_of(configuration.detector)
        outputs = folder.outputs(configuration)
        for run in done:
            rows = outputs.get(run.series)
            if rows is None:
                found.absent += 1
                continue
            found.add(rows, adapter(configuration.control, folder.series[run.series], run, rows))
    except (NotBuilt, ValueError) as error:
        found.failed = str(error)
    return found
