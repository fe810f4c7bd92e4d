"""What a detector answers: one verdict for every series and judged step, and a reason where it has none."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Reason(IntEnum):
    """Why a step has no verdict; 0 means that it was judged.

    The numbers are stored beside verdicts: never renumber, only append.
    """

    JUDGED = 0
    TOO_LITTLE_HISTORY = 1
    NOT_OBSERVED = 2
    MISSING_IN_BASELINE = 3
    NO_VARIANCE = 4
    DID_NOT_CONVERGE = 5
    NO_DENOMINATOR = 6
    TOO_FEW_CASES = 7
    STATISTIC_LOST = 8
    NO_BOUND = 9
    SEQUENCE_ENDED = 10
    TOO_LITTLE_REPORTED = 11


class Block(NamedTuple):
    """Some consecutive series of a :class:`Verdicts`, as views to be filled."""

    expected: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    alarm: NDArray[np.bool_]
    reason: NDArray[np.uint8]
    p_value: NDArray[np.float64] | None

    def refuse(self, where: NDArray[np.bool_], reason: Reason, *, keep_bound: bool = False) -> None:
        """Take back the verdict of the cells `where`, unless they have a reason already."""
        fresh = where & (self.reason == Reason.JUDGED)
        if not fresh.any():
            return
        self.reason[fresh] = reason
        self.score[fresh] = np.nan
        self.alarm[fresh] = False
        if self.p_value is not None:
            self.p_value[fresh] = np.nan
        if not keep_bound:
            self.expected[fresh] = np.nan
            self.upper[fresh] = np.nan

    def columns(self, which: slice) -> "Block":
        """The same series and some of their judged steps."""
        return Block(
            self.expected[:, which],
            self.upper[:, which],
            self.score[:, which],
            self.alarm[:, which],
            self.reason[:, which],
            None if self.p_value is None else self.p_value[:, which],
        )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of one method on S series and the judged steps `first` … T-1.

    Parameters
    ----------
    expected : (S, T-first) float64
        What the method expected, in the unit that it judges (a count, or a window's sum).
    upper : (S, T-first) float64
        The bound in the same unit. Most methods alarm strictly above it; CUSUM at or above it.
    score : (S, T-first) float64
        The method's own statistic; more cases never lower it.
    alarm : (S, T-first) bool
    reason : (S, T-first) uint8
        Codes of :class:`Reason`. Where it is not 0 there is no alarm and `score` and `p_value` are NaN; so are
        `expected` and `upper`, except that a bound which is known stands where only the judged count itself is missing
        (and where the compatibility with R wants one). Where it is 0 no number is NaN.
    p_value : (S, T-first) float64 or None
        Probability of a count at least as high, for the methods that define one.
    """

    expected: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    alarm: NDArray[np.bool_]
    reason: NDArray[np.uint8]
    p_value: NDArray[np.float64] | None = None

    @classmethod
    def empty(cls, series: int, steps: int, *, p_value: bool) -> "Verdicts":
        """Verdicts whose cells are still to be written."""
        shape = (series, steps)
        # One large allocation, not four: the system hands it out in large pages, which are far quicker to come by.
        floats = np.empty((4 if p_value else 3, *shape))
        return cls(
            expected=floats[0],
            upper=floats[1],
            score=floats[2],
            alarm=np.empty(shape, dtype=np.bool_),
            reason=np.zeros(shape, dtype=np.uint8),
            p_value=floats[3] if p_value else None,
        )

    def block(self, rows: slice) -> Block:
        """The rows of some series, as views."""
        p_value = None if self.p_value is None else self.p_value[rows]
        return Block(
            self.expected[rows], self.upper[rows], self.score[rows], self.alarm[rows], self.reason[rows], p_value
        )
