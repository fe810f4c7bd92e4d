"""What both models have in common: a study, its cases under the null hypothesis, and sums over windows of days."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_Number = TypeVar("_Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows that end on the last day of the study, of `shortest` … `longest` days."""

    shortest: int
    longest: int

    def __len__(self) -> int:
        return self.longest - self.shortest + 1

    def sums(self, days: NDArray[_Number]) -> NDArray[_Number]:
        """(M, T) values a day → (M, W) sums over each window, the shortest first."""
        latest = days[:, ::-1][:, : self.longest]
        return np.cumsum(latest, axis=1, dtype=days.dtype)[:, self.shortest - 1 :]


class NullModel(ABC):
    """How the cases would fall if there were no cluster.

    Only *members* take part: locations at which a case could fall at all. All arrays have one row a member.

    Attributes
    ----------
    members : (M,) int64
        Their places among the locations.
    windows : Windows
    total : int
        Cases of the whole study; every replicate has as many.
    observed : (M, W) int64
        Cases in each window.
    weights : (M, W) float64
        What is expected in each window is in proportion to these: whole numbers where persons or cases are, so that
        equal sets of locations have equal sums.
    scale : float
        Cases expected per weight.
    share : (M,) float64
        Each member's part of the population (or of the expected cases) of the study.
    """

    members: Integers
    windows: Windows
    total: int
    observed: Integers
    weights: Floats
    scale: float
    share: Floats

    @abstractmethod
    def draw(self, random: np.random.Generator) -> Integers:
        """(M, W) cases in each window of one replicate."""

    def replicate(self, seed: int, number: int) -> Integers:
        """Draw the replicate of this number: the same for the same seed, whichever were drawn before."""
        return self.draw(np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,))))
