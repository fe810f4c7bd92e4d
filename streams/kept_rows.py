"""Rows of a frame kept in memory, each in a slot of its own: read, overwritten and given up by number."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.text_heap import TextHeap

Slots = NDArray[np.int64]

_GROWTH = 1.25
_FIRST_SLOTS = 1 << 10
_NO_CODE = np.iinfo(np.uint32).max
_NO_NUMBER = np.iinfo(np.int64).min
_NO_FLAG = 2


class KeptRows:
    """A table in arrays: words take four bytes a row, flags one, everything else eight.

    Parameters
    ----------
    schema
        The columns: texts, flags, whole numbers, instants, and numbers that are never NaN.
    distinct
        The column of texts that are all different and never null. The others are taken for words: each distinct one is
        kept once.
    """

    def __init__(self, schema: Mapping[str, pl.DataType], distinct: str) -> None:
        self.schema = dict(schema)
        self._distinct = distinct
        self._heap = TextHeap()
        self._words = pl.Categorical(pl.Categories.random())
        # The numbers of words hold as long as some column has them.
        self._anchor = pl.Series([""], dtype=self._words)
        self._columns = {name: np.empty(_FIRST_SLOTS, self._stored_as(name)) for name in schema}
        self._end = 0
        self._free: list[int] = []

    def __len__(self) -> int:
        return self._end - len(self._free)

    @property
    def nbytes(self) -> int:
        """Bytes that the columns hold, without the words and the distinct texts."""
        return sum(column.nbytes for column in self._columns.values())

    def put(self, frame: pl.DataFrame) -> Slots:
        """Keep rows with all columns and return the slot of each."""
        reused = [self._free.pop() for _ in range(min(frame.height, len(self._free)))]
        fresh = np.arange(self._end, self._end + frame.height - len(reused))
        self._end += fresh.size
        self._make_room()
        slots = np.concatenate([np.array(reused, np.int64), fresh])
        self.write(slots, frame)
        return slots

    def write(self, slots: Slots, frame: pl.DataFrame) -> None:
        """Overwrite the columns that a frame has in slots that are held."""
        if not slots.size:
            return
        stored = frame.select(self._stored(name) for name in frame.columns)
        for name in frame.columns:
            values = self._heap.put(stored[name]) if name == self._distinct else stored[name].to_numpy()
            self._columns[name][slots] = values

    def take(self, slots: Slots, names: Sequence[str]) -> pl.DataFrame:
        """Return columns of the rows in slots that are held."""
        if not slots.size:
            return pl.DataFrame(schema={name: self.schema[name] for name in names})
        stored = [
            self._heap.take(column[slots]).alias(name) if name == self._distinct else pl.Series(name, column[slots])
            for name in names
            for column in [self._columns[name]]
        ]
        return pl.DataFrame(stored).select(self._given(name) for name in names)

    def drop(self, slots: Slots) -> None:
        """Give up rows; their slots are used again."""
        self._free += slots.tolist()

    def _make_room(self) -> None:
        if self._end > next(iter(self._columns.values())).size:
            size = int(self._end * _GROWTH)
            for name, column in self._columns.items():
                larger = np.empty(size, column.dtype)
                larger[: column.size] = column
                self._columns[name] = larger

    def _stored_as(self, name: str) -> type[np.generic]:
        kind = self.schema[name]
        if kind == pl.String:
            return np.uint64 if name == self._distinct else np.uint32
        if kind == pl.Boolean:
            return np.uint8
        if kind == pl.UInt64:
            return np.uint64
        return np.float64 if kind.is_float() else np.int64

    def _stored(self, name: str) -> pl.Expr:
        kind, column = self.schema[name], pl.col(name)
        if kind == pl.String:
            return column if name == self._distinct else column.cast(self._words).to_physical().fill_null(_NO_CODE)
        if kind == pl.Boolean:
            return column.cast(pl.UInt8).fill_null(_NO_FLAG)
        if kind == pl.UInt64:
            return column
        if kind.is_float():
            return column.cast(pl.Float64).fill_null(np.nan)
        return column.to_physical().cast(pl.Int64).fill_null(_NO_NUMBER)

    def _given(self, name: str) -> pl.Expr:
        kind, column = self.schema[name], pl.col(name)
        if kind == pl.String:
            if name == self._distinct:
                return column
            known = pl.when(column != _NO_CODE).then(column)
            return known.cat.to(self._words).cast(pl.String)
        if kind == pl.Boolean:
            return pl.when(column != _NO_FLAG).then(column == 1)
        if kind == pl.UInt64:
            return column
        if kind.is_float():
            return column.fill_nan(None).cast(kind)
        return pl.when(column != _NO_NUMBER).then(column).cast(kind)
