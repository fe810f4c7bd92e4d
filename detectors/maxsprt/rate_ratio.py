"""Exact rate ratio of two Poisson counts: exposed against unexposed, this year against last year.

References
----------
Clopper C., Pearson E. (1934): The use of confidence or fiducial limits illustrated in the case of the binomial.
Biometrika 26, 404-413. Rothman K., Greenland S., Lash T. (2008): Modern epidemiology, 3rd edition, chapter 14.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv

from detectors.judging import parameters as check
from detectors.judging.counts import Counts
from detectors.judging.verdicts import Reason

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RateRatio:
    """Ratios with exact limits, NaN where `reason` (codes of :class:`Reason`) is not 0.

    `p_value` is P(so many exposed cases or more | all cases, equal rates); a ratio whose unexposed cases are none is
    infinite, as is its upper limit.
    """

    ratio: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    reason: NDArray[np.uint8]


def rate_ratio(exposed: ArrayLike, unexposed: ArrayLike, time_ratio: ArrayLike, *, level: float = 0.95) -> RateRatio:
    """Rate among the exposed over that among the unexposed, by conditioning on all cases.

    For one look at a finished period. Looked at again and again its level is spent: use `maxsprt_binomial`.

    Parameters
    ----------
    exposed, unexposed : (S, T) or (T,)
        Cases.
    time_ratio : float, or an array that broadcasts to (S, T)
        Unexposed time (or persons) for each unit of exposed time.
    level : float
        Of the central interval; that of Clopper and Pearson, which covers at least so often.

    Raises
    ------
    ValueError
        Counts that are no counts, of different shapes, or a time ratio that is not above 0.

    Examples
    --------
    >>> found = rate_ratio([12], [10], 3.0)
    >>> [round(float(part[0, 0]), 2) for part in (found.lower, found.ratio, found.upper)]
    [1.43, 3.6, 9.3]
    """
    check.probability("level", level)
    cases, others = Counts.of(exposed), Counts.of(unexposed)
    if cases.shape != others.shape:
        raise ValueError(f"exposed and unexposed must have one shape, not {cases.shape} and {others.shape}")
    times = np.broadcast_to(np.asarray(time_ratio, dtype=np.float64), cases.shape)
    if not (np.isfinite(times) & (times > 0)).all():
        raise ValueError("time_ratio must be numbers above 0")
    x, rest = cases.values.astype(np.float64), others.values.astype(np.float64)
    tails = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(x > 0, betaincinv(np.maximum(x, 1), rest + 1, tails), 0.0)
        high = np.where(rest > 0, betaincinv(x + 1, np.maximum(rest, 1), 1 - tails), 1.0)
        ratio, lower, upper = x / rest * times, low / (1 - low) * times, high / (1 - high) * times
    p_value = np.where(x > 0, betainc(np.maximum(x, 1), rest + 1, 1 / (1 + times)), 1.0)
    reason = np.where(x + rest == 0, Reason.TOO_FEW_CASES, Reason.JUDGED).astype(np.uint8)
    for missing in (cases.missing, others.missing):
        if missing is not None:
            reason[missing] = Reason.NOT_OBSERVED
    for part in (ratio, lower, upper, p_value):
        part[reason != Reason.JUDGED] = np.nan
    return RateRatio(ratio, lower, upper, p_value, reason)
