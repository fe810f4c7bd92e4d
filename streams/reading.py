"""Records out of a file or standard input with their line numbers: NDJSON, CSV or an Avro container.

A line that cannot be read is a row with a reason; the lines behind it are read all the same.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import fastavro

MAX_LINE_BYTES = 1_000_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BY_SUFFIX = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".csv": "csv", ".avro": "avro"}


@dataclass(frozen=True, slots=True)
class Row:
    """One record, or why there is none.

    Attributes
    ----------
    line
        Counted from 1; in an Avro container the number of the record.
    record
        Field names to values, or None.
    reason
        As in docs/rejections.md where `record` is None.
    """

    line: int
    record: Mapping[str, object] | None
    reason: str = ""


class _Bad(Exception):
    """A line that is no record; its only argument is the reason."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise _Bad("field_given_twice")
    return record


def _json(text: str) -> Mapping[str, object]:
    try:
        record = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise _Bad("bad_json") from None
    if not isinstance(record, dict):
        raise _Bad("not_an_object")
    return record


def _cells(text: str) -> list[str]:
    # Line by line, because a quote that is never closed would else swallow all that follows.
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        raise _Bad("bad_csv") from None


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and content of every line that is not blank; None for one that is too long."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        whole = len(line) <= MAX_LINE_BYTES
        while not line.endswith(b"\n") and (rest := stream.readline(MAX_LINE_BYTES)):
            line, whole = rest, False
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if line.strip() or not whole:
            yield number, line if whole else None


def _text(line: bytes | None) -> str:
    if line is None:
        raise _Bad("line_too_long")
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _Bad("not_utf8") from None


def _ndjson(stream: io.BufferedReader) -> Iterator[Row]:
    for number, line in _lines(stream):
        try:
            yield Row(number, _json(_text(line)))
        except _Bad as bad:
            yield Row(number, None, str(bad))


def _header(line: bytes | None, key: str) -> list[str]:
    names = [name.strip() for name in _cells(_text(line))]
    if key not in names:
        raise _Bad("no_header")
    if len(set(names)) < len(names):
        raise _Bad("field_given_twice")
    return names


def _csv(stream: io.BufferedReader, key: str) -> Iterator[Row]:
    names: list[str] | None = None
    for number, line in _lines(stream):
        try:
            if names is None:
                names = _header(line, key)
                continue
            cells = _cells(_text(line))
            if len(cells) != len(names):
                raise _Bad("wrong_number_of_columns")
            yield Row(number, dict(zip(names, cells, strict=True)))
        except _Bad as bad:
            yield Row(number, None, str(bad))
            if names is None:
                return  # without a header nothing behind it means anything


def _avro(stream: io.BufferedReader) -> Iterator[Row]:
    number = 0
    try:
        for number, record in enumerate(fastavro.reader(stream), start=1):
            yield Row(number, record if isinstance(record, dict) else None, "not_an_object")
    except Exception:
        # A damaged container fails anywhere in the decoder, with any error, whose text may quote the data.
        yield Row(number + 1, None, "bad_container")


def rows(stream: io.BufferedReader, name: str = "", key: str = "report_id") -> Iterator[Row]:
    """Read records; the format follows the name's ending, else the first bytes.

    Parameters
    ----------
    stream
        Binary and buffered.
    name
        File name; empty for standard input.
    key
        Field of the record's id, which the header of a CSV file must name.

    Yields
    ------
    Row
        One a record or unreadable line; blank lines are passed over.
    """
    start = stream.peek(64)[:64]
    kind = _BY_SUFFIX.get(PurePath(name).suffix.lower())
    if kind is None:
        text = start.removeprefix(_BYTE_ORDER_MARK).lstrip()
        kind = "avro" if start.startswith(b"Obj\x01") else "ndjson" if text[:1] in (b"{", b"[") else "csv"
    if kind == "csv":
        yield from _csv(stream, key)
    else:
        yield from {"ndjson": _ndjson, "avro": _avro}[kind](stream)
