"""Which record of an identity stands.

An identity is (issuer, report id). Its records are ordered by revision, then retractions before others, then
the hash of the content; the highest stands, in whatever order they come. Equal content is a duplicate; an
equal revision with other content is a conflict, and both senders hear of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.columns import conform, decode_block
from schemas.verdicts import Verdict
from schemas.wire import HEADER_BYTES

Lookup = Callable[[Sequence[bytes]], dict[bytes, bytes]]
"""Identities to the standing records (wire header and body) of those that have one."""

CONFLICT_LOST = "conflict_lost"
CONFLICT_WON = "conflict_won"


@dataclass(slots=True)
class Decisions:
    """Verdicts of a batch of valid records, in the order in which they were given.

    `before` maps the number of an accepted record to the one that it replaced; `conflicts` a record's number to
    `CONFLICT_LOST` or, of an accepted one, `CONFLICT_WON`; `standing` is what the ledger must hold afterwards.
    """

    verdicts: NDArray[np.uint8]
    before: dict[int, bytes] = field(default_factory=dict)
    conflicts: dict[int, str] = field(default_factory=dict)
    standing: dict[bytes, bytes] = field(default_factory=dict)


def identities(frame: pl.DataFrame) -> list[bytes]:
    """Return the ledger's key of every row: issuer and report id, neither of which can hold the separator."""
    joined = frame.select(pl.concat_str(["issuer", "report_id"], separator="\x1f").cast(pl.Binary))
    return joined.to_series().to_list()


def ranks(frame: pl.DataFrame) -> NDArray[np.int64]:
    """Return the part of the order that stands in columns: revision, then retraction."""
    expression = pl.col("revision").cast(pl.Int64) * 2 + (pl.col("action") == "RETRACT").cast(pl.Int64)
    return frame.select(expression.alias("rank")).to_series().to_numpy()


def _held_ranks(records: Sequence[bytes]) -> NDArray[np.int64]:
    by_schema: dict[int, list[int]] = {}
    for number, record in enumerate(records):
        by_schema.setdefault(int.from_bytes(record[1:HEADER_BYTES]), []).append(number)
    held = np.empty(len(records), dtype=np.int64)
    for schema_id, members in by_schema.items():
        block = b"".join([records[number][HEADER_BYTES:] for number in members])
        held[members] = ranks(conform(decode_block(schema_id, block, len(members)), schema_id))
    return held


def _content(record: bytes) -> bytes:
    return blake2b(memoryview(record)[HEADER_BYTES:], digest_size=16).digest()


def _against(rank: int, record: bytes, held_rank: int, held: bytes) -> tuple[Verdict, str]:
    """Judge a record against the one that stands: its verdict, and what to tell of a conflict."""
    if rank >> 1 != held_rank >> 1:
        return (Verdict.ACCEPTED if rank > held_rank else Verdict.SUPERSEDED), ""
    if record[HEADER_BYTES:] == held[HEADER_BYTES:]:
        return Verdict.DUPLICATE, ""
    if (rank, _content(record)) > (held_rank, _content(held)):
        return Verdict.ACCEPTED, CONFLICT_WON
    return Verdict.CONFLICT, CONFLICT_LOST


def decide(keys: Sequence[bytes], rank: NDArray[np.int64], records: Sequence[bytes], lookup: Lookup) -> Decisions:
    """Give each valid record of a batch its verdict.

    Parameters
    ----------
    keys
        `identities` of the records. Those of one identity stand in the order of their offsets.
    rank
        `ranks` of the records.
    records
        Their message values.
    lookup
        Asked once, for the identities of the batch.
    """
    decisions = Decisions(
        np.full(len(keys), Verdict.ACCEPTED, dtype=np.uint8), standing=dict(zip(keys, records, strict=True))
    )
    held = lookup(list(decisions.standing))
    if not held and len(decisions.standing) == len(keys):
        return decisions
    # Only what meets another record of its identity, in the ledger or in the batch, is looked at singly.
    standing_rank = dict(zip(held, _held_ranks(list(held.values())).tolist(), strict=True))
    seen = dict(held)
    for number in _meetings(keys, held, len(decisions.standing)):
        key, record, own = keys[number], records[number], int(rank[number])
        if key in seen:
            verdict, told = _against(own, record, standing_rank[key], seen[key])
            if told:
                decisions.conflicts[number] = told
            if verdict is not Verdict.ACCEPTED:
                decisions.verdicts[number] = verdict
                continue
            decisions.before[number] = seen[key]
        seen[key] = record
        standing_rank[key] = own
    # What stands is what was accepted last; an identity where nothing was accepted stays as it is.
    for key, record in seen.items():
        if held.get(key) is record:
            del decisions.standing[key]
        else:
            decisions.standing[key] = record
    return decisions


def _meetings(keys: Sequence[bytes], held: dict[bytes, bytes], distinct: int) -> list[int]:
    """Return the numbers, ascending, of records whose identity is held or occurs more than once."""
    if distinct == len(keys):
        if len(held) * 8 < len(keys):
            place = {key: number for number, key in enumerate(keys)}
            return sorted(place[key] for key in held)
        return [number for number, key in enumerate(keys) if key in held]
    first: dict[bytes, int] = {}
    meeting: set[int] = set()
    for number, key in enumerate(keys):
        earlier = first.setdefault(key, number)
        if earlier != number:
            meeting.add(earlier)
            meeting.add(number)
        elif key in held:
            meeting.add(number)
    return sorted(meeting)
