"""Which Avro schema stands behind which id: a read-only register of the files in ``schemas/avro``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, cast

import fastavro

CASE_REPORT = 1
LAB_RESULT = 2
ENTRY_DECLARATION = 3
OBSERVATION = 4
JOURNAL_ENTRY = 101
CLOCK_TICK = 102
AGGREGATE_BATCH = 103
ALERT_EVENT = 104
AGGREGATE_ROW = 105
REJECTION = 106


@dataclass(frozen=True, slots=True)
class Registration:
    """One version of one subject, as Confluent's registry would list it."""

    schema_id: int
    subject: str
    version: int
    file: str


@cache
def registrations() -> Mapping[int, Registration]:
    """Return every registered schema by id, in order of id."""
    listed = json.loads((files("schemas") / "avro" / "ids.json").read_text("utf-8"))
    return MappingProxyType(
        {
            int(schema_id): Registration(int(schema_id), entry["subject"], entry["version"], entry["file"])
            for schema_id, entry in sorted(listed.items(), key=lambda item: int(item[0]))
        }
    )


def known(schema_id: int) -> bool:
    """Return whether an id is registered."""
    return schema_id in registrations()


@cache
def subjects() -> Mapping[str, tuple[int, ...]]:
    """Return the ids of each subject, oldest version first."""
    grouped: dict[str, list[Registration]] = {}
    for registration in registrations().values():
        grouped.setdefault(registration.subject, []).append(registration)
    return MappingProxyType(
        {
            subject: tuple(r.schema_id for r in sorted(versions, key=lambda r: r.version))
            for subject, versions in grouped.items()
        }
    )


@cache
def schema(schema_id: int) -> dict[str, Any]:
    """Return a schema as its file says it. Treat the result as read-only: it is shared.

    Raises
    ------
    KeyError
        The id is not registered.
    """
    text = (files("schemas") / "avro" / registrations()[schema_id].file).read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))


@cache
def parsed(schema_id: int) -> dict[str, Any]:
    """Return a schema in the form fastavro reads and writes with; prefer `schemas.wire` for whole messages.

    Raises
    ------
    KeyError
        The id is not registered.
    """
    return cast(dict[str, Any], fastavro.parse_schema(schema(schema_id)))


def symbols(schema_id: int, field: str) -> tuple[str, ...]:
    """Return the symbols of an enum field.

    Raises
    ------
    KeyError
        The id is not registered, or its schema has no such field.
    """
    for each in schema(schema_id)["fields"]:
        if each["name"] == field:
            return tuple(each["type"]["symbols"])
    raise KeyError(field)
