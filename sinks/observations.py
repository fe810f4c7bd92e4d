"""Observations: counts, denominators and values per indicator."""

import polars as pl

from schemas.sources import OBSERVATIONS
from sinks.record_table import (
    CODE,
    CODE_OR_NULL,
    REVISED_AT,
    RecordTable,
    common_columns,
    derived_columns,
    record_table,
)
from sinks.table import Column

_COLUMNS = (
    *common_columns("observation_id", "Number of the observation"),
    Column("indicator", CODE, "Indicator code"),
    Column("area", CODE, "Area, as sent: 2, 4, 6 or 9 digits"),
    Column("site", CODE_OR_NULL, "Registered code of a site, trap, ward or station"),
    Column("period_start", "Date32", "First civil day of what was counted"),
    Column("period_days", "Int32", "How many days it covers"),
    Column("count", "Nullable(Int64)", "What was counted"),
    Column("denominator", "Nullable(Int64)", "Out of how many"),
    Column("value", "Nullable(Float64)", "What was measured"),
    Column("port", CODE_OR_NULL, "Port code"),
    Column("conveyance", CODE_OR_NULL, "Flight number and day, ship, train or vehicle"),
    Column("origin_country", CODE_OR_NULL, "ISO 3166 alpha-2"),
    Column("dimension", "Array(String)", "Further divisions, each name=value"),
    REVISED_AT,
)

TABLE = record_table(
    "observations",
    _COLUMNS + derived_columns("of the observation"),
    ("indicator", "province", "prefecture", "period_start", "county"),
    "Every accepted revision of every observation, one row each",
)


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    part = pl.element().struct
    pairs = pl.concat_str(part.field("name"), pl.lit("="), part.field("value"))
    return frame.with_columns(pl.col("dimension").list.eval(pairs))


RECORDS = RecordTable(OBSERVATIONS, "observations", TABLE, lambda frame: frame["area"], _as_text)
