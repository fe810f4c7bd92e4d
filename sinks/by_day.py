"""What pages ask of all places at once, in the order of its days, and the few verdicts with a reason: projections.

In the tables' own order each series lies by itself, so that the last week of all of them is a look at all years, and
the alerts of these days lie among all others.
ClickHouse keeps projections inside each part, so they hold what the rows hold, and answers from them without further
words.
"""

from collections.abc import Mapping

from sinks import aggregates, alert_history, verdicts
from sinks.database import Database

NAME = "by_day"

_AGGREGATES = "SELECT level, day, signal, area, count, denominator, _offset, _row ORDER BY level, day, signal, area"
_ENDS = "SELECT topic, partition, max(offset) GROUP BY topic, partition"
_NOTED = (
    "SELECT verdict, sender, topic, partition, offset, reason, field, report_id, clock "
    "ORDER BY verdict, sender, topic, partition, offset"
)

PROJECTIONS: Mapping[str, Mapping[str, str]] = {
    aggregates.TABLE.name: {NAME: _AGGREGATES},
    verdicts.TABLE.name: {"ends": _ENDS, "noted": _NOTED},
    alert_history.TABLE.name: {"by_clock": "SELECT * ORDER BY clock"},
}
"""Queries by table and name."""


def statements(database: str) -> list[str]:
    """Return the statements that add the projections where they are not there yet."""
    return [
        f"ALTER TABLE {database}.{table} ADD PROJECTION IF NOT EXISTS {name} ({query})"
        for table, named in PROJECTIONS.items()
        for name, query in named.items()
    ]


def complete(database: Database) -> None:
    """Have the engine fill in, beside its work, what parts of an earlier version lack."""
    wanted = ", ".join(f"('{table}', '{name}')" for table, named in PROJECTIONS.items() for name in named)
    here = f"database = '{database.name}'"
    lacking = database.rows(
        f"SELECT DISTINCT table, wanted.2 FROM system.parts ARRAY JOIN [{wanted}] AS wanted\n"
        f"WHERE active AND rows > 0 AND {here} AND table = wanted.1 AND (table, wanted.2, name) NOT IN (\n"
        f"  SELECT table, name, parent_name FROM system.projection_parts WHERE active AND {here})\n"
        "AND (table, wanted.2) NOT IN (\n"
        f"  SELECT table, extract(command, 'MATERIALIZE PROJECTION (\\\\w+)') FROM system.mutations\n"
        f"  WHERE NOT is_done AND {here})"
    )
    for table, name in lacking:
        database.command(f"ALTER TABLE {database.name}.{table} MATERIALIZE PROJECTION {name}")
