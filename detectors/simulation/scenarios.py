"""The 42 published scenarios: seven kinds of series, each with and without trend and with zero to two seasonal waves.

References
----------
Noufaily A. et al. (2013): An improved algorithm for outbreak detection in multiple surveillance systems. Statistics in
Medicine 32, 1206-1222. Bédubourg G., Le Strat Y. (2017): Evaluation and comparison of statistical methods for early
temporal detection of outbreaks: a simulation-based study. PLoS ONE 12, e0181227.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

YEAR = 52
WEEKS = 624
"""Weeks of a series: six years that nobody looks at, five of baseline, and the last 49 weeks, which are judged."""
BASELINE_FROM = 312
JUDGED_FROM = 575
"""The first judged column; the weeks are numbered from 1, the columns from 0."""
JUDGED = WEEKS - JUDGED_FROM


@dataclass(frozen=True, slots=True)
class Scenario:
    """The mean and the dispersion of a weekly series.

    Parameters
    ----------
    number : int
        1 … 42.
    kind : int
        Parameter set 1 … 7.
    trend : bool
        Whether `beta` is used.
    waves : int
        Harmonics of the year, 0 … 2; each has the same two coefficients.
    theta, beta, gamma1, gamma2 : float
        Logarithm of the level, growth a week, coefficients of cosine and sine.
    dispersion : float
        φ: the variance is φ times the mean.

    Examples
    --------
    >>> SCENARIOS[41].number, SCENARIOS[41].kind, SCENARIOS[41].trend, SCENARIOS[41].waves
    (42, 7, True, 2)
    >>> round(float(SCENARIOS[0].mean()[0]), 3)
    1.105
    """

    number: int
    kind: int
    trend: bool
    waves: int
    theta: float
    beta: float
    gamma1: float
    gamma2: float
    dispersion: float

    def mean(self) -> NDArray[np.float64]:
        """Expected cases in the weeks 1 … 624, without outbreaks."""
        weeks = np.arange(1, WEEKS + 1, dtype=np.float64)
        logarithm = np.full(WEEKS, self.theta)
        if self.trend:
            logarithm += self.beta * weeks
        for wave in range(1, self.waves + 1):
            angle = 2 * np.pi * wave * weeks / YEAR
            logarithm += self.gamma1 * np.cos(angle) + self.gamma2 * np.sin(angle)
        return np.asarray(np.exp(logarithm))


_KINDS = (
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
)

SCENARIOS = tuple(
    Scenario(6 * kind + 3 * trend + waves + 1, kind + 1, bool(trend), waves, *numbers)
    for kind, numbers in enumerate(_KINDS)
    for trend in (0, 1)
    for waves in (0, 1, 2)
)

LEVELS: dict[str, tuple[int, ...]] = {
    "rare": (2,),
    "few": (1, 4),
    "moderate": (3, 5),
    "many": (6, 7),
}
"""The parameter sets by how many cases a week they have."""

CASES = {"rare": "0.1-3", "few": "1-6", "moderate": "4-33", "many": "43-158"}
"""Mean cases in a judged week, from the least scenario of a class to the greatest."""
