"""A strict reader of one Avro record, byte by byte and in plain loops: what the columnar one is held against."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

MOST_ITEMS = 64


class Malformed(Exception):
    """Not exactly one record of the schema."""


class Reader:
    """Reads values from bytes; logical types stay the numbers that they are."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def octet(self) -> int:
        if self.at >= len(self.data):
            raise Malformed
        self.at += 1
        return self.data[self.at - 1]

    def integer(self) -> int:
        raw = 0
        for count in range(10):
            octet = self.octet()
            raw |= (octet & 0x7F) << (7 * count)
            if octet < 0x80:
                if raw >= 1 << 64:
                    raise Malformed
                return (raw >> 1) ^ -(raw & 1)
        raise Malformed

    def text(self) -> bytes:
        length = self.integer()
        if not 0 <= length <= len(self.data) - self.at:
            raise Malformed
        self.at += length
        return self.data[self.at - length : self.at]

    def items(self, item_type: Any) -> list[Any]:
        found: list[Any] = []
        while count := self.integer():
            if not 0 < count <= MOST_ITEMS - len(found):
                raise Malformed
            found += [self.value(item_type) for _ in range(count)]
        return found

    def value(self, field_type: Any) -> Any:
        if isinstance(field_type, list):
            branch = self.octet()
            if branch not in (0, 2):
                raise Malformed
            chosen = field_type[branch // 2]
            return None if chosen == "null" else self.value(chosen)
        if isinstance(field_type, Mapping) and field_type["type"] == "enum":
            index = self.integer()
            if not 0 <= index < len(field_type["symbols"]):
                raise Malformed
            return field_type["symbols"][index]
        if isinstance(field_type, Mapping) and field_type["type"] == "array":
            return self.items(field_type["items"])
        if isinstance(field_type, Mapping) and field_type["type"] == "record":
            return {field["name"]: self.value(field["type"]) for field in field_type["fields"]}
        kind = field_type["type"] if isinstance(field_type, Mapping) else field_type
        if kind == "double":
            octets = bytes(self.octet() for _ in range(8))
            return struct.unpack("<d", octets)[0]
        if kind == "boolean":
            octet = self.octet()
            if octet > 1:
                raise Malformed
            return bool(octet)
        if kind == "string":
            try:
                return self.text().decode("utf-8")
            except UnicodeDecodeError:
                raise Malformed from None
        number = self.integer()
        if kind == "int" and not -(1 << 31) <= number < 1 << 31:
            raise Malformed
        return number


def read(body: bytes, fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the record, or raise `Malformed`."""
    reader = Reader(body)
    record = {field["name"]: reader.value(field["type"]) for field in fields}
    if reader.at != len(body):
        raise Malformed
    return record
