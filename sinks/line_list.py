"""The line list: case reports. Its columns have the names of the report's fields, so that a signal's condition reads
the same here."""

from schemas.sources import CASE_REPORTS
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
    *common_columns("report_id", "Card number"),
    Column("disease", CODE, "Catalogue code, down to the subtype"),
    Column("classification", CODE, "SUSPECTED, CLINICAL, CONFIRMED, CARRIER or POSITIVE_TEST"),
    Column("residence_area", CODE, "Area of residence, as sent: 2, 4, 6 or 9 digits"),
    Column("origin", "Int32", "1-6 as on the card; 5 and 6 are imported"),
    Column("origin_country", CODE_OR_NULL, "ISO 3166 alpha-2"),
    Column("onset_date", "Nullable(Date32)", "First symptoms"),
    Column("diagnosed_at", f"Nullable({INSTANT})", "Diagnosis"),
    Column("death_date", "Nullable(Date32)", "Death"),
    Column("age_years", "Nullable(Int32)", "Age in years"),
    Column("sex", CODE, "UNKNOWN, MALE or FEMALE"),
    Column("population_group", CODE_OR_NULL, "Code of the population group"),
    Column("severity", CODE, "UNKNOWN, MILD, SEVERE or CRITICAL"),
    Column("course", CODE, "UNTYPED, ACUTE or CHRONIC"),
    Column("institution", CODE_OR_NULL, "Registered code of a school, nursery, care home or site"),
    Column("filled_on", "Nullable(Date32)", "Card filled in"),
    Column("reviewed_at", f"Nullable({INSTANT})", "County review"),
    Column("corrected_from", CODE_OR_NULL, "Disease code before the correction"),
    PATIENT,
    REVISED_AT,
)

TABLE = record_table(
    "line_list",
    _COLUMNS + derived_columns("of residence"),
    ("disease", "province", "prefecture", "report_day", "county"),
    "Every accepted revision of every case report, one row each",
)

RECORDS = RecordTable(CASE_REPORTS, "line_list", TABLE, lambda frame: frame["residence_area"])
