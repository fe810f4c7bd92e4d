"""The line list: every accepted revision of every report, as the journal carried it."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.areas import COUNTY, PREFECTURE, PROVINCE, areas
from schemas.entry import Entry, after_rows
from sinks.table import Column, Place, Table

_CODE = "LowCardinality(String)"
_CODE_OR_NULL = "LowCardinality(Nullable(String))"
_INSTANT = "DateTime64(3, 'UTC')"

REPORT_COLUMNS = (
    Column("issuer", _CODE, "Institution that gave the id at revision 1; with report_id the identity"),
    Column("report_id", "String", "Card number"),
    Column("revision", "Int32", "From 1; the highest wins"),
    Column("action", _CODE, "REPORT, REVISE or RETRACT"),
    Column("sender", _CODE, "Institution that sent this revision"),
    Column("reported_at", _INSTANT, "When the card was first entered"),
    Column("reported_area", _CODE, "Area of the sender, as sent"),
    Column("expanded_from_counts", "Bool", "A published count expanded to one record a case"),
    Column("disease", _CODE, "Catalogue code, down to the subtype"),
    Column("classification", _CODE, "SUSPECTED, CLINICAL, CONFIRMED, CARRIER or POSITIVE_TEST"),
    Column("residence_area", _CODE, "Area of residence, as sent: 2, 4, 6 or 9 digits"),
    Column("origin", "Int32", "1-6 as on the card; 5 and 6 are imported"),
    Column("origin_country", _CODE_OR_NULL, "ISO 3166 alpha-2"),
    Column("onset_date", "Nullable(Date32)", "First symptoms"),
    Column("diagnosed_at", f"Nullable({_INSTANT})", "Diagnosis"),
    Column("death_date", "Nullable(Date32)", "Death"),
    Column("age_years", "Nullable(Int32)", "Age in years"),
    Column("sex", _CODE, "UNKNOWN, MALE or FEMALE"),
    Column("population_group", _CODE_OR_NULL, "Code of the population group"),
    Column("severity", _CODE, "UNKNOWN, MILD, SEVERE or CRITICAL"),
    Column("course", _CODE, "UNTYPED, ACUTE or CHRONIC"),
    Column("institution", _CODE_OR_NULL, "Registered code of a school, nursery, care home or site"),
    Column("filled_on", "Nullable(Date32)", "Card filled in"),
    Column("reviewed_at", f"Nullable({_INSTANT})", "County review"),
    Column("corrected_from", _CODE_OR_NULL, "Disease code before the correction"),
    Column("patient", "Nullable(String)", "Pseudonym, key id and HMAC; never a person's own number"),
    Column("revised_at", f"Nullable({_INSTANT})", "When this revision or retraction was made"),
)
"""The fields of CaseReport, under their own names, so that a signal's condition reads the same here."""

DERIVED_COLUMNS = (
    Column("report_day", "Date32", "Civil day of reported_at in Asia/Shanghai: the day that signals count on"),
    Column("county", _CODE, "County of residence; where it is unknown the code of the area named, with a u"),
    Column("prefecture", _CODE, "Prefecture of residence, or empty"),
    Column("province", _CODE, "Province of residence, or empty"),
    Column("retracted", "Bool", "This revision takes the report back"),
    Column("replaces", "Bool", "An earlier accepted revision stood before this one"),
    Column("arrived_at", _INSTANT, "Kafka's append time of the source record"),
)

_PLACE_COLUMNS = (
    Column("_topic", _CODE, "Source topic"),
    Column("_topic_id", _CODE, "Kafka's id of the source topic"),
    Column("_partition", "UInt16", "Source partition"),
    Column("_offset", "UInt64", "Source offset: with topic id and partition unique"),
    Column("_entry", "UInt64", "Journal offset of the entry that accepted the row"),
    Column("_row", "UInt32", "Row within that entry"),
)

TABLE = Table(
    name="line_list_revisions",
    columns=REPORT_COLUMNS + DERIVED_COLUMNS + _PLACE_COLUMNS,
    order_by=("disease", "province", "prefecture", "report_day", "county"),
    place=Place("_topic_id", "_partition", "_offset"),
    meaning="Every accepted revision of every case report, one row each",
)


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
        raise ValueError("an accepted report names an area that the area table does not have")
    named = zip(("county", "prefecture", "province"), _enums_by_level(), strict=True)
    return [pl.Series(name, numbers[nodes]).cat.to(kind) for name, (kind, numbers) in named]


def rows(entries: Sequence[Entry], journal_offsets: Sequence[int]) -> pl.DataFrame:
    """Return the rows that a run of journal entries adds to the line list.

    Parameters
    ----------
    entries
        Applied entries, in order; of any partitions of one source topic.
    journal_offsets
        Where each stands in its journal partition.

    Raises
    ------
    ValueError
        A row names an area that our area table lacks: it is older than intake's.
    """
    frame = after_rows(entries)
    counts = np.array([entry.after_at.size for entry in entries], dtype=np.int64)
    firsts = np.cumsum(counts) - counts
    replaces = np.zeros(frame.height, dtype=np.bool_)
    for entry, first in zip(entries, firsts.tolist(), strict=True):
        replaces[first + entry.before_of] = True
    topics = np.array([entry.topic for entry in entries], dtype=object)
    topic_ids = np.array([entry.topic_id for entry in entries], dtype=object)
    return frame.with_columns(
        *_areas_of(frame["residence_area"]),
        pl.col("reported_at").dt.convert_time_zone("Asia/Shanghai").dt.date().alias("report_day"),
        (pl.col("action") == "RETRACT").alias("retracted"),
        pl.Series("replaces", replaces),
        pl.col("_arrival").alias("arrived_at"),
        pl.Series("_topic", np.repeat(topics, counts).tolist(), dtype=pl.String),
        pl.Series("_topic_id", np.repeat(topic_ids, counts).tolist(), dtype=pl.String),
        pl.Series("_entry", np.repeat(np.array(journal_offsets, dtype=np.uint64), counts)),
        pl.Series("_row", (np.arange(frame.height) - np.repeat(firsts, counts)).astype(np.uint32)),
    )
