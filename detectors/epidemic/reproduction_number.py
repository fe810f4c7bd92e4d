"""R_t: how many each case infects, with its interval.

References
----------
Cori A. et al. (2013): A new framework and software to estimate time-varying reproduction numbers during epidemics.
American Journal of Epidemiology 178, 1505-1512.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.verdicts import Reason
from detectors.judging.windows import prefix_sums, window_sums

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Estimates of S series at the steps `first` … T-1, NaN where `reason` (codes of :class:`Reason`) is not 0."""

    mean: Floats
    lower: Floats
    upper: Floats
    reason: NDArray[np.uint8]


def serial_interval(mean: float, deviation: float, longest: int) -> Floats:
    """Probabilities of 0 … `longest` days between the onsets of a case and of those it infects.

    A gamma distribution shifted by a day, so that nobody infects on the day of his own onset, by Cori's discretisation.

    Parameters
    ----------
    mean, deviation : float
        Days, the mean above 1.
    longest : int
        Days after which the rest, which should be negligible, is cut off; the probabilities then add up to 1.
    """
    check.number("mean", mean, above=1)
    check.number("deviation", deviation, above=0)
    check.whole("longest", longest, least=1)
    shape, scale = ((mean - 1) / deviation) ** 2, deviation**2 / (mean - 1)
    days = np.arange(longest + 1, dtype=np.float64)

    def below(day: Floats, shape: float) -> Floats:
        return np.asarray(gammainc(shape, np.maximum(day, 0) / scale))

    chance = days * below(days, shape) + (days - 2) * below(days - 2, shape) - 2 * (days - 1) * below(days - 1, shape)
    further = 2 * below(days - 1, shape + 1) - below(days - 2, shape + 1) - below(days, shape + 1)
    chance = np.maximum(chance + shape * scale * further, 0)
    chance[0] = 0.0
    return np.asarray(chance / chance.sum())


def estimate(
    counts: CountsLike,
    interval: Floats,
    *,
    first: int = 0,
    window: int = 7,
    level: float = 0.95,
    prior_shape: float = 1.0,
    prior_scale: float = 5.0,
) -> Reproduction:
    """R over the last `window` steps, as a gamma posterior.

    Use it on cases by onset day, or by report day where onset is not known, and not on the last days before they are
    complete: what is not reported yet looks like a falling R.

    Parameters
    ----------
    counts : (S, T)
        New cases a step.
    interval : (L+1,)
        Probabilities of 0 … L steps between onsets, the first of them 0: see `serial_interval`.
    first : int
        The first estimated column.
    window : int
        Steps over which R is taken as one.
    level : float
        Of the central interval.
    prior_shape, prior_scale : float
        The prior of R: by default with mean and deviation 5, so that a low R must be shown by data.

    Raises
    ------
    ValueError
        `first` outside 0 … T, an interval that is no distribution, or counts that are no counts.

    Examples
    --------
    >>> import numpy as np
    >>> doubling = np.array([[1, 2, 4, 8, 16, 32, 64, 128]])
    >>> found = estimate(doubling, np.array([0.0, 1.0]), first=7, window=3)
    >>> [round(float(part[0, 0]), 2) for part in (found.lower, found.mean, found.upper)]
    [1.75, 2.01, 2.28]
    """
    checked = Counts.of(counts)
    series, steps = checked.shape
    check.whole("window", window, least=1)
    check.probability("level", level)
    check.number("prior_shape", prior_shape, above=0)
    check.number("prior_scale", prior_scale, above=0)
    if not 0 <= first <= steps:
        raise ValueError(f"first must lie between 0 and {steps}, not {first}")
    if interval.ndim != 1 or interval[0] != 0 or (interval < 0).any() or abs(float(interval.sum()) - 1) > 1e-9:
        raise ValueError("interval must be probabilities that add up to 1, the first of them 0")
    pressure = np.zeros((series, steps))
    for lag in range(1, min(interval.size, steps)):
        pressure[:, lag:] += interval[lag] * checked.values[:, : steps - lag]
    shape = prior_shape + window_sums(prefix_sums(checked.values), first, length=window)
    rate = np.zeros((series, steps - first)) + 1 / prior_scale
    for back in range(window):
        left = max(first - back, 0)
        part = pressure[:, left : max(steps - back, left)]
        rate[:, rate.shape[1] - part.shape[1] :] += part
    tails = (1 - level) / 2
    mean, lower, upper = shape / rate, gammaincinv(shape, tails) / rate, gammaincinv(shape, 1 - tails) / rate
    reason = np.zeros((series, steps - first), dtype=np.uint8)
    reason[:, : max(0, min(window - first, steps - first))] = Reason.TOO_LITTLE_HISTORY
    reason[(rate <= 1 / prior_scale) & (reason == Reason.JUDGED)] = Reason.TOO_FEW_CASES
    if checked.missing is not None:
        needed = window + interval.size - 1
        hidden = window_sums(prefix_sums(checked.missing), first, length=needed) > 0
        reason[hidden & (reason == Reason.JUDGED)] = Reason.MISSING_IN_BASELINE
    for part in (mean, lower, upper):
        part[reason != Reason.JUDGED] = np.nan
    return Reproduction(mean, lower, upper, reason)
