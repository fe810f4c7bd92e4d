"""What methods find when each makes as many false alerts: thresholds from training series, results from test series."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.simulation.alerts import alert_starts
from detectors.simulation.contestants import Contestant
from detectors.simulation.generator import Batch
from detectors.simulation.measures import Tally, tally
from detectors.simulation.scenarios import LEVELS, SCENARIOS

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

LIMIT = 1.0
"""False alerts per 100 series-weeks that a method may make."""


class Point(NamedTuple):
    """One level on the test series: false alerts per 100 weeks, and the share of outbreaks found."""

    false_alerts: float
    pod: float


class Outcome(NamedTuple):
    """A method at the limit.

    Parameters
    ----------
    contestant : Contestant
    level : dict
        The tuned level of "all" series, and of each class of :data:`detectors.simulation.scenarios.LEVELS` by itself;
        None where no level is quiet enough.
    found : dict
        The tally of the test series at those levels.
    curve : list of Point
        Every level on all test series.
    """

    contestant: Contestant
    level: dict[str, float | None]
    found: dict[str, Tally | None]
    curve: list[Point]

    @property
    def detected(self) -> int:
        """Outbreaks found at the limit, -1 where no level keeps it."""
        found = self.found["all"]
        return -1 if found is None else int(found.detected.sum())


def tune(quiet_alarms: Flags, limit: float = LIMIT) -> int | None:
    """The loosest level up to which every level keeps the limit; None if the strictest already does not.

    Parameters
    ----------
    quiet_alarms : (L, S, W) bool
        Alarms on series without outbreak at L levels from strict to loose.
    limit : float
        False alerts per 100 series-weeks.

    Notes
    -----
    A very loose level makes few alerts, too: it alarms always, which is one run. So the search stops at the first level
    that breaks the limit.

    Examples
    --------
    >>> tune(np.array([[[False] * 4], [[True, False, True, False]], [[True] * 4]]), 25)
    0
    """
    rates = 100 * alert_starts(quiet_alarms).mean(axis=(1, 2))
    kept = int(np.cumprod(rates <= limit).sum())
    return kept - 1 if kept else None


def classes(batch: Batch) -> dict[str, Flags]:
    """Which series are of each class, by how many cases a week they have."""
    kind = np.array([scenario.kind for scenario in SCENARIOS])[batch.scenario - 1]
    return {"all": np.ones(kind.size, dtype=np.bool_), **{name: np.isin(kind, kinds) for name, kinds in LEVELS.items()}}


def contest(contestant: Contestant, training: Batch, test: Batch, limit: float = LIMIT) -> Outcome:
    """Tune a method on the training series and try it on the test series.

    Raises
    ------
    ValueError
        A contestant without anything to tune.
    """
    if contestant.knob is None:
        raise ValueError(f"{contestant.label} has nothing to tune")
    levels = contestant.levels(training.quiet)
    training_alarms = contestant.grade(training.quiet, levels)
    chosen = {name: tune(training_alarms[:, rows], limit) for name, rows in classes(training).items()}
    quiet = contestant.grade(test.quiet, levels)
    alarms = contestant.grade(test.counts, levels)
    found: dict[str, Tally | None] = {}
    for name, rows in classes(test).items():
        at = chosen[name]
        found[name] = None if at is None else tally(alarms[at][rows], quiet[at][rows], test.outbreak[rows])
    return Outcome(
        contestant,
        {name: None if at is None else float(levels[at]) for name, at in chosen.items()},
        found,
        _curve(quiet, alarms, test.outbreak),
    )


def _curve(quiet: Flags, alarms: Flags, outbreak: Flags) -> list[Point]:
    points = []
    for at in range(len(quiet)):
        found = tally(alarms[at], quiet[at], outbreak)
        rate = 100 * float(found.quiet_alerts.sum()) / (found.series * found.weeks)
        points.append(Point(rate, float(found.detected.mean())))
    return points
