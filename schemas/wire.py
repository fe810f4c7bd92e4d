"""Confluent's wire format: a zero byte, the schema id in four bytes big endian, the Avro body.

`encode` and `decode` go record by record through fastavro: right for publishing, for internal messages of
which there are few, and for tests. Batches of case reports go through `schemas.columns`, ten times as fast.
"""

import io
import struct
from collections.abc import Mapping
from typing import Any, cast

import fastavro

from schemas import registry

HEADER_BYTES = 5
_HEADER = struct.Struct(">bI")


class WireError(ValueError):
    """A message value that is no framed Avro record.

    Parameters
    ----------
    reason
        ``wrong_magic_byte``, ``truncated_frame``, ``unknown_schema``, ``undecodable_body`` or ``trailing_bytes``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def frame(schema_id: int, body: bytes) -> bytes:
    """Put the five header bytes before an Avro body."""
    return _HEADER.pack(0, schema_id) + body


def split(value: bytes) -> tuple[int, bytes]:
    """Return schema id and body of a message value; the id may be one that nobody registered.

    Raises
    ------
    WireError
        The value is shorter than a header or starts with another byte.
    """
    if value[:1] not in (b"", b"\0"):
        raise WireError("wrong_magic_byte")
    if len(value) < HEADER_BYTES:
        raise WireError("truncated_frame")
    return _HEADER.unpack_from(value)[1], value[HEADER_BYTES:]


def encode(schema_id: int, record: Mapping[str, Any]) -> bytes:
    """Encode one record and frame it.

    Dates may be `datetime.date` or days since 1970, instants aware `datetime` or milliseconds since 1970.

    Raises
    ------
    KeyError
        The id is not registered.
    TypeError, ValueError
        The record does not fit the schema (fastavro's own errors, which may quote the value).
    """
    body = io.BytesIO()
    fastavro.schemaless_writer(body, registry.parsed(schema_id), record)
    return frame(schema_id, body.getvalue())


def decode(value: bytes) -> tuple[int, dict[str, Any]]:
    """Return schema id and record of a framed message value; logical types become `date` and aware `datetime`.

    Raises
    ------
    WireError
        The value is not exactly one record of a registered schema.
    """
    schema_id, body = split(value)
    if not registry.known(schema_id):
        raise WireError("unknown_schema")
    stream = io.BytesIO(body)
    try:
        record = fastavro.schemaless_reader(stream, registry.parsed(schema_id), None)
    except (EOFError, ValueError, IndexError, OverflowError, MemoryError, StopIteration) as error:
        # Every way in which fastavro meets bytes that are not of this schema; its text could quote them.
        raise WireError("undecodable_body") from error
    if stream.tell() != len(body):
        raise WireError("trailing_bytes")
    return schema_id, cast(dict[str, Any], record)
