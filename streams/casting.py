"""From what a file or a program says to the typed fields of a record; where that fails, field and reason."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from schemas import registry
from schemas.privacy import identifying_field
from schemas.sources import CASE_REPORTS, Source
from schemas.walk import MAX_ITEMS

PATIENT_NUMBER = "patient_id_number"
"""The one identifying field that a publisher takes: it leaves as the pseudonym `patient`, or not at all."""

_EPOCH_DAY = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_MILLISECONDS = re.compile(r"[0-9]{13}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BITS = {"int": 31, "long": 63}


class Refused(ValueError):
    """A record that will not be sent.

    Parameters
    ----------
    field
        The field at fault; ``#7`` for the seventh where its name is none of ours (it could be a person's data, as in
        a file without header); empty where it is the whole record.
    reason
        One of those in docs/rejections.md. The value itself is nowhere in the error.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field or 'record'}: {reason}")
        self.field = field
        self.reason = reason


@cache
def _fields(schema_id: int) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in registry.schema(schema_id)["fields"]}


def _integer(name: str, value: object, kind: str) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << _BITS[kind]) <= value < 1 << _BITS[kind]:
        raise Refused(name, "not_an_integer")
    return value


def _boolean(name: str, value: object) -> bool:
    word = value.lower() if isinstance(value, str) else value
    if word in ("true", "1") or word is True:
        return True
    if word in ("false", "0") or word is False:
        return False
    raise Refused(name, "not_a_boolean")


def _day(name: str, value: object) -> int:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise Refused(name, "not_a_date") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Refused(name, "not_a_date")
    return (value - _EPOCH_DAY).days


def _instant(name: str, value: object) -> int:
    if isinstance(value, str):
        if _MILLISECONDS.fullmatch(value):
            return int(value)
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Refused(name, "not_a_timestamp") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Refused(name, "timestamp_without_zone")
        return (value - _EPOCH) // _MILLISECOND
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << 63) <= value < 1 << 63:
        raise Refused(name, "not_a_timestamp")
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused(name, "not_a_number")
    try:
        return float(value)
    except OverflowError:
        raise Refused(name, "not_a_number") from None


def _list(name: str, item: Any, value: object) -> list[object]:
    """Read a list, or in text (a cell of CSV) its items between semicolons; a pair in text is name=value."""
    pairs = isinstance(item, dict)
    if isinstance(value, str):
        value = [part.strip() for part in value.split(";") if part.strip()]
    if pairs and isinstance(value, Mapping):
        value = [{"name": key, "value": each} for key, each in value.items()]
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        raise Refused(name, "not_a_list")
    if len(value) > MAX_ITEMS:
        raise Refused(name, "too_many_items")
    return [_pair(name, each) if pairs else _text(name, each) for each in value]


def _pair(name: str, value: object) -> dict[str, object]:
    if isinstance(value, str) and "=" in value:
        key, _, rest = value.partition("=")
        value = {"name": key.strip(), "value": rest.strip()}
    if not isinstance(value, Mapping) or set(value) != {"name", "value"}:
        raise Refused(name, "not_a_list")
    return {part: _text(name, value[part]) for part in ("name", "value")}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Refused(name, "not_text")
    return value


def _value(name: str, kind: Any, value: object) -> object:
    if isinstance(kind, list):
        kind = next(branch for branch in kind if branch != "null")
    if isinstance(kind, dict):
        if kind["type"] == "array":
            return _list(name, kind["items"], value)
        if kind["type"] == "enum":
            if not isinstance(value, str) or value.upper() not in kind["symbols"]:
                raise Refused(name, "unknown_symbol")
            return value.upper()
        return _day(name, value) if kind.get("logicalType") == "date" else _instant(name, value)
    if kind == "boolean":
        return _boolean(name, value)
    if kind == "double":
        return _number(name, value)
    if kind in _BITS:
        return _integer(name, value, kind)
    return _text(name, value)


def given(raw: Mapping[str, object], source: Source = CASE_REPORTS) -> dict[str, object]:
    """Return the fields that hold something, text without surrounding blanks.

    Raises
    ------
    Refused
        A field that identifies a person holds a value, or a field is none of the record's.
    """
    held = {name: value.strip() if isinstance(value, str) else value for name, value in raw.items()}
    for place, (name, value) in enumerate(held.items(), start=1):
        if name in _fields(source.schema_id) or (name == PATIENT_NUMBER and not source.checks.rules.anonymous):
            continue
        if not identifying_field(name) and name != PATIENT_NUMBER:
            raise Refused(f"#{place}", "unknown_field")
        if value not in (None, ""):
            raise Refused(name, "identifying_field")
    return {name: value for name, value in held.items() if value is not None and value != ""}


def typed(fields: Mapping[str, object], source: Source = CASE_REPORTS) -> dict[str, Any]:
    """Return every field of a record, in the schema's order, as its Avro type.

    Parameters
    ----------
    fields
        As `given` returns them. Dates are `datetime.date` or ``YYYY-MM-DD``; instants aware `datetime`, ISO 8601
        with a zone, or milliseconds UTC; numbers and booleans may be text, lists text with semicolons.
    source
        The type of record.

    Returns
    -------
    dict
        Dates in days, instants in milliseconds since 1970. Absent fields have the schema's default.

    Raises
    ------
    Refused
        A field is missing or of another type.
    """
    record: dict[str, Any] = {}
    for name, field in _fields(source.schema_id).items():
        if name in fields:
            record[name] = _value(name, field["type"], fields[name])
        elif "default" in field:
            record[name] = field["default"]
        else:
            raise Refused(name, "missing_field")
    return record
