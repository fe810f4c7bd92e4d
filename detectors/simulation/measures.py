"""The measures of a method on series with one known outbreak each.

References
----------
Bédubourg G., Le Strat Y. (2017): Evaluation and comparison of statistical methods for early temporal detection of
outbreaks: a simulation-based study. PLoS ONE 12, e0181227.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.simulation.alerts import MISSED, alert_starts, delays
from detectors.simulation.intervals import Interval, bootstrap, wilson

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

PATIENCE = 4
"""Weeks that a missed outbreak counts in the restricted mean delay, and the most that a found one does."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What each of S series contributed; every measure is a ratio of sums over series.

    Parameters
    ----------
    hits, misses, false_alarms, rests : (S,) int
        Weeks of the series with its outbreak: alarm or none in outbreak weeks, alarm or none in the others.
    quiet_alarms, quiet_alerts : (S,) int
        Alarm weeks, and runs of them, in the same series without the outbreak.
    weeks : int
        Judged weeks of a series.
    delay : (S,) int
        Weeks from the outbreak's first week to the first alarm up to its last; -1 where there was none.
    """

    hits: Integers
    misses: Integers
    false_alarms: Integers
    rests: Integers
    quiet_alarms: Integers
    quiet_alerts: Integers
    weeks: int
    delay: Integers

    @property
    def series(self) -> int:
        """How many series."""
        return len(self.delay)

    @property
    def detected(self) -> Flags:
        """Whether an alarm came between the first and the last week of the outbreak."""
        return np.asarray(self.delay != MISSED)

    def of(self, rows: Flags) -> "Tally":
        """The same for some of the series."""
        return Tally(
            self.hits[rows],
            self.misses[rows],
            self.false_alarms[rows],
            self.rests[rows],
            self.quiet_alarms[rows],
            self.quiet_alerts[rows],
            self.weeks,
            self.delay[rows],
        )

    def fpr(self, seed: int = 0) -> Interval:
        """False-positive rate: share of alarm weeks in series without outbreak."""
        return self._ratio([self.quiet_alarms], [np.full(self.series, self.weeks)], seed)

    def false_alerts(self, seed: int = 0) -> Interval:
        """False alerts (runs of alarm weeks) per 100 series-weeks without outbreak."""
        return self._ratio([100 * self.quiet_alerts], [np.full(self.series, self.weeks)], seed)

    def pod(self) -> Interval:
        """Probability of detection: share of outbreaks with an alarm between their first and last week."""
        return wilson(int(self.detected.sum()), self.series)

    def pod_first_week(self) -> Interval:
        """Share of outbreaks with an alarm in their first week."""
        return wilson(int((self.delay == 0).sum()), self.series)

    def sensitivity(self, seed: int = 0) -> Interval:
        """Share of outbreak weeks with an alarm."""
        return self._ratio([self.hits], [self.hits, self.misses], seed)

    def specificity(self, seed: int = 0) -> Interval:
        """Share of the other weeks, of series with an outbreak, without one."""
        return self._ratio([self.rests], [self.rests, self.false_alarms], seed)

    def ppv(self, seed: int = 0) -> Interval:
        """Positive predictive value: share of alarm weeks that are outbreak weeks."""
        return self._ratio([self.hits], [self.hits, self.false_alarms], seed)

    def npv(self, seed: int = 0) -> Interval:
        """Negative predictive value: share of weeks without alarm that are no outbreak weeks."""
        return self._ratio([self.rests], [self.rests, self.misses], seed)

    def f1(self, seed: int = 0) -> Interval:
        """Harmonic mean of sensitivity and positive predictive value."""
        return self._ratio([2 * self.hits], [2 * self.hits, self.false_alarms, self.misses], seed)

    def mean_delay(self, seed: int = 0) -> Interval:
        """Mean delay in weeks of the outbreaks that were found."""
        return self._ratio([np.where(self.detected, self.delay, 0)], [self.detected.astype(np.int64)], seed)

    def restricted_delay(self, seed: int = 0) -> Interval:
        """Mean delay in weeks of all outbreaks, where a missed one counts `PATIENCE` weeks and a found one no more."""
        restricted = np.where(self.detected, np.minimum(self.delay, PATIENCE), PATIENCE)
        return self._ratio([restricted], [np.ones(self.series, dtype=np.int64)], seed)

    def _ratio(self, above: list[Integers], below: list[Integers], seed: int) -> Interval:
        numbers = np.column_stack([sum(above), sum(below)]).astype(np.float64)
        return bootstrap(numbers, lambda sums: sums[..., 0] / sums[..., 1], seed=seed)


def tally(alarm: Flags, quiet_alarm: Flags, outbreak: Flags) -> Tally:
    """Count alarms against the truth.

    Parameters
    ----------
    alarm : (S, W) bool
        Of the series with their outbreaks; a week without verdict is no alarm.
    quiet_alarm : (S, W) bool
        Of the same series without them.
    outbreak : (S, W) bool
        Weeks with at least one case of the outbreak.

    Raises
    ------
    ValueError
        Arrays of different shapes.

    Examples
    --------
    >>> outbreak = np.array([[False, True, True, False]])
    >>> found = tally(np.array([[False, False, True, True]]), np.array([[True, False, True, True]]), outbreak)
    >>> found.pod().value, found.mean_delay().value, found.ppv().value, found.false_alerts().value
    (1.0, 1.0, 0.5, 50.0)
    """
    if not alarm.shape == quiet_alarm.shape == outbreak.shape:
        raise ValueError(f"the shapes differ: {alarm.shape}, {quiet_alarm.shape}, {outbreak.shape}")
    return Tally(
        hits=(alarm & outbreak).sum(axis=1),
        misses=(~alarm & outbreak).sum(axis=1),
        false_alarms=(alarm & ~outbreak).sum(axis=1),
        rests=(~alarm & ~outbreak).sum(axis=1),
        quiet_alarms=quiet_alarm.sum(axis=1),
        quiet_alerts=alert_starts(quiet_alarm).sum(axis=1),
        weeks=outbreak.shape[1],
        delay=delays(alarm, outbreak),
    )
