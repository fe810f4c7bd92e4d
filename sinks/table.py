"""A ClickHouse table as data: columns with their meaning, sorting key, and which columns place a row in its topic.

The documentation is checked against these values, and the DDL, the insert body and the position query are all
made from them, so that a column is spelled once.
"""

from dataclasses import dataclass

DEDUPLICATION_WINDOW = 1000
"""Blocks whose insert tokens ClickHouse remembers per table; a stray retry is at most one block old."""

WIDE_PART_BYTES = 100_000_000
"""Parts below this keep all columns in one file. A block of the line list is just above ClickHouse's own limit, and
as a hundred files it costs three times the CPU to write and to merge (180 and 320 ms against 60 and 124)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its ClickHouse type as `sinks.native` spells it, and what it means."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Place:
    """The columns that say where in its topic a row came from.

    Attributes
    ----------
    topic_id, partition, offset
        Column names. The position of a partition is the highest offset in the table.
    row
        Column with the row's number inside its message, where one message makes several rows; empty where the
        offset alone is unique.
    """

    topic_id: str
    partition: str
    offset: str
    row: str = ""


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """Some columns of a table kept once more in another order, for questions that its own order does not serve.

    ClickHouse keeps it with each part, so that it is in whole or not at all as the part is, and chooses it by itself.
    """

    name: str
    columns: tuple[str, ...]
    order_by: tuple[str, ...]

    @property
    def sql(self) -> str:
        """Return its definition."""
        return f"PROJECTION {self.name} (SELECT {', '.join(self.columns)} ORDER BY {', '.join(self.order_by)})"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that holds every row once, in the order of its topic, without FINAL.

    Attributes
    ----------
    name
        Without the database.
    columns
        In the order of the DDL and of insert bodies.
    order_by
        Sorting key, chosen for the queries that the table serves.
    place
        Where a row came from.
    meaning
        One line for the documentation and for the table's comment.
    second
        A second order, if it has one.
    """

    name: str
    columns: tuple[Column, ...]
    order_by: tuple[str, ...]
    place: Place
    meaning: str
    second: SecondOrder | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return the columns' names, in order."""
        return tuple(column.name for column in self.columns)

    def create_sql(self, database: str) -> str:
        """Return the DDL. The table is not partitioned: an insert is one part, hence all or nothing."""
        columns = ",\n".join(f"  `{c.name}` {c.type} COMMENT {quoted(c.meaning)}" for c in self.columns)
        columns += f",\n  {self.second.sql}" if self.second else ""
        return (
            f"CREATE TABLE IF NOT EXISTS {database}.{self.name} (\n{columns}\n) ENGINE = MergeTree\n"
            f"ORDER BY ({', '.join(self.order_by)})\n"
            f"SETTINGS non_replicated_deduplication_window = {DEDUPLICATION_WINDOW},"
            f" min_bytes_for_wide_part = {WIDE_PART_BYTES}\n"
            f"COMMENT {quoted(self.meaning)}"
        )

    def complete_sql(self, database: str) -> str:
        """Return the DDL that gives a table of an earlier version the columns that it lacks."""
        added = ", ".join(
            f"ADD COLUMN IF NOT EXISTS `{c.name}` {c.type} COMMENT {quoted(c.meaning)}" for c in self.columns
        )
        return f"ALTER TABLE {database}.{self.name} {added}"

    def positions_sql(self, database: str) -> str:
        """Return the query for (topic id, partition, highest offset, highest row of it)."""
        place = self.place
        last = f"max(tuple({place.offset}, {place.row or '0'}))"
        return (
            f"SELECT {place.topic_id} AS topic_id, {place.partition} AS partition, "
            f"tupleElement({last} AS last, 1) AS last_offset, tupleElement(last, 2) AS last_row "
            f"FROM {database}.{self.name} GROUP BY topic_id, partition ORDER BY topic_id, partition"
        )


def quoted(text: str) -> str:
    """Return a ClickHouse string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
