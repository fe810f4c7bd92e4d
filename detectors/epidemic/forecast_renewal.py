"""Short-term forecast from infection to infection: the cases of today make those of the next weeks.

References
----------
Cori A. et al. (2013): A new framework and software to estimate time-varying reproduction numbers during epidemics.
American Journal of Epidemiology 178, 1505-1512. Nouvellet P. et al. (2018): A simple approach to measure
transmissibility and forecast incidence. Epidemics 22, 29-35.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from detectors.epidemic.forecast_trend import Prediction
from detectors.epidemic.reproduction_number import estimate
from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.verdicts import Reason

Floats = NDArray[np.float64]
PRIOR_SHAPE = 1.0
EXPLODED = 1e9
"""Above so many cases a step a path grows no further: nobody plans for them."""


def forecast_renewal(
    counts: CountsLike,
    interval: Floats,
    horizon: int,
    *,
    window: int = 7,
    scatter: float = 1.0,
    level: float = 0.95,
    paths: int = 1000,
    seed: int = 1,
) -> Prediction:
    """Forecast the next `horizon` steps by the renewal equation, at the R of the last `window` steps.

    For diseases that pass from person to person, as long as R stays: behaviour, measures and immunity are not in it, so
    that two or three serial intervals are as far as it sees. Prefer `forecast_trend` where cases come from elsewhere or
    the serial interval is not known.

    Parameters
    ----------
    counts : (S, T)
        Complete counts: take the last steps from a nowcast, or leave them out. The last `window` steps and a serial
        interval before them must be known (MISSING_IN_BASELINE).
    interval : (L+1,)
        Probabilities of 0 … L steps between onsets: see `reproduction_number.serial_interval`.
    horizon : int
        Steps to forecast.
    window : int
        Steps whose R goes on.
    scatter : float
        Variance of a step's cases over their mean, given R; 1 is Poisson. Superspreading and weekdays make it larger.
    level : float
        Of the interval.
    paths : int
        Epidemics that are drawn for each series.
    seed : int
        Of the draws. Every series is drawn by itself, so that it has the same forecast alone and among others.

    Raises
    ------
    ValueError
        Counts that are no counts, or an interval that is no distribution.

    Examples
    --------
    >>> import numpy as np
    >>> doubling = np.array([[1, 2, 4, 8, 16, 32, 64, 128]])
    >>> found = forecast_renewal(doubling, np.array([0.0, 1.0]), 2, window=3)
    >>> found.expected.round(-1), found.lower.round(-1), found.upper.round(-1)
    (array([[260., 520.]]), array([[210., 380.]]), array([[310., 680.]]))
    """
    checked = Counts.of(counts)
    series, steps = checked.shape
    check.whole("horizon", horizon, least=1)
    check.number("scatter", scatter, least=1)
    check.whole("paths", paths, least=40)
    check.whole("seed", seed)
    shape = (series, horizon)
    expected, lower, upper = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    reason = np.full(shape, Reason.TOO_LITTLE_HISTORY, dtype=np.uint8)
    if not steps:
        return Prediction(expected, lower, upper, reason)
    now = estimate(checked, interval, first=steps - 1, window=window, level=level, prior_shape=PRIOR_SHAPE)
    reason[:] = now.reason
    tails = (1 - level) / 2
    recent = checked.values[:, max(0, steps - interval.size + 1) :]
    cases = checked.values[:, -window:].sum(axis=1)
    for row in np.flatnonzero(now.reason[:, 0] == Reason.JUDGED):
        # Counts that scatter more than Poisson ones say as much less about R.
        shape_of_r = (PRIOR_SHAPE + float(cases[row])) / scatter
        chance = (np.arange(paths) + 0.5) / paths
        r = gammaincinv(shape_of_r, chance) * now.mean[row, 0] / shape_of_r
        drawn = _draw(recent[row].astype(np.float64), interval, r, horizon, scatter, seed)
        expected[row] = drawn.mean(axis=0)
        lower[row], upper[row] = np.quantile(drawn, [tails, 1 - tails], axis=0, method="inverted_cdf")
    return Prediction(expected, lower, upper, reason)


def _draw(recent: Floats, interval: Floats, r: Floats, horizon: int, scatter: float, seed: int) -> Floats:
    """Cases of the next steps, (paths, horizon), one path for each R."""
    random = np.random.default_rng(seed)
    history = np.zeros((r.size, interval.size - 1 + horizon))
    history[:, interval.size - 1 - recent.size : interval.size - 1] = recent
    for step in range(horizon):
        today = interval.size - 1 + step
        pressure = np.zeros(r.size)
        for lag in range(1, interval.size):
            pressure += interval[lag] * history[:, today - lag]
        mean = np.minimum(r * pressure, EXPLODED)
        if scatter > 1:
            mean = random.gamma(mean / (scatter - 1) + 1e-300, scatter - 1)
        history[:, today] = random.poisson(mean)
    return history[:, interval.size - 1 :]
