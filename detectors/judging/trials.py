"""Denominators that count: the tests of which some were positive, the events of which some were exposed, places."""

import numpy as np
from numpy.typing import NDArray

from detectors.judging.counts import Counts


def checked_trials(method: str, what: str, counts: Counts, population: NDArray[np.float64] | None) -> NDArray[np.int64]:
    """The population as whole numbers (S, T), 0 where the count is missing.

    Raises
    ------
    ValueError
        No population, another shape, not whole, or fewer trials than successes.
    """
    if population is None:
        raise ValueError(f"{method} needs the number of {what} of each count as its population")
    given = np.asarray(population, dtype=np.float64)
    if given.shape != counts.shape:
        series, steps = counts.shape
        raise ValueError(f"population must be {series} × {steps}, as the counts, not {given.shape}")
    if counts.missing is not None:
        given = np.where(counts.missing, 0, given)
    if not (np.isfinite(given) & (given >= 0) & (given == np.floor(given))).all():
        raise ValueError(f"population must be whole numbers of {what}")
    trials = given.astype(np.int64)
    if (trials < counts.values).any():
        raise ValueError(f"population must hold the {what} of each count, and at least as many as it is positive")
    return trials


def checked_numbers(what: str, counts: Counts, population: NDArray[np.float64]) -> NDArray[np.float64]:
    """The population as it is, where it holds whole numbers or NaN for unknown; nothing relates it to the counts.

    Raises
    ------
    ValueError
        Another shape than the counts, or numbers that are negative, infinite or not whole.
    """
    given = np.asarray(population, dtype=np.float64)
    if given.shape != counts.shape:
        series, steps = counts.shape
        raise ValueError(f"population must be {series} × {steps}, as the counts, not {given.shape}")
    if not (np.isnan(given) | (np.isfinite(given) & (given >= 0) & (given == np.floor(given)))).all():
        raise ValueError(f"population must be whole numbers of {what}")
    return given
