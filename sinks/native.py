"""Frames as ClickHouse's Native format: the body of an insert, built column by column.

Native is what the engine itself stores columns as: measured on a line list of 35 columns it is taken up in half
the CPU time of Arrow or Parquet, and needs no conversion on the other side. Only the types of our tables are
spelled here. Prefer `clickhouse_connect`'s own insert for a few rows that are not in a frame.
"""

import struct
from collections.abc import Iterable
from functools import cache

import numpy as np
import polars as pl

from sinks.table import Column

Piece = bytes | memoryview

_NUMBERS: dict[str, str] = {
    "Bool": "u1",
    "UInt8": "u1",
    "UInt16": "<u2",
    "UInt32": "<u4",
    "UInt64": "<u8",
    "Int16": "<i2",
    "Int32": "<i4",
    "Int64": "<i8",
    "Float64": "<f8",
    "Date32": "<i4",
    "DateTime64(3, 'UTC')": "<i8",
}
_LOW_CARDINALITY_VERSION = struct.pack("<Q", 1)
_OWN_KEYS, _NEW_DICTIONARY = 1 << 9, 1 << 10


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


@cache
def _unwrapped(column_type: str, wrapper: str) -> str | None:
    opening = wrapper + "("
    return column_type[len(opening) : -1] if column_type.startswith(opening) else None


def _strings(values: pl.Series) -> Iterable[Piece]:
    """Lay out strings as length and bytes each, without touching a single one in Python; null is empty."""
    lengths = values.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
    data = np.frombuffer((values.str.join("").item() or "").encode(), np.uint8)
    if not len(lengths):
        return
    # One length byte up to 127, another for every seven bits more.
    width = np.searchsorted([1 << bits for bits in (7, 14, 21, 28)], lengths, side="right") + 1
    starts = np.cumsum(width + lengths) - lengths - width
    out = np.empty(int(width.sum()) + len(data), np.uint8)
    is_data = np.ones(len(out), np.bool_)
    for byte in range(int(width.max())):
        here = width > byte
        more = np.where(width[here] > byte + 1, 0x80, 0)
        out[starts[here] + byte] = (lengths[here] >> 7 * byte & 0x7F | more).astype(np.uint8)
        is_data[starts[here] + byte] = False
    out[is_data] = data
    yield out.data


def _dictionary(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the distinct strings of a column and each row's place among them."""
    if isinstance(values.dtype, pl.Enum):
        return values.dtype.categories, values.to_physical()
    # Half of our columns hold one value over a whole block; to see that is cheaper than to hash.
    if values.null_count() == len(values):
        return pl.Series([], dtype=pl.String), pl.Series([None], dtype=pl.UInt32).extend_constant(None, len(values) - 1)
    if not values.null_count() and bool((values == values[0]).all()):
        return values.head(1), pl.zeros(len(values), pl.UInt32, eager=True)
    known = values.drop_nulls().unique()
    return known, values.cast(pl.Enum(known)).to_physical()


def _low_cardinality(values: pl.Series, nullable: bool) -> Iterable[Piece]:
    if not len(values):
        return
    keys, codes = _dictionary(values)
    if nullable:
        # The first key stands for null.
        codes = codes.cast(pl.UInt32) + 1
        keys = pl.concat([pl.Series([""], dtype=pl.String), keys])
    elif values.null_count():
        raise ValueError("null in a column that has none")
    width, dtype = next((i, d) for i, d in enumerate(("u1", "<u2", "<u4", "<u8")) if len(keys) <= 1 << (8 << i))
    yield _LOW_CARDINALITY_VERSION
    yield struct.pack("<QQ", width | _OWN_KEYS | _NEW_DICTIONARY, len(keys))
    yield from _strings(keys)
    yield struct.pack("<Q", len(values))
    yield _little(codes.fill_null(0), dtype)


def _little(values: pl.Series, dtype: str) -> Piece:
    return np.ascontiguousarray(values.to_physical().to_numpy(), dtype=dtype).view("u1").data


def _zero(values: pl.Series) -> pl.Series:
    return values.fill_null(False) if values.dtype == pl.Boolean else values.to_physical().fill_null(0)


def _data(values: pl.Series, column_type: str) -> Iterable[Piece]:
    inner = _unwrapped(column_type, "LowCardinality")
    if inner is not None:
        yield from _low_cardinality(values, inner != "String")
        return
    inner = _unwrapped(column_type, "Array")
    if inner is not None:
        lengths = values.list.len().fill_null(0)
        yield _little(lengths.cast(pl.UInt64).cum_sum(), "<u8")
        yield from _data(values.filter(lengths > 0).explode(), inner)
        return
    inner = _unwrapped(column_type, "Nullable")
    if inner is not None:
        yield values.is_null().to_numpy().view("u1").data
        yield from _data(values if inner == "String" else _zero(values), inner)
        return
    if column_type == "String":
        yield from _strings(values)
        return
    if values.null_count():
        raise ValueError("null in a column that has none")
    yield _little(values, _NUMBERS[column_type])


def encode(frame: pl.DataFrame, columns: tuple[Column, ...]) -> bytes:
    """Return one Native block.

    Parameters
    ----------
    frame
        Has at least the named columns. Dates are `pl.Date`, instants `pl.Datetime("ms")` or milliseconds, lists go
        to Array, null only where the type is Nullable (a plain String takes it as empty).
    columns
        What is written, in this order, with the table's exact types.

    Raises
    ------
    ValueError
        A column without nulls has one.
    KeyError
        A type that none of our tables has.
    """
    parts: list[Piece] = [_varint(len(columns)), _varint(frame.height)]
    for column in columns:
        name, column_type = column.name.encode(), column.type.encode()
        parts += (_varint(len(name)), name, _varint(len(column_type)), column_type)
        try:
            parts += _data(frame[column.name].rechunk(), column.type)
        except ValueError as error:
            raise ValueError(f"column {column.name}: {error}") from None
    return b"".join(parts)
