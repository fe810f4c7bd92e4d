"""Upper bounds of a forecast: by a power transform, or by the negative binomial that the forecast implies."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import norm

from detectors.farrington.overdispersed_forecast import Forecast
from detectors.likelihoods.negative_binomial import least_rare, tail

Floats = NDArray[np.float64]
POWERS = {"none": 1.0, "1/2": 0.5, "2/3": 2 / 3}
BEYOND_COUNTS = 1e15


class Bound(NamedTuple):
    """Bound and P(Y >= y) of each cell, NaN where a forecast is infinite; `centre` is what R's score starts from."""

    upper: Floats
    p_value: Floats
    centre: Floats


def by_power(forecast: Forecast, counts: NDArray[np.int64], alpha: float, power: str) -> Bound:
    """Normal on the scale of a power of the count ("2/3" makes a Poisson count symmetric); `alpha` is one-sided."""
    mean, exponent = forecast.mean, POWERS[power]
    error = forecast.error * mean
    dispersion = forecast.phi + error**2 / mean
    deviation = {
        "none": np.sqrt(mean * dispersion),
        "1/2": np.sqrt(dispersion / 4),
        "2/3": np.sqrt(4 / 9 * np.cbrt(mean) * dispersion),
    }[power]
    middle = mean**exponent
    upper = (middle + norm.isf(alpha) * deviation) ** (1 / exponent)
    p_value = ndtr((middle - counts.astype(np.float64) ** exponent) / deviation)
    return Bound(upper, p_value, mean)


def by_negative_binomial(forecast: Forecast, counts: NDArray[np.int64], alpha: float, *, mean_quantile: bool) -> Bound:
    """Quantile of the count at the forecast mean, or (`mean_quantile`) at the upper limit of that mean itself."""
    mean = np.exp(forecast.eta + (norm.isf(alpha) * forecast.error if mean_quantile else 0.0))
    finite = mean < BEYOND_COUNTS
    upper, p_value = np.full(mean.shape, np.nan), np.full(mean.shape, np.nan)
    upper[finite] = least_rare(mean[finite], forecast.phi[finite], alpha) - 1
    p_value[finite] = tail(counts[finite], mean[finite], forecast.phi[finite])
    return Bound(upper, p_value, forecast.eta)
