"""Laboratory results out of HL7 v2 ORU^R01 messages.

One record for each OBX segment. Which segment and field becomes what is said in docs/publishing.md, row by row of the
constants here. Names, addresses, telephone numbers and birth dates are not even looked at; the national identifier
goes to the publisher, which makes it a pseudonym.
"""

import io
from collections.abc import Iterator
from datetime import datetime, timezone

from hl7apy.core import Message, Segment  # type: ignore[import-untyped]  # ships no types
from hl7apy.exceptions import HL7apyException  # type: ignore[import-untyped]
from hl7apy.parser import parse_message  # type: ignore[import-untyped]

from streams.casting import PATIENT_NUMBER
from streams.hl7.codes import STATUS, WRONG, Test, results, specimens, tests
from streams.hl7.escapes import plain
from streams.hl7.moments import NoMoment, moment, revision, zone_of
from streams.reading import MAX_LINE_BYTES, Row

NATIONAL_IDENTIFIERS = ("NI", "NNCHN")
"""PID-3.5 of the identifier that one person has everywhere (HL7 table 0203)."""

_LOINC = "LN"
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
_FRAMING = b"\x0b\x1c"


class _Bad(Exception):
    """A result that is no record: field and reason."""


def looks_like_hl7(stream: io.BufferedReader, name: str = "") -> bool:
    """Return whether a file is of HL7 v2, by its name or else by how it begins."""
    return name.lower().endswith(".hl7") or stream.peek(8).lstrip(_FRAMING).startswith((b"MSH|", b"FHS|", b"BHS|"))


def rows(stream: io.BufferedReader, area: str, *, patients: bool) -> Iterator[Row]:
    """Read messages, one after the other, with or without MLLP framing and batch envelopes.

    Parameters
    ----------
    stream
        Binary and buffered.
    area
        GB/T 2260 code of the laboratory: the sender's, and the patient's where PID-11 names no county by its code.
    patients
        Whether the national identifier is wanted: where nobody can make a pseudonym of it, it is not even read.

    Yields
    ------
    Row
        One a result (OBX), or one a message that cannot be read; `line` is that of the segment.
    """
    for line, segments in _messages(stream):
        if segments is None:
            yield Row(line, None, "line_too_long")
            continue
        yield from _results(line, segments, area, patients)


def _messages(stream: io.BufferedReader) -> Iterator[tuple[int, list[tuple[int, str]] | None]]:
    """Yield the number of a message's first line, and its segments with their line numbers."""
    started, held = 0, list[tuple[int, str]]()
    for number, line in _lines(stream):
        if line is None:
            yield number, None
            continue
        if line.startswith("MSH"):
            if held:
                yield started, held
            started, held = number, []
        if line[:3] not in _ENVELOPE:
            held.append((number, line))
            started = started or number
    if held:
        yield started, held


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, str | None]]:
    # Segments end with a carriage return, in files often with a line feed, or both.
    number = 0
    rest = b""
    while chunk := stream.read(65_536):
        *whole, rest = (rest + chunk).replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r")
        if len(rest) > MAX_LINE_BYTES:
            yield number + 1, None
            rest = b""
        for line in whole:
            number += 1
            if text := line.strip(_FRAMING + b" "):
                yield number, text.decode("utf-8", "replace")
    if text := rest.strip(_FRAMING + b" \r\n"):
        yield number + 1, text.decode("utf-8", "replace")


def _results(line: int, segments: list[tuple[int, str]], area: str, patients: bool) -> Iterator[Row]:
    try:
        message = _parsed([text for _, text in segments])
    except (HL7apyException, ValueError, IndexError, KeyError, AttributeError):
        # What the parser says of a message could quote it.
        yield Row(line, None, "bad_hl7")
        return
    header, kind = message.msh, message.msh.msh_9.to_er7()
    if not kind.startswith("ORU^R01"):
        yield Row(line, None, "not_a_result_message")
        return
    lines = iter([number for number, text in segments if text.startswith("OBX")])
    around: dict[str, Segment] = {"MSH": header}
    observed: list[tuple[int, dict[str, Segment]]] = []
    for segment in message.children:
        around = {name: kept for name, kept in around.items() if not (segment.name == "OBR" and name in ("OBR", "SPM"))}
        if segment.name == "SPM":
            # The specimen stands behind the results of its order.
            for _, seen in observed:
                if seen.get("OBR") is around.get("OBR"):
                    seen.setdefault("SPM", segment)
        around[segment.name] = segment
        if segment.name == "OBX":
            observed.append((next(lines, line), dict(around)))
    if not observed:
        yield Row(line, None, "no_result")
    for number, seen in observed:
        try:
            yield Row(number, _record(seen, area, patients))
        except (_Bad, NoMoment) as bad:
            yield Row(number, None, str(bad))


def _parsed(lines: list[str]) -> Message:
    return parse_message("\r".join(lines), find_groups=False)


def _field(seen: dict[str, Segment], name: str, component: int = 1, repetition: int = 0) -> str:
    """Return a component of a field (``OBX_3``), of several parts the first, empty where anything of it is absent."""
    segment = seen.get(name.partition("_")[0])
    found = getattr(segment, name.lower()) if segment is not None else []
    if len(found) <= repetition:
        return ""
    separators = found[repetition].to_er7().split("^")
    return plain(separators[component - 1].split("&")[0]).strip() if len(separators) >= component else ""


def _record(seen: dict[str, Segment], area: str, patients: bool) -> dict[str, object]:
    zone = zone_of(_field(seen, "MSH_7"))

    def first(*names: str) -> datetime | None:
        return next((at for name in names if (at := _moment(seen, name, zone)) is not None), None)

    code, test = _test(seen)
    order, changed = _field(seen, "OBR_3"), first("OBR_22", "MSH_7")
    received, collected = first("SPM_18", "OBR_14"), first("SPM_17", "OBR_7")
    if not order:
        raise _Bad("no_filler_order_number")
    if changed is None:
        raise _Bad("no_time_of_result")
    resulted = first("OBX_19", "OBX_14", "OBR_22") or changed
    status = _field(seen, "OBX_11")
    if status not in STATUS and status not in WRONG:
        raise _Bad("result_not_ready")
    what = {"result": "INVALID"} if status in WRONG or status == "X" else _result(seen)
    record: dict[str, object] = {
        "result_id": f"{order}-{_field(seen, 'OBX_1') or '1'}",
        "revision": revision(changed),
        "action": "RETRACT" if status in WRONG else "REPORT",
        "status": "CANCELLED" if status in WRONG else STATUS[status],
        "issuer": _field(seen, "MSH_4"),
        "sender": _field(seen, "MSH_4"),
        # A message does not repeat when the result was first released; when the specimen came, all messages say.
        "reported_at": received or collected or resulted,
        "revised_at": changed,
        "reported_area": area,
        "area": _field(seen, "PID_11", 9) or area,
        "specimen_id": _field(seen, "SPM_2", 2) or _field(seen, "SPM_2") or order,
        "specimen_type": _specimen(seen),
        "test": code,
        "pathogen": test.pathogen,
        "subtype": test.subtype,
        "method": test.method,
        "collected_at": collected,
        "received_at": received,
        "resulted_at": resulted,
        **what,
    }
    national = _national_number(seen) if patients else ""
    return {**record, PATIENT_NUMBER: national} if national else record


def _moment(seen: dict[str, Segment], name: str, zone: timezone | None) -> datetime | None:
    return moment(_field(seen, name), zone)


def _test(seen: dict[str, Segment]) -> tuple[str, Test]:
    for at in (1, 4):
        code, system = _field(seen, "OBX_3", at), _field(seen, "OBX_3", at + 2)
        if system == _LOINC and code in tests():
            return code, tests()[code]
    raise _Bad("unknown_test")


def _result(seen: dict[str, Segment]) -> dict[str, object]:
    kind, flag = _field(seen, "OBX_2"), results().get(("HL70078", _field(seen, "OBX_8")))
    if kind == "NM":
        value: dict[str, object] = {"value": _field(seen, "OBX_5"), "unit": _field(seen, "OBX_6")}
        if flag is None:
            raise _Bad("unknown_result")
        return {"result": flag, **{name: each for name, each in value.items() if each}}
    for at in (1, 4):
        code, system = _field(seen, "OBX_5", at), _field(seen, "OBX_5", at + 2)
        known = results().get((system, code)) or results().get(("text", code.upper()))
        if known is not None:
            return {"result": known}
    if flag is None:
        raise _Bad("unknown_result")
    return {"result": flag}


def _specimen(seen: dict[str, Segment]) -> str:
    for at in (1, 4):
        code, system = _field(seen, "SPM_4", at), _field(seen, "SPM_4", at + 2)
        if (system, code) in specimens():
            return specimens()[system, code]
    return "unknown"


def _national_number(seen: dict[str, Segment]) -> str:
    person = seen.get("PID")
    for at in range(len(person.pid_3) if person is not None else 0):
        if _field(seen, "PID_3", 5, at) in NATIONAL_IDENTIFIERS:
            return _field(seen, "PID_3", 1, at)
    return ""
