"""Many journal entries decoded together: their heads as columns, their rows as frames.

One entry at a time costs tens of microseconds, and an ordinary year writes ten million small ones.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import registry, wire
from schemas.columns import conform, decode_block, dtypes
from schemas.container import zigzag
from schemas.entry import Note
from schemas.sources import CASE_REPORTS, Source
from schemas.verdicts import Verdict
from schemas.wire import WireError

_SYNC = bytes(16)
_HEADER = wire.frame(registry.JOURNAL_ENTRY, b"")


@dataclass(frozen=True, slots=True)
class Noted:
    """A note with what belongs to it: number of its entry in the batch, source offset, verdict, sender or empty."""

    entry: int
    offset: int
    verdict: Verdict
    sender: str
    note: Note


class JournalBatch:
    """Some entries of one journal partition, in the order of the log.

    Parameters
    ----------
    values
        The messages' values.

    Attributes
    ----------
    topic : list of str
        Source topic of each entry.
    partition, from_offset, to_offset, clock : int64 arrays
        As in ``journal_entry.avsc``.
    parent : list of bytes

    Raises
    ------
    schemas.wire.WireError
        A value is no journal entry.
    """

    def __init__(self, values: Sequence[bytes]) -> None:
        frame = _decode(values)
        self.topic: list[str] = frame["topic"].to_list()
        self.topic_id: list[str] = frame["topic_id"].to_list()
        self.partition = frame["partition"].cast(pl.Int64).to_numpy()
        self.from_offset = frame["from_offset"].to_numpy()
        self.to_offset = frame["to_offset"].to_numpy()
        self.clock = frame["clock"].to_numpy()
        self.parent: list[bytes] = frame["parent"].to_list()
        self._frame = frame

    def __len__(self) -> int:
        return len(self.parent)

    def groups(self, side: str, keep: NDArray[np.bool_]) -> pl.DataFrame:
        """Return the bodies of entries as they came: entry (number in the batch), schema_id, count and bodies.

        Parameters
        ----------
        side
            ``after`` or ``before``.
        keep
            The entries whose bodies are wanted.
        """
        return (
            self._frame.select(pl.Series("entry", np.arange(len(self)), dtype=pl.Int64), side)
            .filter(pl.Series(keep))
            .explode(side)
            .drop_nulls(side)
            .unnest(side)
        )

    def notes(self, keep: NDArray[np.bool_]) -> list[Noted]:
        """Return what entries say of rejected and conflicting offsets, in order of entry and offset."""
        frame = self._frame
        found = []
        for entry in np.flatnonzero(frame["notes"].list.len().to_numpy() * keep).tolist():
            verdicts, sender_of = frame["verdicts"][entry], np.frombuffer(frame["sender_of"][entry], "<i2")
            senders = frame["senders"][entry].to_list()
            for note in sorted(frame["notes"][entry].to_list(), key=lambda one: one["at"]):
                at, sender = note["at"], int(sender_of[note["at"]])
                offset = int(self.from_offset[entry]) + at
                named = senders[sender] if sender >= 0 else ""
                said = Note(at, note["reason"], note["field"], note["report_id"])
                found.append(Noted(entry, offset, Verdict(verdicts[at]), named, said))
        return found

    def after_offsets(self, keep: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the source offset of each row that entries accepted, in order of entry, group and row."""
        packed = self._frame["after_at"].filter(pl.Series(keep))
        counts = (packed.bin.size().to_numpy() // 4).astype(np.int64)
        within = np.frombuffer(b"".join(packed.to_list()), "<i4")
        offsets: NDArray[np.int64] = np.repeat(self.from_offset[keep], counts) + within
        return offsets

    def rows(
        self, side: str, keep: NDArray[np.bool_], source: Source = CASE_REPORTS
    ) -> tuple[pl.DataFrame, NDArray[np.int64]]:
        """Return the rows that entries accepted ("after") or replaced ("before").

        Parameters
        ----------
        side
            ``after`` or ``before``.
        keep
            The entries whose rows are wanted.
        source
            The type of record that the journal is of.

        Returns
        -------
        frame
            Columns of the newest version. Rows of one schema id stand together.
        entry
            For each row the number of its entry in the batch.
        """
        groups = self.groups(side, keep)
        frames: list[pl.DataFrame] = []
        owners: list[NDArray[np.int64]] = []
        for schema_id in groups["schema_id"].unique().sort().to_list():
            of_schema = groups.filter(pl.col("schema_id") == schema_id)
            counts = of_schema["count"].to_numpy()
            block = b"".join(of_schema["bodies"].to_list())
            frames.append(conform(decode_block(schema_id, block, int(counts.sum())), schema_id))
            owners.append(np.repeat(of_schema["entry"].to_numpy(), counts))
        if not frames:
            return pl.DataFrame(schema=dtypes(source.schema_id)), np.empty(0, np.int64)
        return pl.concat(frames), np.concatenate(owners)


def _decode(values: Sequence[bytes]) -> pl.DataFrame:
    size = len(_HEADER)
    if {value[:size] for value in values} != {_HEADER}:
        raise WireError("unknown_schema")
    bodies = b"".join([value[size:] for value in values])
    data = b"".join([_container_head(), zigzag(len(values)), zigzag(len(bodies)), bodies, _SYNC])
    try:
        frame = pl.read_avro(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise WireError("undecodable_body") from error
    if frame.height != len(values):
        raise WireError("undecodable_body")
    return frame


@cache
def _container_head() -> bytes:
    schema = json.dumps(_spelled_out(registry.schema(registry.JOURNAL_ENTRY), {})).encode()
    parts = [b"Obj\x01", zigzag(2)]
    for key, value in ((b"avro.schema", schema), (b"avro.codec", b"null")):
        parts += [zigzag(len(key)), key, zigzag(len(value)), value]
    return b"".join([*parts, zigzag(0), _SYNC])


def _spelled_out(avro: Any, named: dict[str, Any]) -> Any:
    """Return a schema without references to named types: polars does not follow them."""
    if isinstance(avro, str):
        return {**named[avro], "name": f"{avro}{len(named)}"} if avro in named else avro
    if isinstance(avro, list):
        return [_spelled_out(branch, named) for branch in avro]
    if avro["type"] == "array":
        return {**avro, "items": _spelled_out(avro["items"], named)}
    if avro["type"] == "record":
        fields = [{"name": field["name"], "type": _spelled_out(field["type"], named)} for field in avro["fields"]]
        named[avro["name"]] = {"type": "record", "name": avro["name"], "fields": fields}
        return named[avro["name"]]
    return avro
