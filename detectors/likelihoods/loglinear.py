"""Log-linear Poisson regression of many series on one design, by iteratively reweighted least squares.

Every sum runs over the steps in one order and every array has one fixed width, so that a series has the same
coefficients, bit for bit, alone and in a batch: no matrix product crosses series.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WIDTH = 64
"""Series at once; the last ones are filled up with empty columns."""
SMALLEST_MEAN = float(np.finfo(np.float64).eps)
"""R's floor of the inverse log link: without it all-zero counts end in a division by zero."""
TOLERANCE, ITERATIONS = 1e-8, 25


class Fit(NamedTuple):
    """Coefficients (p, C) and whether the deviance settled within the iterations (C)."""

    coefficients: Floats
    converged: NDArray[np.bool_]

    def mean(self, design: Floats) -> Floats:
        """Means (m, C) at other rows (m, p) of the design."""
        eta = np.zeros((design.shape[0], self.coefficients.shape[1]))
        for column, coefficient in zip(design.T, self.coefficients, strict=True):
            eta += column[:, np.newaxis] * coefficient
        return np.asarray(np.maximum(np.exp(eta), SMALLEST_MEAN))


def seasonal_design(times: NDArray[np.int64], period: int, *, harmonics: int = 1, trend: bool = False) -> Floats:
    """Intercept, trend if wanted, and a cosine and a sine for each harmonic: (n, p)."""
    columns = [np.ones(times.size)]
    if trend:
        columns.append(times.astype(np.float64))
    for harmonic in range(1, harmonics + 1):
        angle = 2 * harmonic * np.pi / period * times
        columns += [np.cos(angle), np.sin(angle)]
    return np.column_stack(columns)


def fit(design: Floats, counts: Floats, known: NDArray[np.bool_] | None = None) -> Fit:
    """Fit each column of `counts` (n, C) on the design (n, p); rows that are not `known` do not count.

    Starts and stops as R's `glm`: from the counts plus 0.1, until the deviance moves by less than 1e-8 of itself, at
    most 25 times.
    """
    total = counts.shape[1]
    coefficients = np.empty((design.shape[1], total))
    converged = np.empty(total, dtype=np.bool_)
    for left in range(0, total, WIDTH):
        part = slice(left, min(left + WIDTH, total))
        size = part.stop - left
        padded = np.zeros((counts.shape[0], WIDTH))
        padded[:, :size] = counts[:, part]
        weight = np.ones_like(padded)
        if known is not None:
            weight[:, :size] = known[:, part]
        found = _fit_block(design, padded * weight, weight)
        coefficients[:, part] = found.coefficients[:, :size]
        converged[part] = found.converged[:size]
    return Fit(coefficients, converged)


def deviance(counts: Floats, mean: Floats, eta: Floats, weight: Floats) -> Floats:
    """Poisson deviance of each column."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(counts > 0, counts * (np.log(np.maximum(counts, 1e-300)) - eta), 0.0)
    return np.asarray(2 * np.add.reduce(weight * (logs - (counts - mean)), axis=0))


def _fit_block(design: Floats, counts: Floats, weight: Floats) -> Fit:
    width, terms = counts.shape[1], design.shape[1]
    mean = counts + 0.1
    eta = np.log(mean)
    before = deviance(counts, mean, eta, weight)
    coefficients = np.zeros((terms, width))
    converged = np.zeros(width, dtype=np.bool_)
    for _ in range(ITERATIONS):
        working = weight * mean
        target = eta + (counts - mean) / mean
        response = working * target
        normal = np.empty((width, terms, terms))
        right = np.empty((width, terms, 1))
        for i in range(terms):
            column = design[:, i, np.newaxis]
            right[:, i, 0] = np.add.reduce(column * response, axis=0)
            for j in range(i + 1):
                sums = np.add.reduce(column * design[:, j, np.newaxis] * working, axis=0)
                normal[:, i, j] = normal[:, j, i] = sums
        fresh = _solve(design, working, target, normal, right)
        moving = ~converged
        coefficients[:, moving] = fresh[:, moving]
        eta = np.zeros_like(counts)
        for i in range(terms):
            eta += design[:, i, np.newaxis] * coefficients[i]
        mean = np.maximum(np.exp(eta), SMALLEST_MEAN)
        now = deviance(counts, mean, eta, weight)
        converged |= np.abs(now - before) / (np.abs(now) + 0.1) < TOLERANCE
        before = now
        if converged.all():
            break
    return Fit(coefficients, converged)


def _solve(design: Floats, working: Floats, target: Floats, normal: Floats, right: Floats) -> Floats:
    """One small system a series; an ill-conditioned one goes back to the weighted design, without squaring it."""
    scale = np.sqrt(np.maximum(np.einsum("cii->ci", normal), 1e-300))
    scaled = normal / (scale[:, :, np.newaxis] * scale[:, np.newaxis, :])
    finite = np.isfinite(scaled).all(axis=(1, 2))
    scaled[~finite] = np.eye(design.shape[1])
    regular = np.linalg.cond(scaled) < 1e6
    solution = np.zeros_like(right)
    solution[regular] = np.linalg.solve(scaled[regular], right[regular] / scale[regular, :, np.newaxis])
    solution /= scale[:, :, np.newaxis]
    for series in np.flatnonzero(~regular):
        root = np.sqrt(working[:, series])
        # R's tolerance for a column that the others already say.
        found = np.linalg.lstsq(root[:, np.newaxis] * design, root * target[:, series], rcond=1e-11)
        solution[series, :, 0] = found[0]
    return np.asarray(solution[:, :, 0].T)
