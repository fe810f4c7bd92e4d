"""The fit that Farrington's methods share: past outbreaks weighted down, a trend where it is real, a forecast."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from detectors.farrington.grouped_design import LANES, Counted, Design, Prior, filled
from detectors.farrington.grouped_regression import Fitted, fit
from detectors.farrington.grouped_steps import Start
from detectors.likelihoods.loglinear import SMALLEST_MEAN

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rules:
    """How a fit is judged.

    `published_dispersion`: after reweighting take the dispersion for trend and standard error from the prior weights,
    as R's `farringtonFlexible` does by overwriting its model's weights; otherwise Pearson's. `clipped_error`: standard
    errors use the dispersion not below 1. `ignores_convergence`: a fit without trend is used as it stands.
    """

    trend: bool
    years_back: int
    reweight: bool
    weights_threshold: float
    p_trend: float
    published_dispersion: bool
    clipped_error: bool
    ignores_convergence: bool = False


@dataclass(slots=True)
class Forecast:
    """For C cells: linear predictor and its standard error, dispersion (at least 1), slope and whether it was kept."""

    eta: Floats
    error: Floats
    phi: Floats
    slope: Floats
    trend: Flags
    converged: Flags

    @property
    def mean(self) -> Floats:
        """The expected count."""
        return np.asarray(np.maximum(np.exp(self.eta), SMALLEST_MEAN))


FORECAST = ("eta", "error", "phi", "slope", "trend", "converged")


@dataclass(slots=True)
class Cells:
    """What is known of C cells of one design: rows (n, C), which of them are known (1 or 0), and their now."""

    rows: Counted
    known: Floats
    time_now: Floats
    offset_now: Floats | None

    def some(self, which: NDArray[np.int64]) -> "Cells":
        """A part of the cells."""
        return Cells(
            self.rows.some(which),
            np.ascontiguousarray(self.known[:, which]),
            self.time_now[which],
            None if self.offset_now is None else self.offset_now[which],
        )


def forecast(design: Design, cells: Cells, rules: Rules) -> Forecast:
    """Fit and forecast; the trend is dropped where it did not converge, is not significant or extrapolates."""
    size = cells.time_now.size
    result = _forecast(design, cells if size % LANES == 0 else cells.some(filled(np.arange(size))), rules)
    return Forecast(*(getattr(result, name)[:size] for name in FORECAST))


def _forecast(design: Design, cells: Cells, rules: Rules) -> Forecast:
    start = Start.of(design, cells.rows, cells.known)
    if not rules.trend:
        result = _fit(design, cells, start, rules, trend=False)[0]
        result.converged |= rules.ignores_convergence
        return result
    result, p_value = _fit(design, cells, start, rules, trend=True)
    highest = cells.rows.counts.max(axis=0)
    with np.errstate(invalid="ignore"):
        kept = result.converged & (p_value < rules.p_trend) & (result.mean <= highest) & (rules.years_back >= 3)
    dropped = np.flatnonzero(~kept)
    if dropped.size:
        which = filled(dropped)
        without = _fit(design, cells.some(which), start.some(which), rules, trend=False)[0]
        without.converged |= rules.ignores_convergence
        for name in FORECAST:
            getattr(result, name)[dropped] = getattr(without, name)[: dropped.size]
    return result


def _fit(design: Design, cells: Cells, start: Start, rules: Rules, *, trend: bool) -> tuple[Forecast, Floats]:
    counts, known = cells.rows.counts, cells.known
    rows = np.add.reduce(known, axis=0)
    terms = (design.sums(known) > 0).sum(axis=0) + int(trend)
    freedom = rows - terms
    fitted = fit(design, cells.rows, Prior.plain(known), start, trend=trend)
    converged = fitted.converged
    dispersion = _dispersion(fitted, counts, fitted.weights, freedom)
    phi = np.fmax(dispersion, 1)
    if rules.reweight:
        omega = _outbreak_weights(design, fitted, cells, phi, rows, rules.weights_threshold)
        fitted = fit(design, cells.rows, omega, start.reweighted(design, cells.rows, omega), trend=trend)
        dispersion = _dispersion(fitted, counts, fitted.weights, freedom)
        phi = np.fmax(dispersion, 1)
        if rules.published_dispersion:
            dispersion = _dispersion(fitted, counts, omega.rows, freedom)
    eta, variance = fitted.predicted(cells.time_now)
    if cells.offset_now is not None:
        eta = eta + cells.offset_now
    p_value = 2 * stdtr(freedom, -np.abs(fitted.slope) / np.sqrt(dispersion / fitted.spread))
    error = np.sqrt((phi if rules.clipped_error else dispersion) * variance)
    kept = np.full(phi.shape, trend)
    return Forecast(eta, error, phi, fitted.slope.copy(), kept, converged & (freedom > 0)), p_value


def _dispersion(fitted: Fitted, counts: Floats, weights: Floats, freedom: Floats) -> Floats:
    residual = counts / fitted.mean
    residual -= 1
    residual *= residual
    residual *= weights
    return np.asarray(np.add.reduce(residual, axis=0) / freedom)


def _outbreak_weights(
    design: Design, fitted: Fitted, cells: Cells, phi: Floats, rows: Floats, threshold: float
) -> Prior:
    """Weights that add up to the rows, lower where the Anscombe residual 1.5·(y^⅔·m^-⅙ - m^½) is above a threshold."""
    counts, mean = cells.rows.counts, fitted.mean
    room = fitted.leverage(design)
    np.subtract(1, room, out=room)
    room *= phi
    # Pearson's residual is never below Anscombe's where the count is above its mean: few rows need the latter.
    excess = counts - mean
    excess *= np.maximum(excess, 0)
    row, cell = np.nonzero(excess > threshold**2 * mean * room)
    own = mean[row, cell]
    residual = 1.5 * (np.exp(cells.rows.logs[row, cell] * (2 / 3) - np.log(own) / 6) - np.sqrt(own))
    residual /= np.sqrt(room[row, cell])
    outlying = (residual > threshold) & (cells.known[row, cell] > 0)
    row, cell, less = row[outlying], cell[outlying], residual[outlying] ** -2.0
    weights = cells.known.copy()
    weights[row, cell] = less
    scale = rows / np.add.reduce(weights, axis=0)
    weights *= scale
    return Prior(weights, scale, row, cell, scale[cell] * (1 - less))
