"""Which record of an identity stands.

The records of an identity (issuer, record id) are ordered by revision, then retractions before others, then the
hash of the content; the highest stands, in whatever order they come. Equal content is a duplicate; an equal
revision with other content is a conflict, and both senders hear of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.verdicts import Verdict
from schemas.wire import HEADER_BYTES
from streams.identity import meet, ranks
from streams.ledger import Ledger
from streams.place_table import Numbers

CONFLICT_LOST = "conflict_lost"
CONFLICT_WON = "conflict_won"


@dataclass(slots=True)
class Decisions:
    """Verdicts of a batch of valid records, in the order in which they were given.

    `before` maps the number of an accepted record to the one that it replaced; `conflicts` a record's number to
    `CONFLICT_LOST` or, of an accepted one, `CONFLICT_WON`. `standing` lists the records that stand now and did
    not before, one an identity, whose numbers in the ledger are `identities`.
    """

    verdicts: NDArray[np.uint8]
    identities: Numbers
    standing: NDArray[np.int64]
    before: dict[int, bytes] = field(default_factory=dict)
    conflicts: dict[int, str] = field(default_factory=dict)


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


def decide(frame: pl.DataFrame, records: Sequence[bytes], ledger: Ledger) -> Decisions:
    """Give each valid record of a batch its verdict.

    Parameters
    ----------
    frame
        The records, as `streams.identity.identified` returns them; those of one identity stand in the order of their
        offsets.
    records
        Their message values.
    ledger
        What stands so far; not changed.
    """
    met = meet(frame, ledger)
    fresh = np.ones(len(records), dtype=np.bool_)
    decisions = Decisions(np.full(len(records), Verdict.ACCEPTED, dtype=np.uint8), met.numbers, np.empty(0, np.int64))
    # Only what meets another record of its identity, in the ledger or in the batch, is looked at singly.
    rank = ranks(frame[met.rows]).tolist()
    latest: dict[str, int] = {}
    for number, key, own in zip(met.rows.tolist(), met.keys, rank, strict=True):
        fresh[number] = False
        held = met.standing.get(key)
        if held is not None:
            verdict, told = _against(own, records[number], *held)
            if told:
                decisions.conflicts[number] = told
            if verdict is not Verdict.ACCEPTED:
                decisions.verdicts[number] = verdict
                continue
            decisions.before[number] = held[1]
        met.standing[key] = (own, records[number])
        latest[key] = number
    standing = np.sort(np.concatenate([np.flatnonzero(fresh), np.fromiter(latest.values(), np.int64, len(latest))]))
    decisions.standing = standing
    decisions.identities = met.numbers[standing]
    return decisions
