"""How long each body of a block is, worked out from its values: a block does not say where one ends.

Reading record by record only to find that out takes ten times as long as decoding the block. A sender may write a
number longer than it must; then the lengths do not add up to the block's, and the caller has to read.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import registry
from schemas.container import array_items, enum_symbols, item_fields

Lengths = NDArray[np.int64]

_FLOATS = {"float": 4, "double": 8}


def shortest_lengths(schema_id: int, frame: pl.DataFrame) -> Lengths:
    """Return the bytes of each row's body, every number written as short as it can be.

    Parameters
    ----------
    schema_id
        A registered id of a flat record schema.
    frame
        Rows as `schemas.columns.decode_block` returns them.
    """
    total = np.zeros(frame.height, np.int64)
    for field in registry.schema(schema_id)["fields"]:
        total += _of(field["type"], frame[field["name"]])
    return total


def _of(field_type: Any, values: pl.Series) -> Lengths | int:
    if isinstance(field_type, list):
        (value_type,) = (branch for branch in field_type if branch != "null")
        absent = values.null_count()
        if absent == len(values):
            return 1
        lengths: Lengths | int = 1 + _of(value_type, values)
        return np.where(values.is_null().to_numpy(), 1, lengths) if absent else lengths
    items = array_items(field_type)
    if items is not None:
        return _list_lengths(items, values)
    symbols = enum_symbols(field_type)
    if symbols is not None:
        return _zigzag_lengths(values.replace_strict(symbols, range(len(symbols)), return_dtype=pl.Int64))
    kind = field_type["type"] if isinstance(field_type, dict) else field_type
    if kind == "boolean":
        return 1
    if kind in _FLOATS:
        return _FLOATS[kind]
    if kind in ("string", "bytes"):
        sizes = values.str.len_bytes() if kind == "string" else values.bin.size()
        text: Lengths = sizes.fill_null(0).cast(pl.Int64).to_numpy()
        return _zigzag_lengths(sizes) + text
    return _zigzag_lengths(values.to_physical())


def _list_lengths(item_type: Any, values: pl.Series) -> Lengths:
    """Return the bytes of arrays written as one block: count, items, and the zero behind them."""
    count = values.list.len()
    items = values.explode(empty_as_null=False)
    size = np.zeros(len(items), np.int64)
    parts = items.struct.unnest().get_columns() if isinstance(items.dtype, pl.Struct) else [items]
    for field_type, part in zip(item_fields(item_type), parts, strict=True):
        size += _of(field_type, part)
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(size)])
    last = np.cumsum(count.to_numpy().astype(np.int64))
    content: Lengths = ends[last] - ends[last - count.to_numpy()]
    return np.where(count.to_numpy() == 0, 1, 1 + _zigzag_lengths(count) + content)


def _zigzag_lengths(numbers: pl.Series) -> Lengths:
    """Return the bytes of integers, seven bits each; of missing ones, anything."""
    signed = numbers.fill_null(0).cast(pl.Int64).to_numpy()
    raw = ((signed << 1) ^ (signed >> 63)).view(np.uint64)
    lengths = np.ones(len(raw), np.int64)
    bits = 7
    largest = int(raw.max(initial=0))
    while largest >> bits:
        lengths += raw >= np.uint64(1 << bits)
        bits += 7
    return lengths
