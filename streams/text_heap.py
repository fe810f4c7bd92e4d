"""Texts that are all different, one after the other in one run of bytes: a quarter of what a string each takes."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Places = NDArray[np.uint64]

_LENGTH_BITS = np.uint64(16)
_LONGEST = (1 << 16) - 1
_FIRST_BYTES = 1 << 16
_GROWTH = 1.25


class TextHeap:
    """Keeps texts and gives each a place; nothing is ever removed."""

    def __init__(self) -> None:
        self._bytes = np.empty(_FIRST_BYTES, np.uint8)
        self._end = 0

    def put(self, texts: pl.Series) -> Places:
        """Keep texts without nulls and return the place of each.

        Raises
        ------
        ValueError
            A text of more than 65,535 bytes.
        """
        lengths = texts.str.len_bytes().cast(pl.UInt64).to_numpy()
        if lengths.max(initial=0) > _LONGEST:
            raise ValueError(f"a text of {lengths.max()} bytes is too long to be kept")
        data = np.frombuffer("".join(texts.to_list()).encode(), np.uint8)
        starts = np.cumsum(lengths) - lengths + np.uint64(self._end)
        self._make_room(data.size)
        self._bytes[self._end : self._end + data.size] = data
        self._end += data.size
        places: Places = starts << _LENGTH_BITS | lengths
        return places

    def take(self, places: Places) -> pl.Series:
        """Return the texts at places that `put` gave."""
        starts = (places >> _LENGTH_BITS).tolist()
        lengths = (places & np.uint64(_LONGEST)).tolist()
        whole = self._bytes.data
        texts = [str(whole[start : start + length], "utf-8") for start, length in zip(starts, lengths, strict=True)]
        return pl.Series(texts, dtype=pl.String)

    def _make_room(self, more: int) -> None:
        if self._end + more > self._bytes.size:
            larger = np.empty(int((self._end + more) * _GROWTH), np.uint8)
            larger[: self._end] = self._bytes[: self._end]
            self._bytes = larger
