"""Entry declarations; they count in the area where their port lies."""

import polars as pl

from schemas.ports import ports
from schemas.sources import ENTRY_DECLARATIONS
from sinks.record_table import (
    CODE,
    CODE_OR_NULL,
    INSTANT,
    PATIENT,
    REVISED_AT,
    RecordTable,
    common_columns,
    derived_columns,
    record_table,
)
from sinks.table import Column

_COLUMNS = (
    *common_columns("declaration_id", "Number of the declaration"),
    Column("port", CODE, "Port code"),
    Column("arrived_at_port", INSTANT, "Arrival of the traveller (arrived_at of the declaration)"),
    Column("origin_country", CODE, "Where the journey began, ISO 3166 alpha-2"),
    Column("transit_countries", "Array(String)", "ISO 3166 alpha-2, in order of travel"),
    Column("transport", CODE, "AIR, SEA, ROAD, RAIL or FOOT"),
    Column("conveyance", CODE_OR_NULL, "Flight number and day, ship, train or vehicle"),
    Column("symptoms", "Array(String)", "Symptom codes"),
    Column("temperature_c", "Nullable(Float64)", "Body temperature, degrees Celsius"),
    Column("suspected_disease", CODE_OR_NULL, "Disease code"),
    Column("test_result", CODE, "POSITIVE, NEGATIVE, PENDING or NOT_TESTED"),
    Column("pathogen", CODE_OR_NULL, "Pathogen code of the test"),
    Column("detected_by", CODE, "DECLARED, THERMAL, TEST or LATER"),
    Column("onset_date", "Nullable(Date32)", "First symptoms"),
    PATIENT,
    REVISED_AT,
)

TABLE = record_table(
    "entry_declarations",
    _COLUMNS + derived_columns("of the port"),
    ("port", "report_day", "origin_country"),
    "Every accepted revision of every entry declaration, one row each",
)


def _area_of_port(frame: pl.DataFrame) -> pl.Series:
    known = ports()
    return frame["port"].replace_strict(list(known), [port.area for port in known.values()], return_dtype=pl.String)


RECORDS = RecordTable(
    ENTRY_DECLARATIONS,
    "entry_declarations",
    TABLE,
    _area_of_port,
    # Every table says in arrived_at when the record arrived; a traveller arrives somewhere else.
    lambda frame: frame.rename({"arrived_at": "arrived_at_port"}),
)
