"""Accepted records out of journal entries and back into the ledger, many entries at once.

An ordinary year's entries hold a record each: whatever is done entry by entry is done ten million times.
"""

import io
from itertools import pairwise

import fastavro
import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import registry
from schemas.columns import conform, decode_block
from schemas.lengths import shortest_lengths
from schemas.sources import source_of
from schemas.wire import frame as framed
from streams.identity import identified, meet
from streams.journal_batch import JournalBatch
from streams.ledger import Ledger


def restore(ledger: Ledger, batch: JournalBatch, keep: NDArray[np.bool_]) -> None:
    """Let what entries accepted stand for its identities, a later record of one identity for an earlier.

    Parameters
    ----------
    ledger
        Is changed, not committed.
    batch
        Entries of one partition: all records of an identity lie in one.
    keep
        Those of them that extend the chain.
    """
    groups = batch.groups("after", keep)
    frames: list[pl.DataFrame] = []
    records: list[bytes] = []
    places: list[NDArray[np.int64]] = []
    firsts = np.cumsum(groups["count"].to_numpy(), dtype=np.int64) - groups["count"].to_numpy()
    for schema_id in groups["schema_id"].unique().sort().to_list():
        members = np.flatnonzero(groups["schema_id"].to_numpy() == schema_id)
        counts = groups["count"].to_numpy()[members]
        block = b"".join(groups["bodies"].gather(members).to_list())
        rows = decode_block(schema_id, block, int(counts.sum()))
        frames.append(identified(conform(rows, schema_id), source_of(schema_id)))
        records += cut(schema_id, block, rows)
        within = np.arange(rows.height) - np.repeat(np.cumsum(counts) - counts, counts)
        places.append(np.repeat(firsts[members], counts) + within)
    if not frames:
        return
    rows = pl.concat(frames)
    if len(frames) > 1:
        # Rows of one schema come out in order; of several, the order is that of the source's offsets.
        order = np.argsort(batch.after_offsets(keep)[np.concatenate(places)], kind="stable")
        rows, records = rows[order], [records[row] for row in order.tolist()]
    numbers = meet(rows, ledger).numbers
    distinct, last = np.unique(numbers[::-1], return_index=True)
    ledger.put(distinct, [records[len(records) - 1 - row] for row in last.tolist()])


def cut(schema_id: int, block: bytes, rows: pl.DataFrame) -> list[bytes]:
    """Return the bodies of a block, each with the wire header.

    Parameters
    ----------
    schema_id
        Of the bodies.
    block
        Bodies end to end.
    rows
        The same, decoded.
    """
    lengths = shortest_lengths(schema_id, rows)
    if int(lengths.sum()) != len(block):
        lengths = _read_lengths(schema_id, block, rows.height)
    bounds = [0, *np.cumsum(lengths).tolist()]
    head = framed(schema_id, b"")
    return [head + block[start:end] for start, end in pairwise(bounds)]


def _read_lengths(schema_id: int, block: bytes, count: int) -> NDArray[np.int64]:
    """Find out by reading: somebody wrote a number with more bytes than it takes."""
    schema = registry.parsed(schema_id)
    stream = io.BytesIO(block)
    ends = np.zeros(count + 1, np.int64)
    for row in range(count):
        fastavro.schemaless_reader(stream, schema, None)
        ends[row + 1] = stream.tell()
    return np.diff(ends)
