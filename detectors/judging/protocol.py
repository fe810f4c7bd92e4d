"""The one protocol of every method."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from detectors.judging.counts import CountsLike
from detectors.judging.verdicts import Verdicts

Dates = NDArray[np.datetime64]


@runtime_checkable
class Detector(Protocol):
    """A method with its parameters; holds no state, so that threads may share it.

    Attributes
    ----------
    name : str
        As `detectors.build` knows it.
    lookback : int or None
        How many steps before a judged one can influence its verdict; None: all since the first column. Judging the
        columns `t - lookback` … `t` gives the verdict of `t` bit for bit as judging the whole history does.
    memory : int or None, optional
        How many steps after its own a case can still influence a verdict on a step without cases: beyond it such a step
        is judged as in a series that never had a case. Only methods that remember for a shorter time than they look
        back have it (a rule for steps with cases looks back for years, but only from a new case); for all others it is
        `lookback`: ask with ``getattr(detector, "memory", detector.lookback)``.
    """

    @property
    def name(self) -> str: ...

    @property
    def lookback(self) -> int | None: ...

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1 of every series.

        Parameters
        ----------
        counts : (S, T) integers, or floats with NaN, or masked
            Cases per series and step.
        first : int
            The first column that is judged; the earlier ones are history only.
        dates : (T,) datetime64[D], optional
            The first day of each step, for the methods that use the calendar.
        population : (S, T) float, optional
            Persons (or tests) under observation, for the methods that take a denominator.

        Raises
        ------
        ValueError
            Counts that are no counts, `first` outside 0 … T, or dates or population of another length.
        """
        ...
