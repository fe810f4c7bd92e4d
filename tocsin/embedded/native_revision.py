"""Native blocks as a client of a newer protocol revision expects them.

The engine writes Native for revision 0, as ClickHouse does over HTTP unless the client sends client_protocol_version.
Go's client (Grafana's plug-in) sends it and reads only that form: every block then has a block-info head and every
column a byte that says "ordinary serialization". The column data are the same; to put the byte in, their ends must be
found, so this walks them.
"""

import re
import struct
from collections.abc import Callable

from tocsin.embedded.clickhouse_errors import NOT_IMPLEMENTED, error

WITH_SERIALIZATION_FLAG = 54454
"""First revision of the form written here. Older ones are answered with revision 0, as very old servers did."""

# Field 1, is_overflows: no; field 2, bucket number: -1; end.
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"

_WIDTHS = {
    **dict.fromkeys(("UInt8", "Int8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("UInt16", "Int16", "Date", "Enum16", "BFloat16"), 2),
    **dict.fromkeys(("UInt32", "Int32", "Float32", "Date32", "DateTime", "IPv4", "Decimal32", "Time"), 4),
    **dict.fromkeys(("UInt64", "Int64", "Float64", "DateTime64", "Decimal64", "Time64"), 8),
    **dict.fromkeys(("UInt128", "Int128", "UUID", "IPv6", "Decimal128"), 16),
    **dict.fromkeys(("UInt256", "Int256", "Decimal256"), 32),
    **dict.fromkeys(("IntervalSecond", "IntervalMinute", "IntervalHour", "IntervalDay", "IntervalWeek"), 8),
    **dict.fromkeys(("IntervalMonth", "IntervalQuarter", "IntervalYear"), 8),
}
_NAME = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_INDEX_WIDTHS = (1, 2, 4, 8)


def reframed(blocks: bytes) -> bytes:
    """Rewrite whole revision-0 blocks for a client that knows the serialization flag.

    Parameters
    ----------
    blocks : bytes
        Any number of complete blocks.

    Raises
    ------
    ClickHouseError
        NOT_IMPLEMENTED for a column type that this cannot walk (aggregate states, Variant, Dynamic, JSON).
    """
    out = bytearray()
    at = 0
    while at < len(blocks):
        out += _BLOCK_INFO
        head = at
        columns, at = _varint(blocks, at)
        rows, at = _varint(blocks, at)
        out += blocks[head:at]
        for _ in range(columns):
            start = at
            at = _past_string(blocks, at)
            length, text = _varint(blocks, at)
            kind = blocks[text : text + length].decode()
            at = text + length
            out += blocks[start:at] + b"\x00"
            if rows:
                data = at
                at = _past_data(kind, rows, blocks, _past_prefix(kind, at))
                out += blocks[data:at]
    return bytes(out)


def _past_data(kind: str, rows: int, block: bytes, at: int) -> int:
    name, inside = _parts(kind)
    if name in _WIDTHS:
        return at + rows * _WIDTHS[name]
    if walk := _WALKS.get(name):
        return walk(inside, rows, block, at)
    raise error(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", f"Type {kind} over this protocol revision is not supported")


def _past_prefix(kind: str, at: int) -> int:
    """LowCardinality columns anywhere in a type write their version once in front of all data."""
    name, inside = _parts(kind)
    if name == "LowCardinality":
        return at + 8
    if name in ("Nullable", "Array"):
        return _past_prefix(inside, at)
    if name in ("Tuple", "Map", "Nested"):
        for element in _elements(inside):
            at = _past_prefix(element, at)
    return at


def _strings(inside: str, rows: int, block: bytes, at: int) -> int:
    for _ in range(rows):
        at = _past_string(block, at)
    return at


def _array(inside: str, rows: int, block: bytes, at: int) -> int:
    at += rows * 8
    total: int = struct.unpack_from("<Q", block, at - 8)[0] if rows else 0
    return _past_data(inside, total, block, at) if total else at


def _tuple(inside: str, rows: int, block: bytes, at: int) -> int:
    elements = _elements(inside)
    if not elements:
        return at + rows
    for element in elements:
        at = _past_data(element, rows, block, at)
    return at


def _low_cardinality(inside: str, rows: int, block: bytes, at: int) -> int:
    """Flags with the width of the indices, the dictionary, the indices."""
    if not rows:
        return at
    flags, keys = struct.unpack_from("<QQ", block, at)
    name, of = _parts(inside)
    at = _past_data(of if name == "Nullable" else inside, keys, block, at + 16)
    return at + 8 + rows * _INDEX_WIDTHS[flags & 0xF]


def _decimal(inside: str, rows: int, block: bytes, at: int) -> int:
    precision = int(inside.split(",")[0])
    width = 4 if precision <= 9 else 8 if precision <= 18 else 16 if precision <= 38 else 32
    return at + rows * width


_WALKS: dict[str, Callable[[str, int, bytes, int], int]] = {
    "String": _strings,
    "FixedString": lambda inside, rows, block, at: at + rows * int(inside),
    "Nullable": lambda inside, rows, block, at: _past_data(inside, rows, block, at + rows),
    "Array": _array,
    "Nested": lambda inside, rows, block, at: _array(f"Tuple({inside})", rows, block, at),
    "Map": lambda inside, rows, block, at: _array(f"Tuple({inside})", rows, block, at),
    "Tuple": _tuple,
    "LowCardinality": _low_cardinality,
    "Decimal": _decimal,
    "SimpleAggregateFunction": lambda inside, rows, block, at: _past_data(_elements(inside)[1], rows, block, at),
}


def _parts(kind: str) -> tuple[str, str]:
    found = _NAME.fullmatch(kind)
    if found is None:
        raise error(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", f"Type {kind} over this protocol revision is not supported")
    return found.group(1), found.group(2) or ""


def _elements(inside: str) -> list[str]:
    """The types in a Tuple's, Map's or Nested's brackets, without their names."""
    parts: list[str] = []
    depth = 0
    quote = ""
    begun = 0
    for place, sign in enumerate(inside):
        if quote:
            quote = "" if sign == quote and inside[place - 1] != "\\" else quote
        elif sign in "'`":
            quote = sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "," and not depth:
            parts.append(inside[begun:place])
            begun = place + 1
    parts.append(inside[begun:])
    named = re.compile(r"(?:`(?:[^`\\]|\\.)*`|\w+)\s+(?=\w)")
    return [
        named.sub("", part.strip(), count=1) if named.match(part.strip()) else part.strip() for part in parts if part
    ]


def _past_string(block: bytes, at: int) -> int:
    length, at = _varint(block, at)
    return at + length


def _varint(block: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = block[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
