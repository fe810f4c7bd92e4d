"""Rebuild: ClickHouse emptied and folded again from the topics.

Only the sink writes to the tables, so a rebuild is asked for by a row, and done by the sink that reads it: at once
where one runs, else when one starts. Nothing but the folded tables is touched.
"""

from clickhouse_connect.driver.client import Client

from sinks.database import Database

TABLE_NAME = "rebuilds"


def create_sql(database: str) -> str:
    """Return the DDL of the requests."""
    return (
        f"CREATE TABLE IF NOT EXISTS {database}.{TABLE_NAME} (\n"
        "  `generation` UInt64 COMMENT 'Number of the request',\n"
        "  `emptied` Bool COMMENT 'False: asked for; true: the tables were emptied for it',\n"
        "  `at` DateTime64(3, 'UTC') DEFAULT now64(3)\n"
        ") ENGINE = MergeTree ORDER BY generation COMMENT 'Rebuilds asked for and done'"
    )


def _newest(database: str, emptied: bool) -> str:
    return f"SELECT max(generation) FROM {database}.{TABLE_NAME} WHERE emptied = {str(emptied).lower()}"


def request(client: Client, database: str) -> int:
    """Ask for a rebuild and return its number; a sink takes it up within seconds.

    Parameters
    ----------
    client
        With the writer's credential.
    database
        Name of the database; it is created where it does not exist.
    """
    client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
    client.command(create_sql(database))
    generation = int(client.query(_newest(database, False)).result_rows[0][0]) + 1
    client.command(f"INSERT INTO {database}.{TABLE_NAME} (generation, emptied) VALUES ({generation}, false)")
    return generation


def emptied(client: Client, database: str, generation: int) -> bool:
    """Return whether the tables were emptied for a request; from then on progress tells the rest."""
    return int(client.query(_newest(database, True)).result_rows[0][0]) >= generation


def asked_for(database: Database) -> int | None:
    """Return the number of the newest request that is not done, or None."""
    asked, done = (int(database.rows(_newest(database.name, emptied))[0][0]) for emptied in (False, True))
    return asked if asked > done else None


def note_emptied(database: Database, generation: int) -> None:
    """Record that the tables were emptied for a request."""
    database.command(f"INSERT INTO {database.name}.{TABLE_NAME} (generation, emptied) VALUES ({generation}, true)")
