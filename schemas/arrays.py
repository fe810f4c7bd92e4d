"""From the columns of a walk to a polars frame, strings without a copy: they point into the messages' buffer."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray

from schemas import registry
from schemas.container import array_items, enum_symbols
from schemas.packed import Packed, Positions
from schemas.walk import Column, Listed

_INLINE = 12
"""Bytes of a string that fit into its Arrow view; longer ones are found by buffer and offset."""

_SHIFT = np.uint64(32)


def _views(packed: Packed, positions: Positions, lengths: Positions) -> NDArray[np.uint64]:
    """Return Arrow string views: length and first four bytes, then the next eight, or where the string lies."""
    views = np.empty((positions.size, 2), dtype=np.uint64)
    first = packed.word(positions, np.minimum(lengths, 4))
    views[:, 0] = lengths.astype(np.uint64) | (first << _SHIFT)
    inline = lengths <= _INLINE
    far = positions.astype(np.uint64) << _SHIFT
    if inline.any():
        near = packed.word(positions + 4, np.clip(lengths - 4, 0, 8))
        views[:, 1] = np.where(inline, near, far)
    else:
        views[:, 1] = far
    return views


@cache
def _symbol_views(symbols: tuple[str, ...]) -> tuple[NDArray[np.uint64], bytes]:
    packed = Packed.of([symbol.encode() for symbol in symbols])
    return _views(packed, packed.starts, packed.lengths), packed.data


def _validity(present: NDArray[np.bool_] | None) -> pa.Buffer | None:
    if present is None or bool(present.all()):
        return None
    return pa.py_buffer(np.packbits(present, bitorder="little"))


_ARROW: dict[str, tuple[pa.DataType, str]] = {
    "boolean": (pa.bool_(), ""),
    "int": (pa.int32(), "<i4"),
    "long": (pa.int64(), "<i8"),
    "double": (pa.float64(), "<i8"),
    "date": (pa.date32(), "<i4"),
    "timestamp-millis": (pa.timestamp("ms", "UTC"), "<i8"),
    "string": (pa.string_view(), ""),
    "enum": (pa.string_view(), ""),
    "bytes": (pa.binary_view(), ""),
}
"""Avro's primitive and logical types, as Arrow's and as the numbers behind them."""


def _array(packed: Packed, field_type: Any, column: Column) -> pa.Array:
    if isinstance(field_type, list):
        (field_type,) = (each for each in field_type if each != "null")
    kind = field_type.get("logicalType", field_type["type"]) if isinstance(field_type, Mapping) else field_type
    arrow, dtype = _ARROW[kind]
    count = column.numbers.size
    if column.present is not None and not column.present.any():
        return pa.nulls(count, arrow)
    buffers = [_validity(column.present)]
    if symbols := enum_symbols(field_type):
        views, data = _symbol_views(tuple(symbols))
        buffers += [pa.py_buffer(views[column.numbers]), pa.py_buffer(data)]
    elif column.positions is not None:
        buffers += [pa.py_buffer(_views(packed, column.positions, column.numbers)), pa.py_buffer(packed.data)]
    elif kind == "boolean":
        buffers.append(pa.py_buffer(np.packbits(column.numbers.astype(np.bool_), bitorder="little")))
    else:
        buffers.append(pa.py_buffer(column.numbers.astype(dtype)))
    return pa.Array.from_buffers(arrow, count, buffers)


def binary_column(packed: Packed, rows: Positions) -> pl.Series:
    """Return strings of a buffer as a column of bytes, without a copy.

    Parameters
    ----------
    packed
        The buffer, which lives as long as the column does.
    rows
        Which of its strings.
    """
    views = _views(packed, packed.starts[rows], packed.lengths[rows])
    array = pa.Array.from_buffers(pa.binary_view(), rows.size, [None, pa.py_buffer(views), pa.py_buffer(packed.data)])
    column = pl.from_arrow(array)
    assert isinstance(column, pl.Series)
    return column


def _list_array(packed: Packed, item_type: Any, column: Listed) -> pa.Array:
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(column.lengths)]).astype(np.int32)
    if isinstance(item_type, Mapping) and item_type["type"] == "record":
        names = [field["name"] for field in item_type["fields"]]
        parts = [_array(packed, field["type"], c) for field, c in zip(item_type["fields"], column.items, strict=True)]
        items = pa.StructArray.from_arrays(parts, names=names)
    else:
        items = _array(packed, item_type, column.items[0])
    return pa.ListArray.from_arrays(pa.array(offsets), items)


def _any_array(packed: Packed, field_type: Any, column: Column | Listed) -> pa.Array:
    if isinstance(column, Listed):
        return _list_array(packed, array_items(field_type), column)
    return _array(packed, field_type, column)


def _kept_list(column: Listed, rows: Positions) -> Listed:
    lengths = column.lengths[rows]
    first = (np.cumsum(column.lengths) - column.lengths)[rows]
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    items = np.repeat(first, lengths) + within
    return Listed(lengths, [_kept(part, items) for part in column.items])


def _kept(column: Column, rows: Positions) -> Column:
    if column.present is not None and not column.present.any():
        return Column(column.numbers[: rows.size], None, column.present[: rows.size])
    positions = None if column.positions is None else column.positions[rows]
    present = None if column.present is None else column.present[rows]
    return Column(column.numbers[rows], positions, present)


def frame_of(
    schema_id: int, packed: Packed, columns: Sequence[Column | Listed], good: NDArray[np.bool_]
) -> pl.DataFrame:
    """Make a frame of the good rows of a walk.

    Parameters
    ----------
    schema_id
        The schema whose fields were walked; enums become strings.
    packed
        The buffer that was walked. It lives as long as the frame does.
    columns, good
        What `schemas.walk.Walk.record` returned.
    """
    if not good.all():
        rows = np.flatnonzero(good)
        columns = [_kept_list(c, rows) if isinstance(c, Listed) else _kept(c, rows) for c in columns]
    fields = registry.schema(schema_id)["fields"]
    arrays = [_any_array(packed, field["type"], column) for field, column in zip(fields, columns, strict=True)]
    table = pa.Table.from_arrays(arrays, names=[field["name"] for field in fields])
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
