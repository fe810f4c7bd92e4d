"""Many byte strings end to end in one buffer, so that numpy can look at all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

PADDING = 16
"""Zeros behind the last string: a word read at any position up to the end lies inside the buffer."""

_HIGH_BITS = np.uint64(0x8080_8080_8080_8080)
_FIRST_BYTES = np.array([(1 << (8 * count)) - 1 for count in range(9)], dtype=np.uint64)
"""Masks of the first 0 to 8 bytes of a little-endian word."""

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packed:
    """A buffer, seen as bytes and as the little-endian words that begin at each byte, and where strings lie in it.

    String `i` is ``data[starts[i] : starts[i] + lengths[i]]``.
    """

    data: bytes
    octets: NDArray[np.uint8]
    words32: NDArray[np.uint32]
    words64: NDArray[np.uint64]
    starts: Positions
    lengths: Positions

    @classmethod
    def of(cls, strings: Sequence[bytes]) -> Self:
        """Put strings end to end."""
        lengths = np.fromiter(map(len, strings), dtype=np.int64, count=len(strings))
        data = b"".join([*strings, bytes(PADDING)])
        octets = np.frombuffer(data, dtype=np.uint8)
        return cls(
            data,
            octets,
            _windows(data, "<u4"),
            _windows(data, "<u8"),
            np.cumsum(lengths) - lengths,
            lengths,
        )

    @property
    def ends(self) -> Positions:
        """Where each string ends, exclusive."""
        return self.starts + self.lengths

    def word(self, positions: Positions, lengths: Positions, step: int = 0) -> NDArray[np.uint64]:
        """Return bytes ``8*step`` to ``8*step + 7`` of each string as one word, zeros behind its end."""
        # Behind the end any position will do, for nothing of it is kept.
        at = np.minimum(positions + 8 * step, len(self.data) - PADDING)
        masked: NDArray[np.uint64] = self.words64[at] & _FIRST_BYTES[np.clip(lengths - 8 * step, 0, 8)]
        return masked

    def beyond_ascii(self, positions: Positions, lengths: Positions) -> NDArray[np.bool_]:
        """Return which strings have a byte of 128 or above."""
        seen = np.zeros(positions.size, dtype=np.uint64)
        for step in range((int(lengths.max(initial=0)) + 7) // 8):
            seen |= self.word(positions, lengths, step)
        beyond: NDArray[np.bool_] = (seen & _HIGH_BITS) != 0
        return beyond


def _windows(data: bytes, dtype: str) -> NDArray[Any]:
    size = np.dtype(dtype).itemsize
    return np.ndarray((len(data) - size + 1,), dtype=dtype, buffer=data, strides=(1,))


def same(
    one: Packed, positions: Positions, lengths: Positions, other: Packed, others: Positions, other_lengths: Positions
) -> NDArray[np.bool_]:
    """Return, string by string, whether those of one buffer equal those of another."""
    equal: NDArray[np.bool_] = lengths == other_lengths
    for step in range((int(lengths[equal].max(initial=0)) + 7) // 8):
        equal &= one.word(positions, lengths, step) == other.word(others, other_lengths, step)
    return equal
