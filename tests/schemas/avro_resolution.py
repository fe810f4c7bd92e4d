"""Avro's rules of schema resolution: can a reader with one schema read what was written with another?

Written from the specification, stricter in one thing: an enum may only grow if the reader has a default for the
unknown, and a logical type may not change although Avro would let it.
"""

from typing import Any

_PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}


def _kind(schema: Any) -> str:
    if isinstance(schema, list):
        return "union"
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)


def _named(schema: Any, into: dict[str, Any]) -> dict[str, Any]:
    """Collect the named types of a schema, so that a later mention by name can be followed."""
    if isinstance(schema, list):
        for branch in schema:
            _named(branch, into)
    elif isinstance(schema, dict):
        if "name" in schema and schema["type"] in ("record", "enum", "fixed"):
            into[schema["name"]] = schema
        for field in schema.get("fields", []):
            _named(field["type"], into)
        for inner in ("items", "values"):
            if inner in schema:
                _named(schema[inner], into)
    return into


def breaks(reader: Any, writer: Any) -> list[str]:
    """Return why records of `writer` cannot all be read with `reader`; empty if they can."""
    return _breaks(reader, writer, _named(reader, {}), _named(writer, {}), "")


def _breaks(reader: Any, writer: Any, readers: dict[str, Any], writers: dict[str, Any], at: str) -> list[str]:
    reader, writer = readers.get(str(reader), reader), writers.get(str(writer), writer)
    kinds = _kind(reader), _kind(writer)
    if kinds[1] == "union":
        return [why for branch in writer for why in _breaks(reader, branch, readers, writers, at)]
    if kinds[0] == "union":
        tried = [_breaks(branch, writer, readers, writers, at) for branch in reader]
        return [] if [] in tried else [f"{at}: no branch for {kinds[1]}"]
    if kinds[0] != kinds[1]:
        promoted = kinds[0] in _PROMOTIONS.get(kinds[1], ())
        return [] if promoted else [f"{at}: {kinds[1]} became {kinds[0]}"]
    if isinstance(reader, dict) and isinstance(writer, dict) and reader.get("logicalType") != writer.get("logicalType"):
        return [f"{at}: another logical type"]
    if isinstance(reader, dict) != isinstance(writer, dict) and "logicalType" in str((reader, writer)):
        return [f"{at}: another logical type"]
    if kinds[0] == "enum":
        lost = set(writer["symbols"]) - set(reader["symbols"])
        return [f"{at}: symbols {sorted(lost)} unknown"] if lost and "default" not in reader else []
    if kinds[0] in ("array", "map"):
        inner = "items" if kinds[0] == "array" else "values"
        return _breaks(reader[inner], writer[inner], readers, writers, f"{at}[]")
    if kinds[0] != "record":
        return []
    if reader["name"] != writer["name"]:
        return [f"{at}: record {writer['name']} became {reader['name']}"]
    written = {field["name"]: field for field in writer["fields"]}
    found: list[str] = []
    for field in reader["fields"]:
        name = f"{at}.{field['name']}"
        if field["name"] in written:
            found += _breaks(field["type"], written[field["name"]]["type"], readers, writers, name)
        elif "default" not in field:
            found.append(f"{name}: new without default")
    return found
