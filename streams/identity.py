"""Identities as numbers: (issuer, record id) hashed to 64 bits, and exact in spite of it.

Two identities may have one hash. Then the second to come gets the number that follows by `_next`, and whoever
looks for it starts at the hash and goes on while another identity's record stands there. Nothing is ever removed
from the ledger, so a way once found stays open.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.columns import conform, decode_block
from schemas.sources import Source, source_of
from schemas.wire import HEADER_BYTES
from streams.ledger import Ledger
from streams.place_table import NOWHERE, Numbers

_STEP = np.uint64(0x9E37_79B9_7F4A_7C15)
_FIRST = np.uint64(1)
"""Zero means nobody."""

RECORD_ID = "record_id"
"""Under this name the id of every type of record stands in the frames here."""

_KEY = pl.concat_str(["issuer", RECORD_ID], separator="\x1f").alias("key")
"""Neither part can hold the separator: both are checked against patterns before they come here."""


@dataclass(slots=True)
class Met:
    """The records of a batch with their identity numbers, and what already stands for them.

    `rows` lists, ascending, the records whose identity stands in the ledger or occurs more than once in the
    batch, `keys` their identities. `standing` maps an identity that stands in the ledger to (rank, record).
    """

    numbers: Numbers
    rows: NDArray[np.int64]
    keys: list[str]
    standing: dict[str, tuple[int, bytes]]


def ranks(frame: pl.DataFrame) -> NDArray[np.int64]:
    """Return the part of an identity's order that stands in columns: revision, then retractions above others."""
    expression = pl.col("revision").cast(pl.Int64) * 2 + (pl.col("action") == "RETRACT").cast(pl.Int64)
    return frame.select(expression.alias("rank")).to_series().to_numpy()


def identified(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Return of each record who it is, and which of its records."""
    return frame.select("issuer", pl.col(source.key).alias(RECORD_ID), "revision", "action")


def hashes(frame: pl.DataFrame, seed: int) -> Numbers:
    """Return the identities' hashes, none of which is zero."""
    hashed: Numbers = frame.select(_KEY.hash(seed)).to_series().to_numpy()
    return np.maximum(hashed, _FIRST)


def _next(numbers: Numbers) -> Numbers:
    following: Numbers = np.maximum(numbers + _STEP, _FIRST)
    return following


def read_records(records: Sequence[bytes]) -> tuple[list[str], list[int]]:
    """Return identity and rank of records from the ledger."""
    keys = [""] * len(records)
    rank = [0] * len(records)
    by_schema: dict[int, list[int]] = {}
    for number, record in enumerate(records):
        by_schema.setdefault(int.from_bytes(record[1:HEADER_BYTES]), []).append(number)
    for schema_id, members in by_schema.items():
        block = b"".join([records[number][HEADER_BYTES:] for number in members])
        frame = identified(conform(decode_block(schema_id, block, len(members)), schema_id), source_of(schema_id))
        told = zip(members, frame.select(_KEY).to_series().to_list(), ranks(frame).tolist(), strict=True)
        for number, key, own in told:
            keys[number], rank[number] = key, own
    return keys, rank


def meet(frame: pl.DataFrame, ledger: Ledger) -> Met:
    """Find what already stands for the records of a batch.

    Parameters
    ----------
    frame
        Valid records, as `identified` returns them.
    ledger
        Is read, not changed.
    """
    numbers = hashes(frame, ledger.seed)
    while True:
        places = ledger.find(numbers)
        held = places != NOWHERE
        rows = np.flatnonzero(held | _repeated(numbers))
        if not rows.size:
            return Met(numbers, rows, [], {})
        keys: list[str] = frame[rows].select(_KEY).to_series().to_list()
        occupied, first = np.unique(numbers[held], return_index=True)
        records = ledger.read(places[held][first])
        holders, rank = read_records(records)
        owners = dict(zip(occupied.tolist(), holders, strict=True))
        # Whoever does not own his number goes on to the next; that is all but never so.
        strangers = [
            row
            for row, number, key in zip(rows.tolist(), numbers[rows].tolist(), keys, strict=True)
            if owners.setdefault(number, key) != key
        ]
        if not strangers:
            return Met(numbers, rows, keys, dict(zip(holders, zip(rank, records, strict=True), strict=True)))
        numbers[strangers] = _next(numbers[strangers])


def _repeated(numbers: Numbers) -> NDArray[np.bool_]:
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    equal = ordered[1:] == ordered[:-1]
    repeated = np.zeros(numbers.size, dtype=np.bool_)
    repeated[order[1:][equal]] = True
    repeated[order[:-1][equal]] = True
    return repeated
