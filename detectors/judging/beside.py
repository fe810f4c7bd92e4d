"""Counts judged together with what stands beside them: tests, arrivals, places."""

import numpy as np
from numpy.typing import NDArray

from detectors.judging.counts import Counts
from detectors.judging.protocol import Detector
from detectors.judging.verdicts import Verdicts


def judge_beside(
    detector: Detector, counts: NDArray[np.int64], beside: NDArray[np.int64], first: int, *, share: bool
) -> Verdicts:
    """Judge counts with the numbers beside them, as surveillance has them: some of the latter late or never told.

    Prefer it to the detector's own `judge` wherever counts and denominators come from different senders.

    Parameters
    ----------
    detector
        A method that takes a population.
    counts, beside : (S, T) integers
        Cases, and among how many (or in how many places); 0 beside a case says that nobody told.
    first
        The first column that is judged.
    share
        Whether the method judges shares. A step whose denominator is not known, or smaller than its count, is then
        left out of both: ten ill among no arrivals are no share.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build, judge_beside
    >>> ill, arrivals = np.full((1, 31), 1), np.full((1, 31), 100)
    >>> ill[0, 30], arrivals[0, 30] = 9, 0
    >>> method = build("beta_binomial", {})
    >>> judge_beside(method, ill, arrivals, 30, share=True).reason.tolist()
    [[6]]
    """
    population = beside.astype(np.float64)
    if share:
        known = beside >= np.maximum(counts, 1)
        counts, population = np.where(known, counts, 0), np.where(known, population, 0.0)
    return detector.judge(Counts(counts), first=first, population=population)
