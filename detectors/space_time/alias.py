"""Drawing cells with given probabilities, at the same cost however many cells there are."""

import numpy as np
from numpy.typing import NDArray


class AliasTable:
    """Walker's alias method: every cell is a column of height one, filled up by at most one other cell.

    Parameters
    ----------
    weights : (M,) float64
        Not negative, at least one above 0.

    References
    ----------
    Vose M. D. (1991): A linear algorithm for generating random numbers with a given distribution. IEEE Transactions on
    Software Engineering 17, 972-975.
    """

    __slots__ = ("_keep", "_other")

    def __init__(self, weights: NDArray[np.float64]) -> None:
        heights = (weights * (weights.size / weights.sum())).tolist()
        other = list(range(len(heights)))
        small = [cell for cell, height in enumerate(heights) if height < 1]
        large = [cell for cell, height in enumerate(heights) if height >= 1]
        while small and large:
            low, high = small.pop(), large[-1]
            other[low] = high
            heights[high] -= 1 - heights[low]
            if heights[high] < 1:
                small.append(large.pop())
        # What is left over differs from 1 by rounding only; a cell without weight always finds another.
        for cell in small + large:
            heights[cell] = 1.0
        self._keep = np.array(heights)
        self._other = np.array(other, dtype=np.int32)

    def draw(self, random: np.random.Generator, size: int) -> NDArray[np.int64]:
        """So many independent cells."""
        place = random.random(size)
        place *= self._keep.size
        cell = place.astype(np.int64)
        place -= cell
        return np.where(place < self._keep[cell], cell, self._other[cell])
