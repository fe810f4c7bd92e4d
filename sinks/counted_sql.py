"""What signals count, as SQL over the record tables: for recounts. The pipeline counts by itself in `streams.fold`."""

from collections.abc import Sequence

from catalogue.counted import RECORDS, Counted
from catalogue.places import DAYS, NATION, PLACES, SEPARATOR, UNKNOWN_ORIGIN
from sinks.counted_results import counted_results_sql
from sinks.record_table import RecordTable
from sinks.records import RECORD_TABLES
from sinks.table import quoted
from sinks.views import standing_sql

_COLUMNS = {"arrived_at": "arrived_at_port"}
"""Columns of records that have another name in their table."""

_KIND = "ifNull(cluster_type, subtype)"

_SERIES = {
    "port": ("ifNull(port, '')", f"if(isNull(port), '', '{NATION}')"),
    "origin": (f"ifNull(origin_country, '{UNKNOWN_ORIGIN}')", f"'{NATION}'"),
    "conveyance": (f"ifNull(concat(port, '{SEPARATOR}', conveyance), '')",),
    "type": (
        f"ifNull(concat(county, '{SEPARATOR}', {_KIND}), '')",
        f"ifNull(concat('{NATION}{SEPARATOR}', {_KIND}), '')",
    ),
}
_AREAS = ("county", "prefecture", "province", f"'{NATION}'")


def series_sql(counted: Counted) -> dict[str, str]:
    """Return for each level the SQL of the code of the series in which a record counts; empty text is nowhere."""
    place = PLACES[counted.area]
    return dict(zip(place.levels, _AREAS if place.space == "areas" else _SERIES[counted.area], strict=True))


def day_sql(counted: Counted) -> str:
    """Return the SQL of the day on which a record counts."""
    column = DAYS[counted.day][counted.source]
    if column == "period_start":
        return column
    return f"toDate32({_COLUMNS.get(column, column)}, 'Asia/Shanghai')"


def amount_sql(counted: Counted) -> str:
    """Return the SQL of how much a record counts."""
    return "1" if counted.amount == RECORDS else f"ifNull({counted.amount}, 0)"


def table_of(counted: Counted) -> RecordTable:
    """Return the table of the records that count."""
    return next(records for records in RECORD_TABLES if records.source.name == counted.source)


def counting_sql(database: str, counted: Counted, below: str, pathogens: Sequence[str] = ()) -> str:
    """Return the query for the records of a source that can count at all: standing ones, a patient's repeats left out.

    Parameters
    ----------
    database
        Name of the database.
    counted
        Whose source and repeats; its condition is not applied.
    below
        Condition on a record's place by which it was contained.
    pathogens
        Nothing but results of these is looked at; empty is all.
    """
    standing = standing_sql(database, table_of(counted), below)
    if not counted.repeat_days:
        return standing
    if pathogens:
        listed = ", ".join(quoted(code) for code in pathogens)
        standing = f"SELECT * FROM (\n{standing}\n) WHERE pathogen IN ({listed})"
    return counted_results_sql(standing, counted.repeat_days)


def cells_sql(database: str, counted: Sequence[tuple[str, Counted]], below: str) -> str:
    """Return the query for signal, level, area, day and the number counted there.

    Parameters
    ----------
    database
        Name of the database.
    counted
        Names of signals and what they count; all of the same source, place, day, amount and repeats.
    below
        Condition on a record's place by which it was contained.
    """
    one = counted[0][1]
    told = ",\n    ".join(f"if({each.condition}, {quoted(name)}, '')" for name, each in counted)
    series = series_sql(one)
    levels = ", ".join(quoted(level) for level in series)
    areas = ", ".join(f"toString({code})" for code in series.values())
    return (
        "SELECT signal, level, area, day, toInt64(sum(amount)) AS counted\n"
        "FROM (\n"
        f"  SELECT {day_sql(one)} AS day, {amount_sql(one)} AS amount, [{areas}] AS areas,\n"
        f"  arrayJoin(arrayFilter(id -> id != '', [{told}])) AS signal\n"
        f"  FROM ({counting_sql(database, one, below)})\n"
        f") ARRAY JOIN [{levels}] AS level, areas AS area\n"
        "WHERE area != '' GROUP BY signal, level, area, day"
    )
