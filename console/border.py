"""What ports say, in a bounded range of days: declarations by day of arrival, arrivals, passenger lists."""

import datetime as dt
from collections import defaultdict
from typing import Any

from console.assigned import COUNTS
from console.standing import standing_within
from console.warehouse import Row, Warehouse
from sinks import entry_declarations, observations

FEVER_C = 37.3
ILL = f"(notEmpty(symptoms) OR temperature_c >= {FEVER_C} OR test_result = 'POSITIVE')"
"""A traveller who is ill, as the signals of the border count it: symptoms, temperature or a positive test."""

ARRIVED = "toDate32(arrived_at_port, 'Asia/Shanghai')"
"""Civil day of a declaration's arrival."""

EARLY_DAYS = 4
"""Days by which a declaration may be entered before its traveller arrives: three by the rules, and a part of one."""

_COUNTED = (
    f"count() AS declarations, countIf({ILL}) AS ill, countIf(test_result = 'POSITIVE') AS positive, "
    f"countIf(test_result = 'PENDING') AS waiting, {COUNTS}"
)
_PENDING = "test_result = 'PENDING'"

_LISTS = 30
"""Days by which a passenger list's day may be corrected and its earlier state still be found."""


def _declarations(warehouse: Warehouse, columns: str, chosen: str = "") -> str:
    days = f"report_day >= {{from:Date32}} - {EARLY_DAYS}"
    return standing_within(warehouse.database, entry_declarations.RECORDS, columns, days, chosen)


def _observations(warehouse: Warehouse, columns: str, indicator: str) -> str:
    days = (
        f"indicator = '{indicator}' AND period_start >= {{from:Date32}} - {_LISTS} "
        f"AND period_start <= {{upto:Date32}} + {_LISTS}"
    )
    within = "period_days = 1 AND period_start >= {from:Date32} AND period_start <= {upto:Date32} AND count IS NOT NULL"
    inner = standing_within(warehouse.database, observations.RECORDS, "*", days)
    return f"SELECT {columns} FROM ({inner}) WHERE {within}"


def declared(
    warehouse: Warehouse, first: dt.date, last: dt.date, by: str, where: str = "", more: str = "", **asked: Any
) -> list[Row]:
    """Count the declarations of travellers who arrived within some days.

    Parameters
    ----------
    warehouse
        Where they are.
    first, last
        Days of arrival, both included.
    by
        Columns to count by; ``day`` is the day of arrival.
    where
        Condition on what few of the declarations meet, with its parameters in `asked`.
    more
        Further columns to select.
    """
    columns = (
        f"issuer, declaration_id, port, origin_country AS origin, conveyance, symptoms, temperature_c, test_result, "
        f"reported_at, {ARRIVED} AS day"
    )
    return warehouse.rows(
        "declarations",
        f"SELECT {by}, {_COUNTED}{f', {more}' if more else ''} FROM ({_declarations(warehouse, columns, where)})\n"
        f"WHERE day >= {{from:Date32}} AND day <= {{upto:Date32}} GROUP BY {by}",
        {"from": first, "upto": last, **asked},
    )


def positives(warehouse: Warehouse, first: dt.date, last: dt.date, by: str, port: str = "") -> list[Row]:
    """Count the travellers who tested positive, at all ports or one, by ``day``, ``port``, ``origin``."""
    chosen = "test_result = 'POSITIVE'" + (" AND port = {port:String}" if port else "")
    inner = _declarations(warehouse, f"port, origin_country AS origin, {ARRIVED} AS day", chosen)
    return warehouse.rows(
        "imports",
        f"SELECT {by}, count() AS positive FROM ({inner})\n"
        f"WHERE day >= {{from:Date32}} AND day <= {{upto:Date32}} GROUP BY {by}",
        {"from": first, "upto": last, "port": port},
    )


def waiting(warehouse: Warehouse, first: dt.date, last: dt.date, limit: int, where: str, **asked: Any) -> list[Row]:
    """Return the declarations whose test has no result yet, those that have waited longest first."""
    columns = (
        f"declaration_id, issuer, port, origin_country AS origin, conveyance, symptoms, temperature_c, pathogen, "
        f"toUnixTimestamp64Milli(reported_at) AS reported, toUnixTimestamp64Milli(arrived_at_port) AS arrived, "
        f"{ARRIVED} AS day"
    )
    return warehouse.rows(
        "waiting",
        f"SELECT * FROM ({_declarations(warehouse, columns, f'{_PENDING} AND ({where})')})\n"
        f"WHERE day >= {{from:Date32}} AND day <= {{upto:Date32}} ORDER BY reported, declaration_id LIMIT {limit}",
        {"from": first, "upto": last, **asked},
    )


def arrivals(warehouse: Warehouse, first: dt.date, last: dt.date, port: str = "") -> dict[str, dict[dt.date, int]]:
    """Return the arrivals of each port by day; a day that no observation tells is not there.

    As the signals of the border count them: a port's own totals, not those of single origins or conveyances.
    """
    inner = _observations(warehouse, "port, period_start AS day, count, origin_country, conveyance", "arrivals")
    rows = warehouse.rows(
        "arrivals",
        f"SELECT port, day, sum(count) AS arrived FROM ({inner})\n"
        "WHERE port IS NOT NULL AND origin_country IS NULL AND conveyance IS NULL"
        f"{' AND port = {port:String}' if port else ''} GROUP BY port, day",
        {"from": first, "upto": last, "port": port},
    )
    found: dict[str, dict[dt.date, int]] = defaultdict(dict)
    for row in rows:
        found[row["port"]][row["day"]] = row["arrived"]
    return found


def travellers(
    warehouse: Warehouse, indicator: str, first: dt.date, last: dt.date, by: str, where: str = "true", **asked: Any
) -> list[Row]:
    """Add up passenger lists (``advance_passengers``) or arrivals whose origin is known, by ``day``, ``port`` …"""
    inner = _observations(warehouse, "issuer, port, period_start AS day, count, origin_country, conveyance", indicator)
    return warehouse.rows(
        indicator,
        f"SELECT {by}, sum(count) AS travellers, {COUNTS} FROM (SELECT *, origin_country AS origin FROM ({inner}))\n"
        f"WHERE origin IS NOT NULL AND ({where}) GROUP BY {by}",
        {"from": first, "upto": last, **asked},
    )


def incidences(warehouse: Warehouse, first: dt.date, last: dt.date) -> list[Row]:
    """Return the incidences that countries told for periods beginning within some days: new cases a person a day.

    ``day`` is the last of the period: before it was over nobody knew.
    """
    inner = standing_within(
        warehouse.database,
        observations.RECORDS,
        "origin_country AS origin, period_start, period_days, value, reported_at",
        "indicator = 'origin_incidence' AND period_start >= {from:Date32} AND period_start <= {upto:Date32}",
    )
    return warehouse.rows(
        "incidences",
        "SELECT origin, period_start + period_days - 1 AS day,\n"
        "argMax(value / period_days, reported_at) / 100000 AS daily\n"
        f"FROM ({inner}) WHERE origin IS NOT NULL AND value IS NOT NULL GROUP BY origin, day ORDER BY day",
        {"from": first, "upto": last},
    )
