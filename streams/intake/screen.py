"""Is a message a record at all, and a valid one? Each that is not gets its reason; no value is kept or told."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import case_checks, registry
from schemas.columns import conform, decode_bodies, dtypes
from schemas.murmur2 import partitions_of
from schemas.wire import HEADER_BYTES, WireError, split
from streams.intake.messages import Messages

Faults = dict[int, tuple[str, str]]
"""Number of a message in its batch to (reason, field)."""

MAX_VALUE_BYTES = 65_536
"""Longest value that is looked into: a case report has a few hundred bytes, and the topic's own limit holds for
compressed batches only."""


@dataclass(slots=True)
class Screened:
    """What of a batch can be judged.

    `frame` has a row for each decodable message, whose number in the batch is in `rows`; `valid` says which of
    these passed all checks. `faults` maps each other message's number to (reason, field).
    """

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    valid: NDArray[np.bool_]
    faults: Faults


def _by_schema(values: Sequence[bytes | None], subject: str, faults: Faults) -> dict[int, list[int]]:
    """Group the numbers of messages that have a wire header by schema id; note the fault of the others."""
    known = registry.subjects()[subject]
    groups: dict[int, list[int]] = {}
    for number, value in enumerate(values):
        if value is None:
            faults[number] = ("tombstone", "")
            continue
        try:
            schema_id, _ = split(value[: HEADER_BYTES + 1])
        except WireError as error:
            faults[number] = (error.reason, "")
            continue
        if len(value) > MAX_VALUE_BYTES:
            faults[number] = ("value_too_long", "")
        elif schema_id not in known:
            faults[number] = ("unknown_schema", "")
        else:
            groups.setdefault(schema_id, []).append(number)
    return groups


def _decode(values: Sequence[bytes | None], subject: str, faults: Faults) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    frames: list[pl.DataFrame] = []
    numbers: list[NDArray[np.int64]] = []
    for schema_id, members in _by_schema(values, subject, faults).items():
        bodies = [values[number][HEADER_BYTES:] for number in members]  # type: ignore[index]  # None has a fault
        frame, good = decode_bodies(schema_id, bodies)
        member_numbers = np.array(members, dtype=np.int64)
        for number in member_numbers[~good].tolist():
            faults[number] = ("undecodable_body", "")
        frames.append(conform(frame, schema_id))
        numbers.append(member_numbers[good])
    if not frames:
        return pl.DataFrame(schema=dtypes(registry.subjects()[subject][-1])), np.empty(0, dtype=np.int64)
    if len(frames) == 1:
        return frames[0], numbers[0]
    rows = np.concatenate(numbers)
    order = np.argsort(rows)
    return pl.concat(frames)[order], rows[order]


def screen(messages: Messages, arrival: NDArray[np.int64], partitions: int) -> Screened:
    """Decode a batch of case reports and check everything that a single record can be wrong in.

    Parameters
    ----------
    messages
        The batch.
    arrival
        Milliseconds UTC of each message.
    partitions
        Partition count of the topic.
    """
    faults: Faults = {}
    frame, rows = _decode(messages.values, "case-reports-value", faults)
    sound = np.ones(frame.height, dtype=np.bool_)

    def reject(bad: NDArray[np.bool_], reason: str, field: str) -> None:
        for at in np.flatnonzero(bad & sound).tolist():
            faults[int(rows[at])] = (reason, field)
        sound[bad] = False

    everything = len(rows) == len(messages)
    listed = messages.keys if everything else [messages.keys[number] for number in rows.tolist()]
    keys = [key or b"" for key in listed]
    column = pl.Series(keys, dtype=pl.Binary)
    # The checks stand in the order in which a sender should mend what is wrong.
    reject((column.bin.size() == 0).to_numpy(), "empty_key", "key")
    reject((column != frame["report_id"].cast(pl.Binary)).to_numpy(), "key_mismatch", "key")
    reject(partitions_of(keys, partitions) != messages.partition[rows], "wrong_partition", "key")
    checked = case_checks.check(frame, arrival[rows])
    if checked.height:
        for at, reason, field in checked.select("row", "reason", "field").iter_rows():
            if sound[at]:
                faults[int(rows[at])] = (reason, field)
                sound[at] = False
    return Screened(frame, rows, sound, faults)
