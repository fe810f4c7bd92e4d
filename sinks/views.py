"""The views: what stands now, found without FINAL and without reading what a filter excludes."""

from sinks import aggregates, alert_history, progress
from sinks.record_table import RecordTable
from sinks.records import RECORD_TABLES

_NOT_SHOWN = ("retracted", "replaces")


def standing_sql(database: str, records: RecordTable, below: str = "") -> str:
    """Return the query for the records that stand: the last accepted revision of each, unless it is a retraction.

    Only rows that replaced one can make another obsolete, and they are few. So the newest of them is looked up for
    each row; a filter on what the table is sorted by still reaches the sorting key, which it would not through a
    deduplication of the whole table.

    Parameters
    ----------
    database
        Name of the database.
    records
        Which records.
    below
        Condition on ``_topic``, ``_partition`` and ``_offset`` by which rows count at all: a recount at a marker. Empty
        is all.
    """
    table, key = f"{database}.{records.table.name}", records.source.key
    columns = ", ".join(f"r.`{c.name}` AS `{c.name}`" for c in records.table.columns if c.name not in _NOT_SHOWN)
    inner, outer = (f" AND ({below})", f" AND ({below})") if below else ("", "")
    return (
        f"SELECT {columns}\n"
        f"FROM {table} AS r LEFT JOIN (\n"
        f"  SELECT issuer, {key}, max(_offset) AS offset FROM {table}\n"
        f"  WHERE replaces{inner} GROUP BY issuer, {key}\n"
        f") AS newest ON r.issuer = newest.issuer AND r.{key} = newest.{key}\n"
        f"WHERE NOT r.retracted AND r._offset >= ifNull(newest.offset, 0){outer}"
    )


def _current(database: str, table: str, key: tuple[str, ...], last: tuple[str, ...], columns: list[str]) -> str:
    """Return the query for the newest row of each key.

    The order begins with the table's own, so that rows stream through it and nothing is sorted or hashed whole:
    over 4 M rows a third of the CPU of an order by place alone, a fifth of that of argMax.
    """
    order = ", ".join((*key, *(f"{name} DESC" for name in last)))
    listed = ", ".join(f"`{name}`" for name in columns)
    return f"SELECT {listed}\nFROM {database}.{table}\nORDER BY {order}\nLIMIT 1 BY {', '.join(key)}"


def view_statements(database: str) -> list[str]:
    """Return the statements that create the views, replacing older definitions."""
    views = {
        **{records.view: standing_sql(database, records) for records in RECORD_TABLES},
        "aggregates": _current(
            database,
            aggregates.TABLE.name,
            ("signal", "level", "area", "day"),
            ("_offset", "_row"),
            list(aggregates.TABLE.column_names),
        ),
        "alerts": _current(
            database, alert_history.TABLE.name, ("alert_id",), ("_offset",), list(alert_history.TABLE.column_names)
        ),
        "progress": _current(
            database,
            progress.TABLE.name,
            ("stage", "topic", "partition"),
            ("written_at",),
            [*progress.TABLE.column_names, "written_at"],
        ),
    }
    return [f"CREATE OR REPLACE VIEW {database}.{name} AS {query}" for name, query in views.items()]
