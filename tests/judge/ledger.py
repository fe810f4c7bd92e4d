"""Which record of an identity counts, by a plain loop over the rule in the contract with senders."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

from tests.judge.source import Record

Position = tuple[int, int]


def _rank(record: Record) -> tuple[int, bool, bytes]:
    assert record.fields is not None
    return (
        record.fields["revision"],
        record.fields["action"] == "RETRACT",
        hashlib.blake2b(record.body, digest_size=16).digest(),
    )


def judge_records(
    records: Iterable[Record], rejected: Collection[Position], key: str = "report_id"
) -> tuple[dict[Position, str], list[dict[str, Any]]]:
    """Verdict of every record, and the reports that stand in the end.

    Parameters
    ----------
    records : iterable of Record
        In offset order within each partition.
    rejected : collection of (partition, offset)
        Records that the test made bad on purpose.
    key : str
        Field that with the issuer is the identity.

    Returns
    -------
    dict, list of dict
        Verdict by position; fields of the standing records, retracted ones left out.
    """
    best: dict[tuple[str, str], Record] = {}
    verdicts: dict[Position, str] = {}
    for record in records:
        position = (record.partition, record.offset)
        if position in rejected:
            verdicts[position] = "rejected"
            continue
        assert record.fields is not None, f"unreadable record at {position} that the test did not mark as bad"
        identity = (record.fields["issuer"], record.fields[key])
        held = best.get(identity)
        if held is None or _rank(record) > _rank(held):
            verdicts[position] = "accepted"
            best[identity] = record
        elif record.body == held.body:
            verdicts[position] = "duplicate"
        elif record.fields["revision"] == (held.fields or {})["revision"]:
            verdicts[position] = "conflict"
        else:
            verdicts[position] = "superseded"
    standing = [r.fields for r in best.values() if r.fields is not None and r.fields["action"] != "RETRACT"]
    return verdicts, standing
