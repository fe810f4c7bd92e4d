"""Avro object containers held in memory: how bodies without a header are given to, and taken from, polars.

Kafka messages carry bare Avro bodies, columnar readers want a file. A container is a header with the schema,
then blocks of (count, size, bodies, sync marker); here there is one block and the marker is all zeros.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from schemas import registry

_SYNC = bytes(16)


def zigzag(number: int) -> bytes:
    """Encode an integer of at most 64 bits as Avro does (zigzag, seven bits a byte)."""
    rest = ((number << 1) ^ (number >> 63)) & 0xFFFF_FFFF_FFFF_FFFF
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def enum_symbols(field_type: Any) -> list[str] | None:
    """Return the symbols of an enum field, or None for a field of another type."""
    if isinstance(field_type, Mapping) and field_type.get("type") == "enum":
        return list(field_type["symbols"])
    return None


def array_items(field_type: Any) -> Any | None:
    """Return the type of an array field's items, or None for a field of another type."""
    if isinstance(field_type, Mapping) and field_type.get("type") == "array":
        return field_type["items"]
    return None


def item_fields(item_type: Any) -> list[Any]:
    """Return the types of the fields of an array's items: those of a record, or the one that an item is."""
    if isinstance(item_type, Mapping) and item_type.get("type") == "record":
        return [field["type"] for field in item_type["fields"]]
    return [item_type]


def _framed_field(field: Mapping[str, Any]) -> dict[str, Any]:
    # Enums travel as their index, which has the same encoding: polars panics on an index that has no symbol,
    # as an integer it can be checked. Defaults are left out: they are no part of the encoding, and polars
    # refuses those of enums and booleans.
    return {"name": field["name"], "type": "int" if enum_symbols(field["type"]) else field["type"]}


@cache
def header(schema_id: int) -> bytes:
    """Return everything of a container that stands before its first block."""
    record = registry.schema(schema_id)
    fields = [_framed_field(field) for field in record["fields"]]
    schema = json.dumps({"type": "record", "name": record["name"], "fields": fields}).encode()
    parts = [b"Obj\x01", zigzag(2)]
    for key, value in ((b"avro.schema", schema), (b"avro.codec", b"null")):
        parts += [zigzag(len(key)), key, zigzag(len(value)), value]
    return b"".join([*parts, zigzag(0), _SYNC])


def container(schema_id: int, block: bytes, count: int) -> bytes:
    """Return one block of concatenated bodies as a whole container."""
    return b"".join([header(schema_id), zigzag(count), zigzag(len(block)), block, _SYNC])


def _read_zigzag(data: bytes, at: int) -> tuple[int, int]:
    shift = number = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
        shift += 7


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (count, bodies) of every block of an uncompressed container that we or polars wrote."""
    at = 4
    while True:
        entries, at = _read_zigzag(data, at)
        if entries == 0:
            break
        for _ in range(2 * abs(entries)):
            size, at = _read_zigzag(data, at)
            at += size
    at += len(_SYNC)
    while at < len(data):
        count, at = _read_zigzag(data, at)
        size, at = _read_zigzag(data, at)
        yield count, data[at : at + size]
        at += size + len(_SYNC)
