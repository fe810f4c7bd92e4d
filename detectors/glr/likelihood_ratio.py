"""Log-likelihood ratios of a changed rate over windows of steps, at a given change; windows are columns."""

import numpy as np
from numpy.typing import NDArray

from detectors.glr.rate_search import Steps, ordered_sum

Floats = NDArray[np.float64]


def poisson(cases: Floats, expected: Floats, sign: int, *, drops_silence: bool) -> Floats:
    """The ratio of each window at its best change, from its sums; `sign` 1 looks for a rise, -1 for a fall.

    A fall to nothing has the ratio Σ expected; R leaves it out (`drops_silence`).
    """
    rate = np.log(np.maximum(cases, 1e-300) / expected)
    rate = np.maximum(rate, 0) if sign > 0 else np.minimum(rate, 0)
    ratio = cases * rate - np.expm1(rate) * expected
    if sign < 0 and drops_silence:
        ratio = np.where(cases > 0, ratio, 0.0)
    return np.asarray(ratio)


def negative_binomial(steps: Steps, rate: Floats) -> tuple[Floats]:
    """The ratio of means that are exp(rate) times the others."""
    base, raised = 1 + steps.dispersion * steps.means, 1 + steps.dispersion * (steps.means * np.exp(rate))
    gain = (steps.counts + 1 / steps.dispersion) * np.log(base / raised)
    return (np.asarray(ordered_sum(steps.counts) * rate + ordered_sum(gain)),)


def epidemic(steps: Steps, share: Floats) -> tuple[Floats]:
    """The ratio of means that are higher by `share` times the count before; a dispersion of 0 is Poisson's."""
    more = share * steps.before
    gain = steps.counts * np.log1p(more / np.maximum(steps.means, 1e-300))
    wide = steps.dispersion > 0
    spread = np.where(wide, steps.dispersion, 1.0)
    dispersed = (steps.counts + 1 / spread) * np.log1p(spread * more / (1 + spread * steps.means))
    return (ordered_sum(gain - np.where(wide, dispersed, more)),)


def step_score(means: Floats, shift: float, dispersion: Floats) -> tuple[Floats, Floats]:
    """A known change's ratio of one step is slope · count + level; the slopes and the levels."""
    wide = dispersion > 0
    spread = np.where(wide, dispersion, 1.0)
    change = np.log((1 + spread * means) / (1 + spread * means * np.exp(shift)))
    return (
        np.where(wide, shift + change, shift),
        np.where(wide, change / spread, -np.expm1(shift) * means),
    )
