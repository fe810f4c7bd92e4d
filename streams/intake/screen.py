"""Is a message a record at all, and a valid one? Each that is not gets its reason; no value is kept or told."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import registry
from schemas.arrays import binary_column
from schemas.columns import conform, decode_packed, dtypes
from schemas.murmur2 import partitions_of
from schemas.packed import Packed
from schemas.sources import Source
from schemas.wire import HEADER_BYTES
from streams.intake.messages import Messages

Faults = dict[int, tuple[str, str]]
"""Number of a message in its batch to (reason, field)."""

MAX_VALUE_BYTES = 65_536
"""Longest value that is looked into: a record has a few hundred bytes, and the topic's own limit holds for
compressed batches only."""


@dataclass(slots=True)
class Screened:
    """What of a batch can be judged.

    `frame` has a row for each decodable message, whose number in the batch is in `rows`; `valid` says which of
    these passed all checks. `faults` maps each other message's number to (reason, field). `schema_ids` and
    `lengths` are what each message's wire header and its value's length in bytes say. `source` is the type of record.
    """

    source: Source
    frame: pl.DataFrame
    rows: NDArray[np.int64]
    valid: NDArray[np.bool_]
    faults: Faults
    schema_ids: NDArray[np.int64]
    lengths: NDArray[np.int64]


class _Faults:
    """The first fault of each message, and which messages have none yet."""

    def __init__(self, count: int) -> None:
        self.sound = np.ones(count, dtype=np.bool_)
        self.told: Faults = {}

    def add(self, wrong: NDArray[np.bool_], reason: str, field: str = "") -> None:
        """Note a fault of messages; those that have one already keep it."""
        for number in np.flatnonzero(wrong & self.sound).tolist():
            self.told[number] = (reason, field)
        self.sound &= ~wrong


def _schema_ids(values: Packed, missing: NDArray[np.bool_], faults: _Faults) -> NDArray[np.int64]:
    """Return the schema id in each value's wire header, and note the faults of those without one."""
    faults.add(missing, "tombstone")
    magic = values.octets[values.starts]
    faults.add((values.lengths > 0) & (magic != 0), "wrong_magic_byte")
    faults.add(values.lengths < HEADER_BYTES, "truncated_frame")
    faults.add(values.lengths > MAX_VALUE_BYTES, "value_too_long")
    return values.words32[values.starts + 1].byteswap().astype(np.int64)


def _decode(
    values: Packed, ids: NDArray[np.int64], source: Source, faults: _Faults
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Return the readable records in one frame, and the numbers of their messages."""
    known = registry.subjects()[source.subject]
    faults.add(~np.isin(ids, known), "unknown_schema")
    frames: list[pl.DataFrame] = []
    numbers: list[NDArray[np.int64]] = []
    for schema_id in known:
        members = np.flatnonzero(faults.sound & (ids == schema_id))
        if not members.size:
            continue
        frame, good = decode_packed(schema_id, values, values.starts[members] + HEADER_BYTES, values.ends[members])
        undecodable = np.zeros(ids.size, dtype=np.bool_)
        undecodable[members[~good]] = True
        faults.add(undecodable, "undecodable_body")
        frames.append(conform(frame, schema_id))
        numbers.append(members[good])
    if not frames:
        return pl.DataFrame(schema=dtypes(known[-1])), np.empty(0, dtype=np.int64)
    if len(frames) == 1:
        return frames[0], numbers[0]
    rows = np.concatenate(numbers)
    order = np.argsort(rows)
    return pl.concat(frames)[order], rows[order]


def _key_faults(messages: Messages, ids: pl.Series, rows: NDArray[np.int64], partitions: int, faults: _Faults) -> None:
    # In the order in which a sender should mend what is wrong.
    keys = Packed.of([key or b"" for key in messages.keys])
    faults.add(keys.lengths == 0, "empty_key", "key")
    other = np.zeros(len(messages), dtype=np.bool_)
    other[rows] = (binary_column(keys, rows) != ids.cast(pl.Binary)).to_numpy()
    faults.add(other, "key_mismatch", "key")
    faults.add(partitions_of(keys, partitions) != messages.partition, "wrong_partition", "key")


def screen(messages: Messages, arrival: NDArray[np.int64], partitions: int, source: Source) -> Screened:
    """Decode a batch of records and check everything that a single record can be wrong in.

    Parameters
    ----------
    messages
        The batch.
    arrival
        Milliseconds UTC of each message.
    partitions
        Partition count of the topic.
    source
        The type of record.
    """
    faults = _Faults(len(messages))
    values = Packed.of([value or b"" for value in messages.values])
    missing = np.fromiter([value is None for value in messages.values], dtype=np.bool_, count=len(messages))
    schema_ids = _schema_ids(values, missing, faults)
    frame, rows = _decode(values, schema_ids, source, faults)
    _key_faults(messages, frame[source.key], rows, partitions, faults)
    wrong = source.checks.check(frame, arrival[rows])
    for at, reason, field in wrong.iter_rows():
        number = int(rows[at])
        if faults.sound[number]:
            faults.told[number] = (reason, field)
            faults.sound[number] = False
    return Screened(source, frame, rows, faults.sound[rows], faults.told, schema_ids, values.lengths)
