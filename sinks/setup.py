"""Making the database: tables, views, and what is kept beside them."""

from sinks import aggregates, alert_history, by_day, by_sender, progress, rebuild, verdicts
from sinks.database import Database
from sinks.records import RECORD_TABLES
from sinks.views import view_statements

TABLES = (*(records.table for records in RECORD_TABLES), verdicts.TABLE, aggregates.TABLE, alert_history.TABLE)
"""Everything that is folded from topics, and that a rebuild empties."""


def create(database: Database) -> None:
    """Create what does not exist yet; views are replaced by their present definition."""
    name = database.name
    database.command(f"CREATE DATABASE IF NOT EXISTS {name}")
    for table in TABLES:
        database.command(table.create_sql(name))
        database.command(table.complete_sql(name))
    for statement in (*by_sender.statements(name), *by_day.statements(name)):
        database.command(statement)
    by_day.complete(database)
    database.command(progress.create_sql(name))
    database.command(rebuild.create_sql(name))
    for statement in view_statements(name):
        database.command(statement)


def empty(database: Database) -> None:
    """Drop every folded table, tokens and progress with it, and create them again, empty."""
    for table in (*TABLES, progress.TABLE):
        database.command(f"DROP TABLE IF EXISTS {database.name}.{table.name} SYNC")
    create(database)
