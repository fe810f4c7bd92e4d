"""Verdicts: one row for every offset of every source partition."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from schemas.entry import Entry
from schemas.verdicts import Verdict
from sinks.table import Column, Place, Table

_CODE = "LowCardinality(String)"

TABLE = Table(
    name="verdicts",
    columns=(
        Column("topic", _CODE, "Source topic"),
        Column("topic_id", _CODE, "Kafka's id of the source topic"),
        Column("partition", "UInt16", "Source partition"),
        Column("offset", "UInt64", "Source offset; every one below the position is here exactly once"),
        Column("verdict", _CODE, "accepted, duplicate, superseded, conflict, rejected or void (no record there)"),
        Column("reason", _CODE, "Why it was rejected or conflicted; see rejections.md"),
        Column("field", _CODE, "Field at fault, or empty"),
        Column("sender", _CODE, "Institution that sent it, or empty where that is unknown"),
        Column("report_id", "String", "Only with a reason, where it was readable and holds nothing identifying"),
        Column("clock", "DateTime64(3, 'UTC')", "Clock of the journal entry that holds the verdict"),
    ),
    order_by=("topic", "partition", "offset"),
    place=Place("topic_id", "partition", "offset"),
    meaning="The verdict on every source record: count() = max(offset) + 1 in each partition",
)

VERDICT_NAMES = tuple(verdict.name.lower() for verdict in sorted(Verdict))
"""Names as the column spells them, by code."""

_VERDICT = pl.Enum(VERDICT_NAMES)


def rows(entries: Sequence[Entry]) -> pl.DataFrame:
    """Return one row for each offset that a run of journal entries judged.

    Parameters
    ----------
    entries
        Applied entries, in order; of any partitions of one source topic.
    """
    counts = np.array([entry.verdicts.size for entry in entries], dtype=np.int64)
    firsts = np.cumsum(counts) - counts
    total = int(counts.sum())
    starts = np.array([entry.from_offset for entry in entries], dtype=np.int64)
    codes = np.concatenate([entry.verdicts for entry in entries]) if entries else np.empty(0, np.uint8)

    names: list[str] = [""]
    number: dict[str, int] = {"": 0}
    sender_of = np.zeros(total, dtype=np.uint32)
    for entry, first in zip(entries, firsts.tolist(), strict=True):
        for sender in entry.senders:
            if sender not in number:
                number[sender] = len(names)
                names.append(sender)
        # Index -1, an unknown sender, picks the empty name at the end.
        local = np.array([number[sender] for sender in entry.senders] + [0], dtype=np.uint32)
        sender_of[first : first + entry.verdicts.size] = local[entry.sender_of]

    notes = [
        (first + note.at, note) for entry, first in zip(entries, firsts.tolist(), strict=True) for note in entry.notes
    ]
    at = np.array([row for row, _ in notes], dtype=np.int64)

    def noted(name: str, texts: list[str]) -> pl.Series:
        # Nearly every row has no note: place the few among numbers rather than fill a list of strings.
        distinct = ["", *sorted(set(texts) - {""})]
        of_text = {text: i for i, text in enumerate(distinct)}
        numbers = np.zeros(total, dtype=np.uint32)
        numbers[at] = [of_text[text] for text in texts]
        return pl.Series(name, numbers).cat.to(pl.Enum(distinct))

    return pl.DataFrame(
        [
            pl.Series("topic", np.repeat(np.array([e.topic for e in entries], dtype=object), counts), dtype=pl.String),
            pl.Series(
                "topic_id", np.repeat(np.array([e.topic_id for e in entries], dtype=object), counts), dtype=pl.String
            ),
            pl.Series("partition", np.repeat(np.array([e.partition for e in entries], dtype=np.int32), counts)),
            pl.Series("offset", np.arange(total) + np.repeat(starts - firsts, counts)),
            pl.Series("verdict", codes.astype(np.uint32)).cat.to(_VERDICT),
            noted("reason", [note.reason for _, note in notes]),
            noted("field", [note.field for _, note in notes]),
            pl.Series("sender", sender_of).cat.to(pl.Enum(names)),
            noted("report_id", [note.report_id or "" for _, note in notes]).cast(pl.String),
            pl.Series("clock", np.repeat(np.array([e.clock for e in entries], dtype=np.int64), counts)),
        ]
    )
