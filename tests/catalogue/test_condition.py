"""One text, two engines: polars and ClickHouse count the same reports."""

import datetime as dt
import json
from typing import Any

import chdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.condition import ConditionError, columns_of, expression, flat

SCHEMA = {
    "disease": pl.String,
    "classification": pl.String,
    "origin": pl.Int32,
    "origin_country": pl.String,
    "age_years": pl.Int32,
    "onset_date": pl.Date,
    "expanded_from_counts": pl.Boolean,
}
STRUCTURE = (
    "row UInt32, disease String, classification String, origin Int32, origin_country Nullable(String), "
    "age_years Nullable(Int32), onset_date Nullable(Date32), expanded_from_counts Bool"
)
DAYS = [dt.date(2020, 1, 1), dt.date(2020, 2, 29), dt.date(2019, 12, 31)]

rows = st.fixed_dictionaries(
    {
        "disease": st.sampled_from(["measles", "it's"]),
        "classification": st.sampled_from(["SUSPECTED", "CLINICAL", "CONFIRMED", "CARRIER", "POSITIVE_TEST"]),
        "origin": st.integers(1, 6),
        "origin_country": st.sampled_from([None, "US", "MM"]),
        "age_years": st.sampled_from([None, 0, 14, 80]),
        "onset_date": st.sampled_from([None, *DAYS]),
        "expanded_from_counts": st.booleans(),
    }
)
comparison = st.sampled_from(["=", "!=", "<>", "<", "<=", ">", ">="])
equality = st.sampled_from(["=", "!="])
atoms = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(["origin", "age_years"]), comparison, st.integers(0, 80)),
    st.builds("{} {} {}".format, st.integers(0, 80), comparison, st.just("age_years")),
    st.builds("onset_date {} '{}'".format, comparison, st.sampled_from(DAYS)),
    st.builds("classification {} '{}'".format, equality, st.sampled_from(["CLINICAL", "CARRIER"])),
    st.builds("origin_country {} '{}'".format, comparison, st.sampled_from(["US", "MM", "ZZ"])),
    st.builds("disease {} 'it''s'".format, equality),
    st.builds("{} IS {}NULL".format, st.sampled_from(["origin_country", "onset_date"]), st.sampled_from(["", "NOT "])),
    st.sampled_from(
        [
            "expanded_from_counts",
            "expanded_from_counts = false",
            "classification IN ('CLINICAL', 'CONFIRMED')",
            "origin_country NOT IN ('US')",
            "age_years IN (0, 14)",
            "age_years IN (-1)",
        ]
    ),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({}) AND ({})".format, inner, inner),
        st.builds("({}) OR ({})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
        st.builds("{} OR {} AND {}".format, inner, inner, inner),
    ),
    max_leaves=6,
)


def value(cell: Any) -> str:
    if cell is None:
        return "NULL"
    if isinstance(cell, bool | int):
        return str(cell)
    return "'" + str(cell).replace("'", "''") + "'"


@settings(max_examples=70, deadline=None)
@given(st.lists(rows, min_size=1, max_size=12), conditions)
def test_polars_and_clickhouse_agree(reports: list[dict[str, Any]], condition: str) -> None:
    frame = pl.DataFrame(reports, schema=SCHEMA).with_row_index("row")
    ours = frame.filter(expression(condition))["row"].to_list()
    tuples = ", ".join(f"({i}, {', '.join(value(r[c]) for c in SCHEMA)})" for i, r in enumerate(reports))
    structure = STRUCTURE.replace("'", "''")
    answer = chdb.query(f"SELECT row FROM values('{structure}', {tuples}) WHERE {condition} ORDER BY row", "CSV")
    assert ours == [int(line) for line in answer.bytes().decode().split()]


def test_the_result_is_never_null() -> None:
    frame = pl.DataFrame({"age_years": [None, 3]}, schema={"age_years": pl.Int32})
    assert frame.select(expression("age_years > 2")).to_series().to_list() == [False, True]


def test_columns_are_named() -> None:
    assert columns_of("origin IN (5, 6) OR origin_country IS NOT NULL") == {"origin", "origin_country"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin IN (SELECT 1)",
        "SELECT 1",
        "origin = 1; DROP TABLE line_list",
        "length(disease) > 3",
        "origin + 1 = 2",
        "origin = age_years",
        "onset_date > today()",
        "origin = '1'",
        "disease = 7",
        "origin = 1.5",
        "onset_date = 'yesterday'",
        "onset_date = NULL",
        "classification = 'DEAD'",
        "classification > 'CLINICAL'",
        "reported_at > '2020-01-01'",
        "patient_name = 'x'",
        "t.origin = 1",
        "origin",
        "1",
        "disease LIKE 'm%'",
        "(origin = 1",
        "origin = 1 -- and the rest",
        "origin /* or not */ = 1",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        expression(text)


LISTS = [
    "notEmpty(symptoms)",
    "NOT notEmpty(symptoms)",
    "has(symptoms, 'fever')",
    "has(symptoms, 'cough') OR temperature_c >= 37.3",
    "temperature_c < 37.30 AND notEmpty(symptoms)",
    "suspected_disease IN ('plague') OR (test_result = 'POSITIVE' AND pathogen IN ('yersinia_pestis'))",
]


@pytest.mark.parametrize("text", LISTS)
def test_lists_and_measurements_are_read_alike(text: str) -> None:
    frame = pl.DataFrame(
        {
            "symptoms": pl.Series([[], ["fever"], ["cough", "fever"], ["feverish"], []], dtype=pl.List(pl.String)),
            "temperature_c": [None, 37.3, 36.0, None, 39.5],
            "suspected_disease": [None, "plague", "cholera", None, None],
            "test_result": ["POSITIVE", "NEGATIVE", "POSITIVE", "PENDING", "POSITIVE"],
            "pathogen": ["yersinia_pestis", None, None, "yersinia_pestis", "measles_virus"],
        }
    )
    ours = flat(frame).select(expression(text, "entry-declarations")).to_series().to_list()
    lines = "".join(json.dumps(row) + "\n" for row in frame.to_dicts())
    structure = (
        "symptoms Array(String), temperature_c Nullable(Float64), suspected_disease Nullable(String), "
        "test_result String, pathogen Nullable(String)"
    )
    quoted = lines.replace("\\", "\\\\").replace("'", "\\'")
    asked = f"SELECT toUInt8(ifNull(({text}), false)) FROM format(JSONEachRow, '{structure}', '{quoted}')"
    theirs = [line == "1" for line in str(chdb.query(asked, "CSV")).split()]
    assert ours == theirs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("symptoms = 'fever'", "symptoms is a list"),
        ("has(port, 'CNPVG')", "are for lists of codes"),
        ("notEmpty(port)", "are for lists of codes"),
        ("has(symptoms, port)", "needs a code in quotes"),
        ("length(symptoms) > 1", "is not allowed|is expected"),
        ("arrived_at > '2020-01-01'", "point in time"),
    ],
)
def test_of_lists_nothing_else_is_asked(text: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        expression(text, "entry-declarations")


def test_a_condition_reads_the_columns_of_its_own_source() -> None:
    with pytest.raises(ConditionError, match="LabResult has no column 'disease'"):
        expression("disease = 'measles'", "lab-results")
    with pytest.raises(ConditionError, match="pairs of name and value"):
        expression("dimension IS NULL", "observations")
