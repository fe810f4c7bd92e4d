"""Tables of source records: every accepted revision of every record, as the journal carried it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.areas import COUNTY, PREFECTURE, PROVINCE, areas
from schemas.entry import Entry, after_rows
from schemas.sources import Source
from sinks.table import Column, Place, SecondOrder, Table

CODE = "LowCardinality(String)"
CODE_OR_NULL = "LowCardinality(Nullable(String))"
INSTANT = "DateTime64(3, 'UTC')"

PATIENT = Column("patient", "Nullable(String)", "Pseudonym, key id and HMAC; never a person's own number")
REVISED_AT = Column("revised_at", f"Nullable({INSTANT})", "When this revision or retraction was made")

_PLACE_COLUMNS = (
    Column("_topic", CODE, "Source topic"),
    Column("_topic_id", CODE, "Kafka's id of the source topic"),
    Column("_partition", "UInt16", "Source partition"),
    Column("_offset", "UInt64", "Source offset: with topic id and partition unique"),
    Column("_entry", "UInt64", "Journal offset of the entry that accepted the row"),
    Column("_row", "UInt32", "Row within that entry"),
)


def common_columns(key: str, meaning: str) -> tuple[Column, ...]:
    """Return the columns that every record has, of which `key` is its id."""
    return (
        Column("issuer", CODE, f"Institution that gave the id at revision 1; with {key} the identity"),
        Column(key, "String", meaning),
        Column("revision", "Int32", "From 1; the highest wins"),
        Column("action", CODE, "REPORT, REVISE or RETRACT"),
        Column("sender", CODE, "Institution that sent this revision"),
        Column("reported_at", INSTANT, "When the record was first entered"),
        Column("reported_area", CODE, "Area of the sender, as sent"),
        Column("expanded_from_counts", "Bool", "A published count expanded to one record each"),
    )


def derived_columns(of_what: str) -> tuple[Column, ...]:
    """Return the columns that we add; `of_what` says of what the area is."""
    return (
        Column("report_day", "Date32", "Civil day of reported_at in Asia/Shanghai: the day that signals count on"),
        Column("county", CODE, f"County {of_what}; where it is unknown the code of the area named, with a u"),
        Column("prefecture", CODE, f"Prefecture {of_what}, or empty"),
        Column("province", CODE, f"Province {of_what}, or empty"),
        Column("retracted", "Bool", "This revision takes the record back"),
        Column("replaces", "Bool", "An earlier accepted revision stood before this one"),
        Column("arrived_at", INSTANT, "Kafka's append time of the source record"),
    )


@dataclass(frozen=True, slots=True)
class RecordTable:
    """The table of one source, and how its rows are made.

    Attributes
    ----------
    source
        The type of record.
    view
        Name of the view of what stands; the stage in progress has the same.
    table
        All revisions.
    area
        From the source's columns to the area code that the record counts in.
    prepared
        What must be done with a frame before its columns have the table's types.
    """

    source: Source
    view: str
    table: Table
    area: Callable[[pl.DataFrame], pl.Series]
    prepared: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame

    def rows(self, entries: Sequence[Entry], journal_offsets: Sequence[int]) -> pl.DataFrame:
        """Return the rows that a run of journal entries adds.

        Parameters
        ----------
        entries
            Applied entries, in order; of any partitions of the source topic.
        journal_offsets
            Where each stands in its journal partition.

        Raises
        ------
        ValueError
            A row names an area that our area table lacks: it is older than intake's.
        """
        frame = after_rows(entries, self.source)
        counts = np.array([entry.after_at.size for entry in entries], dtype=np.int64)
        firsts = np.cumsum(counts) - counts
        replaces = np.zeros(frame.height, dtype=np.bool_)
        for entry, first in zip(entries, firsts.tolist(), strict=True):
            replaces[first + entry.before_of] = True
        topics = np.array([entry.topic for entry in entries], dtype=object)
        topic_ids = np.array([entry.topic_id for entry in entries], dtype=object)
        return self.prepared(frame).with_columns(
            *_areas_of(self.area(frame)),
            pl.col("reported_at").dt.convert_time_zone("Asia/Shanghai").dt.date().alias("report_day"),
            (pl.col("action") == "RETRACT").alias("retracted"),
            pl.Series("replaces", replaces),
            pl.col("_arrival").alias("arrived_at"),
            pl.Series("_topic", np.repeat(topics, counts).tolist(), dtype=pl.String),
            pl.Series("_topic_id", np.repeat(topic_ids, counts).tolist(), dtype=pl.String),
            pl.Series("_entry", np.repeat(np.array(journal_offsets, dtype=np.uint64), counts)),
            pl.Series("_row", (np.arange(frame.height) - np.repeat(firsts, counts)).astype(np.uint32)),
        )


def record_table(
    name: str,
    columns: tuple[Column, ...],
    order_by: tuple[str, ...],
    meaning: str,
    second: SecondOrder | None = None,
) -> Table:
    """Return the table of all revisions: its own columns, and those that say where a row came from."""
    place = Place("_topic_id", "_partition", "_offset")
    return Table(f"{name}_revisions", columns + _PLACE_COLUMNS, order_by, place, meaning, second)


@cache
def _codes_by_level() -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return, for each area node, what stands in the columns county, prefecture and province."""
    table = areas()

    def ancestor(level: int) -> list[str]:
        found = []
        for node in range(len(table)):
            while node >= 0 and table.level[node] > level:
                node = int(table.parent[node])
            found.append(str(table.code[node]) if node >= 0 and table.level[node] == level else "")
        return found

    unknown_below = np.where(table.level == COUNTY, table.code, table.code + "u")
    columns = (unknown_below.tolist(), ancestor(PREFECTURE), ancestor(PROVINCE))
    county, prefecture, province = (pl.Series(c, dtype=pl.String) for c in columns)
    return county, prefecture, province


@cache
def _enums_by_level() -> tuple[tuple[pl.Enum, NDArray[np.uint32]], ...]:
    """Return, for each level, its codes as an enum and the enum's number of each node."""
    enums = []
    for codes in _codes_by_level():
        distinct = codes.unique(maintain_order=True)
        kind = pl.Enum(distinct)
        enums.append((kind, codes.cast(kind).to_physical().cast(pl.UInt32).to_numpy()))
    return tuple(enums)


def _areas_of(codes: pl.Series) -> list[pl.Series]:
    nodes = areas().indices(codes)
    if (nodes < 0).any():
        raise ValueError("an accepted record names an area that the area table does not have")
    named = zip(("county", "prefecture", "province"), _enums_by_level(), strict=True)
    return [pl.Series(name, numbers[nodes]).cat.to(kind) for name, (kind, numbers) in named]
