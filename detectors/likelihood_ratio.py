"""Log-likelihood ratios of a raised (or lowered) rate over the last steps, maximised over where the change began."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEEPEST = 30.0
"""Largest change of the rate that is tried, as a logarithm."""


def poisson(cases: Floats, expected: Floats, sign: int, *, drops_silence: bool) -> Floats:
    """The ratio of each window, from its sums; `sign` 1 looks for a rise, -1 for a fall.

    A fall to nothing has the ratio Σ expected; R leaves it out (`drops_silence`).
    """
    rate = np.log(np.maximum(cases, 1e-300) / expected)
    rate = np.maximum(rate, 0) if sign > 0 else np.minimum(rate, 0)
    ratio = cases * rate - np.expm1(rate) * expected
    if sign < 0 and drops_silence:
        ratio = np.where(cases > 0, ratio, 0.0)
    return np.asarray(ratio)


def negative_binomial(counts: Floats, means: Floats, dispersion: float, sign: int, windows: int) -> Floats:
    """The ratio of the windows k … end, for the first `windows` of all k.

    `counts` and `means` are the steps since the first k. The derivative falls as the rate rises: Newton's steps, kept
    within the bracket that its sign has shown.
    """
    inside = np.arange(counts.size) >= np.arange(windows)[:, np.newaxis]
    weight = (1 + dispersion * counts) * inside
    total = np.add.reduce(counts * inside, axis=1)
    low = np.zeros(windows) if sign > 0 else np.full(windows, -STEEPEST)
    high = np.full(windows, STEEPEST) if sign > 0 else np.zeros(windows)
    share = dispersion * means / (1 + dispersion * means) / dispersion
    still = (total - np.add.reduce(weight * share, axis=1)) * sign > 0
    rate = np.full(windows, 0.1 * sign)
    for _ in range(60):
        raised = means * np.exp(rate)[:, np.newaxis]
        share = raised / (1 + dispersion * raised)
        slope = total - np.add.reduce(weight * share, axis=1)
        bend = np.add.reduce(weight * share / (1 + dispersion * raised), axis=1)
        low = np.where(slope > 0, rate, low)
        high = np.where(slope > 0, high, rate)
        stepped = rate + slope / np.maximum(bend, 1e-300)
        stepped = np.where((stepped > low) & (stepped < high), stepped, (low + high) / 2)
        moved = np.abs(stepped - rate)
        rate = stepped
        if (moved[still] < 1e-12).all():
            break
    rate = np.where(still, rate, 0.0)
    raised = means * np.exp(rate)[:, np.newaxis]
    gain = (counts + 1 / dispersion) * np.log((1 + dispersion * means) / (1 + dispersion * raised)) * inside
    return np.asarray(total * rate + np.add.reduce(gain, axis=1))


def step_score(means: Floats, shift: float, dispersion: float) -> tuple[Floats, Floats]:
    """A known change's ratio of one step is slope · count + level; the slopes and the levels."""
    if dispersion == 0:
        return np.full(means.shape, shift), -np.expm1(shift) * means
    change = np.log((1 + dispersion * means) / (1 + dispersion * means * np.exp(shift)))
    return shift + change, change / dispersion
