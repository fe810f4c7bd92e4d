"""A walk through many Avro bodies in step: the same field of every body at once, each byte checked.

The decoders at hand are lenient where the bytes come from strangers (polars takes any byte for a boolean or a
branch of a union, wraps integers, and panics on lengths beyond the buffer), and they decode a block or fail as
a whole. Here every body is read by itself, within its own bounds, and nothing but a well-formed body passes, at
the speed of the polars reader and whatever the share of bad ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.container import array_items, enum_symbols, item_fields
from schemas.packed import Packed, Positions

_CONTINUED = np.uint64(0x8080_8080_8080_8080)
_SEVENS = np.uint64(0x7F7F_7F7F_7F7F_7F7F)
_ONE = np.uint64(1)
_INT = np.iinfo(np.int32)

MAX_ITEMS = 64
"""Most items of an array in a body; nothing that is reported has more, and a crafted one must not cost more."""

# Joins seven-bit groups: of two bytes, of four, of eight. Pairs of (what stays, what moves), and how far.
_JOINS = (
    (np.uint64(0x007F_007F_007F_007F), np.uint64(0x7F00_7F00_7F00_7F00), np.uint64(1)),
    (np.uint64(0x0000_3FFF_0000_3FFF), np.uint64(0x3FFF_0000_3FFF_0000), np.uint64(2)),
    (np.uint64(0x0000_0000_0FFF_FFFF), np.uint64(0x0FFF_FFFF_0000_0000), np.uint64(4)),
)


@dataclass(slots=True)
class Column:
    """One field of all bodies, bad ones too (what is there of those means nothing).

    `numbers` are values of integers, enum indices, booleans as 0 and 1, the bits of doubles, and of strings and bytes
    the lengths; `positions` is where those begin. `present` is None where the field cannot be null.
    """

    numbers: NDArray[np.int64]
    positions: Positions | None
    present: NDArray[np.bool_] | None


@dataclass(slots=True)
class Listed:
    """A field that is an array: how many items each body has, and the items of all bodies end to end.

    `items` is one column, or where the items are records one for each of their fields.
    """

    lengths: NDArray[np.int64]
    items: list[Column]


class Walk:
    """Reads records field after field; of nested types it knows arrays of scalars and of flat records.

    Parameters
    ----------
    packed
        The buffer.
    starts, ends
        Bounds of the bodies in it.
    """

    def __init__(self, packed: Packed, starts: Positions, ends: Positions) -> None:
        self._packed = packed
        self._at = starts.astype(np.int64)
        self._ends = ends
        self._bad = np.zeros(starts.size, dtype=np.bool_)

    def record(self, fields: Sequence[Mapping[str, Any]]) -> tuple[list[Column | Listed], NDArray[np.bool_]]:
        """Return the columns of a record schema's fields, and which bodies are exactly one such record."""
        columns = [self._either(field["type"]) for field in fields]
        self._fault(self._at != self._ends)
        return columns, ~self._bad

    def _either(self, field_type: Any) -> Column | Listed:
        items = array_items(field_type)
        return self._field(field_type) if items is None else self._list(items)

    def _list(self, item_type: Any) -> Listed:
        """Read blocks of items until each body's array ends. The form with block sizes, which nobody sends, is bad."""
        lengths = np.zeros(self._at.size, dtype=np.int64)
        rows: list[Positions] = []
        read: list[list[Column]] = []
        open_ = np.flatnonzero(~self._bad)
        while open_.size:
            block = self._part(open_)
            count = block._integer()
            block._fault((count < 0) | (count > MAX_ITEMS - lengths[open_]))
            self._take_back(open_, block)
            count[block._bad] = 0
            for step in range(int(count.max(initial=0))):
                here = open_[(count > step) & ~self._bad[open_]]
                part = self._part(here)
                read.append([part._field(field) for field in item_fields(item_type)])
                rows.append(here)
                lengths[here] += 1
                self._take_back(here, part)
            open_ = open_[(count > 0) & ~self._bad[open_]]
        width = len(item_fields(item_type))
        if not read:
            return Listed(lengths, [Column(np.zeros(0, np.int64), np.zeros(0, np.int64), None)] * width)
        # Read item by item of all bodies, wanted body by body.
        order = np.argsort(np.concatenate(rows), kind="stable")
        return Listed(lengths, [_joined([columns[i] for columns in read], order) for i in range(width)])

    def _part(self, rows: Positions) -> "Walk":
        return Walk(self._packed, self._at[rows], self._ends[rows])

    def _take_back(self, rows: Positions, part: "Walk") -> None:
        self._at[rows] = part._at
        self._bad[rows] |= part._bad

    def _fault(self, wrong: NDArray[np.bool_]) -> None:
        # A body at fault is led to its end, where whatever is still read of it stays inside the buffer.
        if wrong.any():
            self._bad |= wrong
            self._at = np.where(wrong, self._ends, self._at)

    def _octet(self) -> NDArray[np.uint8]:
        octet: NDArray[np.uint8] = self._packed.octets[self._at]
        self._at = self._at + 1
        self._fault(self._at > self._ends)
        return octet

    def _field(self, field_type: Any) -> Column:
        if not isinstance(field_type, list):
            return self._value(field_type)
        branch = self._octet()
        self._fault((branch != 0) & (branch != 2))
        # The null branch stands first or second; the byte is the zigzag index 0 or 1.
        present = branch == (2 if field_type[0] == "null" else 0)
        (value_type,) = (each for each in field_type if each != "null")
        if not present.any():
            nothing = np.zeros(present.size, dtype=np.int64)
            return Column(nothing, None, present)
        if present.all():
            column = self._value(value_type)
        else:
            # The absent ones wait: their bodies are taken out of the walk for the length of this field.
            here = np.flatnonzero(present)
            part = self._part(here)
            some = part._value(value_type)
            self._take_back(here, part)
            column = Column(_spread(some.numbers, here, present.size), None, present)
            if some.positions is not None:
                column.positions = _spread(some.positions, here, present.size)
        column.present = present
        return column

    def _value(self, value_type: Any) -> Column:
        symbols = enum_symbols(value_type)
        if symbols is not None:
            index = self._integer()
            self._fault((index < 0) | (index >= len(symbols)))
            return Column(index, None, None)
        kind = value_type["type"] if isinstance(value_type, Mapping) else value_type
        if kind == "boolean":
            octet = self._octet()
            self._fault(octet > 1)
            return Column(octet.astype(np.int64), None, None)
        if kind in ("int", "long"):
            number = self._integer()
            if kind == "int":
                self._fault((number < _INT.min) | (number > _INT.max))
            return Column(number, None, None)
        if kind in ("string", "bytes"):
            return self._string(utf8=kind == "string")
        if kind == "double":
            bits = self._packed.words64[self._at].view(np.int64)
            self._at = self._at + 8
            self._fault(self._at > self._ends)
            return Column(bits, None, None)
        raise TypeError(f"fields of type {kind} are not read here")

    def _string(self, *, utf8: bool) -> Column:
        length = self._integer()
        self._fault((length < 0) | (length > self._ends - self._at))
        length = np.where(self._bad, 0, length)
        positions = self._at
        self._at = positions + length
        if utf8:
            for row in np.flatnonzero(self._packed.beyond_ascii(positions, length)).tolist():
                start = int(positions[row])
                try:
                    self._packed.data[start : start + int(length[row])].decode("utf-8")
                except UnicodeDecodeError:
                    self._bad[row] = True
                    self._at[row] = self._ends[row]
        return Column(length, positions, None)

    def _integer(self) -> NDArray[np.int64]:
        octet = self._packed.octets[self._at]
        if not (octet >= 0x80).any():
            raw = octet.astype(np.uint64)
            self._at = self._at + 1
        else:
            word = self._packed.words64[self._at]
            stops = ~word & _CONTINUED
            lowest = stops & (~stops + _ONE)
            # Everything up to the high bit of the byte that ends the number; all of it where none does.
            within = lowest | (lowest - _ONE)
            raw = word & within & _SEVENS
            for stays, moves, by in _JOINS:
                raw = (raw & stays) | ((raw & moves) >> by)
            start = self._at
            self._at = start + (np.bitwise_count(within) >> 3).astype(np.int64)
            for row in np.flatnonzero(stops == 0).tolist():
                raw[row] = self._long_integer(row, int(start[row]))
        self._fault(self._at > self._ends)
        number: NDArray[np.int64] = (raw >> _ONE).view(np.int64) ^ -(raw & _ONE).view(np.int64)
        return number

    def _long_integer(self, row: int, start: int) -> int:
        """Read a number of nine or ten bytes; what does not fit 64 bits is a fault."""
        data = self._packed.data
        raw = 0
        for count in range(10):
            if start + count >= self._ends[row]:
                break
            raw |= (data[start + count] & 0x7F) << (7 * count)
            if data[start + count] < 0x80:
                if raw >= 1 << 64:
                    break
                self._at[row] = start + count + 1
                return raw
        self._bad[row] = True
        self._at[row] = self._ends[row]
        return 0


def _joined(parts: Sequence[Column], order: Positions) -> Column:
    """Put the columns of several reads of one field end to end, and in order."""
    numbers = np.concatenate([part.numbers for part in parts])[order]
    positions = present = None
    if any(part.positions is not None for part in parts):
        nowhere = [
            np.zeros(part.numbers.size, np.int64) if part.positions is None else part.positions for part in parts
        ]
        positions = np.concatenate(nowhere)[order]
    if parts[0].present is not None:
        present = np.concatenate([part.present for part in parts if part.present is not None])[order]
    return Column(numbers, positions, present)


def _spread(some: NDArray[np.int64], here: Positions, size: int) -> NDArray[np.int64]:
    full = np.zeros(size, dtype=np.int64)
    full[here] = some
    return full
