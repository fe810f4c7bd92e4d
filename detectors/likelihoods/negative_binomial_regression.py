"""Log-linear negative-binomial regression of one series, with its dispersion given or fitted by maximum likelihood.

References
----------
Venables W., Ripley B. (2002): Modern Applied Statistics with S, 4th edition, section 7.4.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

from detectors.likelihoods import loglinear
from detectors.likelihoods.loglinear import ITERATIONS, SMALLEST_MEAN, TOLERANCE

Floats = NDArray[np.float64]
LARGEST_SIZE = 1e9
"""Counts that vary no more than Poisson ones have no finite size: from here on they are taken as such."""
SIZE_TOLERANCE = float(np.finfo(np.float64).eps) ** 0.25


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def fit(design: Floats, counts: Floats, dispersion: float | None) -> tuple[Floats, float]:
    """Coefficients (p) and dispersion α of the variance m + α·m², given or fitted; NaN where the steps ran away.

    The two are fitted in turn. Steps start and stop as in R's `glm.nb`: away from a canonical link the steps come
    nearer by a constant factor only, so that where they stop shows in the seventh digit.
    """
    if dispersion:
        return _reweighted(design, counts, np.log(counts + (counts == 0) / 6), 1 / dispersion), dispersion
    coefficients = loglinear.fit(design, counts[:, np.newaxis]).coefficients[:, 0]
    if dispersion == 0:
        return coefficients, 0.0
    mean = np.maximum(np.exp(design @ coefficients), SMALLEST_MEAN)
    size = _size(counts, mean)
    unit = np.sqrt(2 * max(1, counts.size - design.shape[1]))
    likelihood, moved = _log_likelihood(counts, mean, size), np.inf
    for _ in range(ITERATIONS):
        if moved <= TOLERANCE:
            break
        coefficients = _reweighted(design, counts, np.log(mean), size)
        if not np.isfinite(coefficients).all():
            return coefficients, np.nan
        before, size = size, _size(counts, mean)
        mean = np.maximum(np.exp(design @ coefficients), SMALLEST_MEAN)
        last, likelihood = likelihood, _log_likelihood(counts, mean, size)
        moved = abs(last - likelihood) / unit + abs(before - size)
    return coefficients, 1 / size if size < LARGEST_SIZE else 0.0


def _log_likelihood(counts: Floats, mean: Floats, size: float) -> float:
    terms = gammaln(size + counts) - gammaln(size) - gammaln(counts + 1) + size * np.log(size)
    return float((terms + counts * np.log(mean) - (size + counts) * np.log(size + mean)).sum())


def _deviance(counts: Floats, mean: Floats, size: float) -> float:
    terms = counts * np.log(np.maximum(counts, 1) / mean)
    return float(2 * (terms - (counts + size) * np.log((counts + size) / (mean + size))).sum())


def _reweighted(design: Floats, counts: Floats, eta: Floats, size: float) -> Floats:
    """The coefficients at this size, from the start `eta`; NaN where a mean on the way is beyond all numbers."""
    mean = np.maximum(np.exp(eta), SMALLEST_MEAN)
    coefficients, before = np.zeros(design.shape[1]), _deviance(counts, mean, size)
    for _ in range(ITERATIONS):
        root = np.sqrt(mean / (1 + mean / size))
        target = root * (eta + (counts - mean) / mean)
        if not (np.isfinite(root).all() and np.isfinite(target).all()):
            return np.full(design.shape[1], np.nan)
        coefficients = np.asarray(np.linalg.lstsq(root[:, np.newaxis] * design, target, rcond=1e-11)[0])
        eta = design @ coefficients
        mean = np.maximum(np.exp(eta), SMALLEST_MEAN)
        now = _deviance(counts, mean, size)
        if abs(now - before) / (abs(now) + 0.1) < TOLERANCE:
            break
        before = now
    return coefficients


def _size(counts: Floats, mean: Floats) -> float:
    """Maximum-likelihood size (1/α) at given means, by Newton's steps from the moment estimate."""
    size, step = counts.size / max(float(((counts / mean - 1) ** 2).sum()), counts.size / LARGEST_SIZE), 1.0
    for _ in range(ITERATIONS - 1):
        if abs(step) <= SIZE_TOLERANCE:
            break
        size = abs(size)
        score = digamma(size + counts) - digamma(size) + np.log(size) + 1
        score = float((score - np.log(size + mean) - (counts + size) / (mean + size)).sum())
        bend = polygamma(1, size) - polygamma(1, size + counts) - 1 / size
        information = float((bend + 2 / (mean + size) - (counts + size) / (mean + size) ** 2).sum())
        if size >= LARGEST_SIZE or information == 0:
            break
        step = score / information
        size += step
    return min(max(size, SMALLEST_MEAN), LARGEST_SIZE)
