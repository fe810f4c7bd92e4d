"""How rarely chance does as well: Monte Carlo p-values, by rank or by a Gumbel distribution."""

import math

import numpy as np
from numpy.typing import NDArray

from detectors.space_time.null_model import Floats

_TIE = 1e-9
"""Ratios that differ by less, relatively, are the same: equal cylinders summed in another order. A tie counts against
the cluster."""


def rank_p_value(ratio: float, maxima: Floats) -> float:
    """(1 + replicates that do as well) / (1 + replicates), exact whatever the number of replicates.

    References
    ----------
    Dwass M. (1957): Modified randomization tests for nonparametric hypotheses. Annals of Mathematical Statistics 28,
    181-187.
    """
    return (1 + int(np.count_nonzero(as_well(ratio, maxima)))) / (1 + maxima.size)


def as_well(ratio: float, maxima: Floats) -> NDArray[np.bool_]:
    """Which of the maxima reach a ratio."""
    return maxima >= ratio * (1 - _TIE)


def gumbel_p_value(ratio: float, maxima: Floats) -> float:
    """The tail of the Gumbel distribution with the mean and the variance of the maxima.

    Finer than 1 / (1 + replicates), for recurrence intervals of years from a thousand replicates; an approximation.
    Where the maxima do not vary there is no such distribution, and the rank answers.

    References
    ----------
    Abrams A. M., Kleinman K., Kulldorff M. (2010): Gumbel based p-value approximations for spatial scan statistics.
    International Journal of Health Geographics 9, 61.
    """
    deviation = float(maxima.std(ddof=1)) if maxima.size > 1 else 0.0
    if deviation == 0:
        return rank_p_value(ratio, maxima)
    scale = deviation * math.sqrt(6) / math.pi
    mode = float(maxima.mean()) - np.euler_gamma * scale
    return -math.expm1(-math.exp(-(ratio - mode) / scale))
