"""Short-term forecast from a trend: what the next weeks bring if they go on as the last ones.

References
----------
McCullagh P., Nelder J. (1989): Generalized linear models, 2nd edition, chapter 6 (log-linear models, extra-Poisson
variance). Gneiting T., Raftery A. (2007): Strictly proper scoring rules, prediction, and estimation. Journal of the
American Statistical Association 102, 359-378 (interval forecasts and their coverage).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.verdicts import Reason
from detectors.likelihoods.loglinear import fit
from detectors.likelihoods.negative_binomial import tail

Floats = NDArray[np.float64]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
WEIGHTS /= WEIGHTS.sum()
"""Values that stand for a standard normal one, and their weights: Gauss and Hermite's, exact up to the 17th moment."""
WEEK = 7
WIDEST = 1.5
"""Standard deviation of a mean's logarithm from which it may be twenty times higher or lower: no forecast."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Cases of S series in the steps after the last one, (S, horizon) each, NaN where `reason` is not 0.

    `lower` and `upper` are counts: each future count lies between them, both included, with at least the level asked.
    """

    expected: Floats
    lower: Floats
    upper: Floats
    reason: NDArray[np.uint8]


def forecast_trend(
    counts: CountsLike,
    horizon: int,
    *,
    training: int = 56,
    trend: bool = True,
    weekday: bool = True,
    harmonics: int = 0,
    period: float = 365.25,
    level: float = 0.95,
    least_cases: int = 10,
) -> Prediction:
    """Forecast the next `horizon` steps by a log-linear regression with extra-Poisson variance.

    For planning a week or a month ahead, whatever the disease. A trend goes on growing at its rate: it knows no turn,
    and beyond a third of the training's length its interval is honest only if nothing changes. Prefer
    `forecast_renewal` where one person infects the next and the serial interval is known.

    Parameters
    ----------
    counts : (S, T)
        Complete counts: take the last steps from a nowcast, or leave them out. Missing ones are skipped.
    horizon : int
        Steps to forecast.
    training : int
        The last steps, that the regression learns from.
    trend : bool
        Whether the rate grows or falls exponentially, or stays.
    weekday : bool
        Whether each day of the week has its own factor; for daily steps.
    harmonics : int
        Pairs of sine and cosine of the year; they need a training of two years.
    period : float
        Steps of a year.
    level : float
        Of the interval.
    least_cases : int
        Cases in the training without which there is no forecast (TOO_FEW_CASES).

    Notes
    -----
    The counts are negative binomial with variance φ times the mean, φ >= 1 by Pearson's statistic; the logarithm of the
    mean is normal with the regression's error. A day whose mean is not known within a factor of twenty has no forecast
    (NO_BOUND): a weekday on which there never was a case.

    Examples
    --------
    >>> import numpy as np
    >>> weeks = np.tile([12, 10, 9, 11, 10, 4, 3], 8)
    >>> found = forecast_trend(weeks, 3)
    >>> found.expected.round(1), found.lower, found.upper
    (array([[12.1, 10.1,  9.1]]), array([[5., 4., 3.]]), array([[20., 18., 16.]]))
    """
    checked = Counts.of(counts)
    series, steps = checked.shape
    check.whole("horizon", horizon, least=1)
    check.whole("training", training, least=4)
    check.flag("trend", trend)
    check.flag("weekday", weekday)
    check.whole("harmonics", harmonics)
    check.number("period", period, above=1)
    check.probability("level", level)
    check.whole("least_cases", least_cases, least=1)
    if harmonics and training < 2 * period:
        raise check.ParameterError(f"training must be at least two periods where there are harmonics, not {training}")
    shape = (series, horizon)
    expected, lower, upper = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    reason = np.full(shape, Reason.TOO_LITTLE_HISTORY, dtype=np.uint8)
    design = _design(np.arange(-training, horizon), trend, weekday, harmonics, period)
    if steps < training or training <= design.shape[1]:
        return Prediction(expected, lower, upper, reason)
    past = checked.values[:, -training:].T.astype(np.float64)
    known = np.ones(past.shape, dtype=np.bool_)
    if checked.missing is not None:
        known = ~checked.missing[:, -training:].T
    with np.errstate(all="ignore"):
        fitted = fit(design[:training], past, known)
    enough = known.sum(axis=0) > design.shape[1] + 1
    busy = past.sum(axis=0) >= least_cases
    for row in range(series):
        if not enough[row]:
            reason[row] = Reason.MISSING_IN_BASELINE
        elif not busy[row]:
            reason[row] = Reason.TOO_FEW_CASES
        elif not fitted.converged[row]:
            reason[row] = Reason.DID_NOT_CONVERGE
        else:
            rows, counted = design[:training][known[:, row]], past[known[:, row], row]
            log_mean, error, ratio = _ahead(rows, counted, fitted.coefficients[:, row], design[training:])
            sure = error < WIDEST
            reason[row] = np.where(sure, Reason.JUDGED, Reason.NO_BOUND)
            means = np.exp(log_mean[sure, np.newaxis] + error[sure, np.newaxis] * NODES)
            expected[row, sure] = (means * WEIGHTS).sum(axis=1)
            lower[row, sure] = _quantile((1 - level) / 2, means, ratio)
            upper[row, sure] = _quantile((1 + level) / 2, means, ratio)
    return Prediction(expected, lower, upper, reason)


def _design(times: NDArray[np.int64], trend: bool, weekday: bool, harmonics: int, period: float) -> Floats:
    columns = [np.ones(times.size)]
    if trend:
        columns.append(times / WEEK)
    if weekday:
        columns += [(times % WEEK == day).astype(np.float64) for day in range(WEEK - 1)]
    for harmonic in range(1, harmonics + 1):
        angle = 2 * np.pi * harmonic / period * times
        columns += [np.cos(angle), np.sin(angle)]
    return np.column_stack(columns)


def _ahead(design: Floats, counts: Floats, coefficients: Floats, future: Floats) -> tuple[Floats, Floats, float]:
    """Logarithm of the future means, its standard error, and the ratio of variance to mean."""
    mean = np.maximum(np.exp(design @ coefficients), 1e-12)
    ratio = max(1.0, float(((counts - mean) ** 2 / mean).sum()) / (counts.size - design.shape[1]))
    information = design.T @ (mean[:, np.newaxis] * design)
    spread = np.sqrt(np.maximum(np.diag(information), 1e-300))
    # A column that the counts say nothing of has no information: its error is to come out large, not as a failure.
    inverse = np.linalg.pinv(information / np.outer(spread, spread), rcond=1e-12) / np.outer(spread, spread)
    variance = ratio * np.einsum("hp,pq,hq->h", future, inverse, future)
    return future @ coefficients, np.sqrt(np.maximum(variance, 0)), ratio


def _quantile(chance: float, means: Floats, ratio: float) -> Floats:
    """The least count whose distribution function, mixed over the means of each row, reaches `chance`."""
    ratios = np.full(means.size, ratio)

    def at_most(counts: Floats) -> Floats:
        above = tail(np.repeat(counts.astype(np.int64) + 1, NODES.size), means.ravel(), ratios)
        return np.asarray(1 - (above.reshape(means.shape) * WEIGHTS).sum(axis=1))

    low, high = np.full(means.shape[0], -1.0), np.ceil(means.max(axis=1)) + 1
    while (short := at_most(high) < chance).any():
        high[short] *= 2
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = at_most(np.maximum(middle, 0)) >= chance
        reached &= middle > low
        high = np.where(reached, middle, high)
        low = np.where(reached | (high - low <= 1), low, middle)
    return np.asarray(high)
