"""What a detector is given: counts per series and step, checked once."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

LARGEST = 2_000_000_000
"""Above this a count is taken for a mistake: no population on Earth has so many cases in a step."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Checked counts of S series over T equal steps (days, weeks or months).

    Every method takes plain arrays as well and checks them itself; preparing `Counts` once pays where several methods
    judge the same counts.

    Parameters
    ----------
    values : (S, T) int64
        Cases per step, 0 where missing.
    missing : (S, T) bool or None
        Where nothing is known; None if every count is known.
    """

    values: NDArray[np.int64]
    missing: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, counts: "ArrayLike | np.ma.MaskedArray[Any, Any] | Counts") -> "Counts":
        """Check counts and bring them into one form.

        Parameters
        ----------
        counts : (S, T) or (T,) array of integers, of floats with NaN for missing, or masked
            One series is a batch of one.

        Raises
        ------
        ValueError
            A count that is negative, infinite, not whole or above `LARGEST`, or an array of another shape.
        """
        if isinstance(counts, Counts):
            return counts
        mask = np.ma.getmaskarray(counts) if isinstance(counts, np.ma.MaskedArray) else None
        array = np.asarray(np.ma.getdata(counts) if mask is not None else counts)
        if array.ndim == 1:
            array = array[np.newaxis, :]
            mask = mask[np.newaxis, :] if mask is not None else None
        if array.ndim != 2:
            raise ValueError(f"counts must be series × time, not an array of {array.ndim} dimensions")
        if array.dtype.kind not in "iufb":
            raise ValueError(f"counts must be numbers, not {array.dtype}")
        if array.dtype.kind == "f":
            unknown = np.isnan(array)
            mask = unknown if mask is None else mask | unknown
        missing = mask if mask is not None and mask.any() else None
        known = array if missing is None else np.where(missing, 0, array)
        if known.size:
            low, high = known.min(), known.max()
            if low < 0 or high > LARGEST:
                raise ValueError(f"a count must lie between 0 and {LARGEST}; found {low if low < 0 else high}")
        values = np.ascontiguousarray(known, dtype=np.int64)
        if array.dtype.kind == "f" and not np.array_equal(values, known):
            raise ValueError("counts must be whole numbers; for rates use a method that takes denominators")
        return cls(values, missing)

    @property
    def shape(self) -> tuple[int, int]:
        """Series and steps."""
        return self.values.shape[0], self.values.shape[1]


CountsLike: TypeAlias = "ArrayLike | np.ma.MaskedArray[Any, Any] | Counts"
