"""Laboratory results as HL7 v2 ORU^R01 messages: what a laboratory system would have sent for a record.

For a laboratory's own tests of its mapping, and for ours: reading what is written here gives the record again.
"""

from collections.abc import Mapping
from datetime import datetime

from streams.hl7.codes import STATUS, results, specimens, tests
from streams.hl7.escapes import escaped
from streams.hl7.moments import moment_of, spelled

_KIND = "ORU^R01^ORU_R01"
_LETTERS = {status: letter for letter, status in STATUS.items()}


class NotInHl7(ValueError):
    """A record that HL7's message has no place for; the text names the field."""


def message(record: Mapping[str, object], control_id: str) -> str:
    """Return the message of one result, with a carriage return behind each segment.

    Parameters
    ----------
    record
        Fields of LabResult; instants as aware `datetime`.
    control_id
        MSH-10: names the message, so that its acknowledgement can.

    Raises
    ------
    NotInHl7
        The result id is not order number, hyphen and number; the test is none of the table; or the status is RETRACT's.
    """
    order, _, number = str(record["result_id"]).rpartition("-")
    code = str(record["test"])
    if not order or not number.isdigit():
        raise NotInHl7("result_id")
    if code not in tests():
        raise NotInHl7("test")
    changed = moment_of(int(str(record["revision"])))
    letter = "D" if record["action"] == "RETRACT" else _LETTERS[str(record["status"])]
    asked = f"{code}^{escaped(str(tests()[code].pathogen))}^LN"
    segments = [
        ["MSH", "^~\\&", "", str(record["sender"]), "", "", spelled(changed), "", _KIND, control_id, "P", "2.5.1"],
        ["PID", "1", "", "", "", "", "", "", "", "", "", f"^^^^^^^^{record['area']}"],
        _placed("OBR", {1: "1", 3: order, 4: asked, 7: _at(record, "collected_at"), 14: _at(record, "received_at"),
                        22: spelled(changed), 25: letter}),
        _placed("OBX", {1: number, **_value(record), 3: asked, 11: letter, 19: _at(record, "resulted_at")}),
        _placed("SPM", {1: "1", 2: f"^{escaped(str(record['specimen_id']))}", 4: _material(record)}),
    ]  # fmt: skip
    return "".join("|".join(segment) + "\r" for segment in segments)


def _placed(name: str, fields: Mapping[int, str]) -> list[str]:
    return [name, *(fields.get(at, "") for at in range(1, max(fields) + 1))]


def _value(record: Mapping[str, object]) -> dict[int, str]:
    result = str(record["result"])
    if record.get("value") is not None:
        flag = next(
            (code for (system, code), means in results().items() if system == "HL70078" and means == result), ""
        )
        return {2: "NM", 5: str(record["value"]), 6: escaped(str(record.get("unit") or "")), 8: flag}
    code = next(code for (system, code), means in results().items() if system == "SCT" and means == result)
    return {2: "CWE", 5: f"{code}^{result}^SCT"}


def _material(record: Mapping[str, object]) -> str:
    kind = str(record["specimen_type"])
    code = next((code for (_, code), means in specimens().items() if means == kind), "")
    return f"{code}^{escaped(kind)}^SCT" if code else f"^{escaped(kind)}"


def _at(record: Mapping[str, object], name: str) -> str:
    instant = record.get(name)
    return spelled(instant) if isinstance(instant, datetime) else ""
