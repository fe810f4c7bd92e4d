"""Seeded series of the scenarios: endemic counts, past outbreaks in the baseline, one outbreak in the judged weeks.

A count is negative binomial with mean μ and variance φμ (Poisson for φ = 1). An outbreak of k standard deviations has
v ~ Poisson(k·√(φμ)) cases, μ that of its first week, drawn again while v < 2; each case falls ⌊LogNormal(0, ½)⌋ weeks
after the first.

References
----------
See :mod:`detectors.simulation.scenarios`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors.simulation.scenarios import BASELINE_FROM, JUDGED, JUDGED_FROM, SCENARIOS, WEEKS, Scenario

Integers = NDArray[np.int64]
Role = Literal["training", "test"]

PAST_SIZES = (0, 2, 3, 5, 10)
CURRENT_SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
PAST_OUTBREAKS = 4
SPREAD = 0.5
"""Standard deviation of the logarithm of a case's delay, in weeks."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Simulated series.

    Parameters
    ----------
    scenario : (S,) int
        Numbers 1 … 42.
    quiet : (S, 624) int64
        Endemic cases and those of past outbreaks.
    current : (S, 49) int64
        Cases of the current outbreak in the judged weeks.
    past_size, current_size : (S,) int
        k of the past outbreaks and of the current one.
    """

    scenario: Integers
    quiet: Integers
    current: Integers
    past_size: Integers
    current_size: Integers

    @property
    def counts(self) -> Integers:
        """The series as an office would see them, with the current outbreak."""
        counts = self.quiet.copy()
        counts[:, JUDGED_FROM:] += self.current
        return counts

    @property
    def outbreak(self) -> NDArray[np.bool_]:
        """The judged weeks that hold a case of the current outbreak."""
        return self.current > 0


def generate(replicates: int, *, seed: int, role: Role, scenarios: Sequence[Scenario] = SCENARIOS) -> Batch:
    """Draw `replicates` series of each scenario.

    Parameters
    ----------
    replicates : int
        Series a scenario, at least 1.
    seed : int
        Each scenario has a stream of its own, so that a part of the scenarios gives the same series as all of them.
    role : "training" or "test"
        The two never share a stream.

    Raises
    ------
    ValueError
        Fewer than one replicate.

    Examples
    --------
    >>> one, two = (generate(2, seed=3, role="test", scenarios=SCENARIOS[:n]) for n in (1, 3))
    >>> bool((one.counts == two.counts[:2]).all())
    True
    """
    if replicates < 1:
        raise ValueError(f"replicates must be at least 1, not {replicates}")
    parts = [_draw(scenario, replicates, seed, role) for scenario in scenarios]
    return Batch(
        np.repeat([scenario.number for scenario in scenarios], replicates),
        np.vstack([part.quiet for part in parts]),
        np.vstack([part.current for part in parts]),
        np.concatenate([part.past_size for part in parts]),
        np.concatenate([part.current_size for part in parts]),
    )


def _draw(scenario: Scenario, series: int, seed: int, role: Role) -> Batch:
    random = np.random.default_rng([seed, ("training", "test").index(role), scenario.number])
    mean, ratio = scenario.mean(), scenario.dispersion
    shape = (series, WEEKS)
    quiet = (
        random.poisson(mean, shape) if ratio == 1 else random.negative_binomial(mean / (ratio - 1), 1 / ratio, shape)
    )
    quiet = quiet.astype(np.int64)
    deviation = np.sqrt(ratio * mean)
    past_size = random.choice(PAST_SIZES, series)
    with_past = np.flatnonzero(past_size)
    order = random.random((with_past.size, JUDGED_FROM - BASELINE_FROM)).argsort(axis=1)
    starts = BASELINE_FROM + order[:, :PAST_OUTBREAKS].ravel()
    rows = np.repeat(with_past, PAST_OUTBREAKS)
    cases = outbreak_sizes(past_size[rows] * deviation[starts], random)
    _place(quiet, rows, starts, cases, JUDGED_FROM, random)
    current_size = random.choice(CURRENT_SIZES, series)
    current = np.zeros((series, JUDGED), dtype=np.int64)
    # An outbreak whose cases all fall behind the last week is drawn again: there would be nothing to find.
    empty = np.arange(series)
    while empty.size:
        current_size[empty] = random.choice(CURRENT_SIZES, empty.size)
        starts = random.integers(0, JUDGED, empty.size)
        cases = outbreak_sizes(current_size[empty] * deviation[JUDGED_FROM + starts], random)
        _place(current, empty, starts, cases, JUDGED, random)
        empty = empty[~current[empty].any(axis=1)]
    return Batch(np.full(series, scenario.number), quiet, current, past_size, current_size)


def outbreak_sizes(mean: NDArray[np.float64], random: np.random.Generator) -> Integers:
    """Poisson numbers of cases, each drawn again while it is below 2."""
    sizes = random.poisson(mean)
    small = np.flatnonzero(sizes < 2)
    while small.size:
        sizes[small] = random.poisson(mean[small])
        small = small[sizes[small] < 2]
    return np.asarray(sizes, dtype=np.int64)


def _place(
    counts: Integers, rows: Integers, starts: Integers, cases: Integers, end: int, random: np.random.Generator
) -> None:
    """Add each outbreak's cases to its row; those at or behind the column `end` are lost."""
    delay = np.floor(random.lognormal(0, SPREAD, int(cases.sum()))).astype(np.int64)
    row, week = np.repeat(rows, cases), np.repeat(starts, cases) + delay
    kept = week < end
    np.add.at(counts, (row[kept], week[kept]), 1)
