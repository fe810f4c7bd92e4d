"""The same rows in the order of their senders: projections, which ClickHouse keeps inside each part.

A sender's page asks for one institution among thousands; in the tables' own order that is a look at every row. A
projection is written with its part, so it holds what the rows hold, and a question that fits it is answered from it
without further words. Where a part was written before there was one, the rows themselves answer.
"""

from collections.abc import Mapping

from sinks import entry_declarations, lab_results, line_list, observations, verdicts

NAME = "by_sender"

VERDICT_DAY = "toDate32(clock, 'Asia/Shanghai')"
"""Day of a verdict, spelled as the projection has it: another spelling would not be answered from it."""

_VERDICTS = (
    f"SELECT sender, topic, {VERDICT_DAY}, verdict, reason, field, count(), max(clock), max(tuple(partition, offset)) "
    f"GROUP BY sender, topic, {VERDICT_DAY}, verdict, reason, field"
)

_OF_ALL = ("sender", "arrived_at", "reported_at", "revised_at", "revision", "action", "issuer", "reported_area",
           "expanded_from_counts")  # fmt: skip

COLUMNS: Mapping[str, tuple[str, ...]] = {
    line_list.TABLE.name: (
        *_OF_ALL, "disease", "diagnosed_at", "onset_date", "age_years", "patient", "residence_area"
    ),
    lab_results.TABLE.name: (
        *_OF_ALL, "resulted_at", "collected_at", "received_at", "patient", "report_id", "area"
    ),
    entry_declarations.TABLE.name: (*_OF_ALL, "temperature_c", "conveyance", "patient"),
    observations.TABLE.name: (*_OF_ALL, "denominator", "area"),
}  # fmt: skip
"""Columns of each record table that a question about one sender may use."""


BY_CLOCK = "by_clock"
"""Index of verdicts: the clocks of each granule, by which a question about some weeks of all senders finds its rows."""


def statements(database: str) -> list[str]:
    """Return the statements that add the projections, and the index, where they are not there yet."""
    projections = {verdicts.TABLE.name: _VERDICTS}
    for table, columns in COLUMNS.items():
        projections[table] = f"SELECT {', '.join(columns)} ORDER BY sender, arrived_at"
    added = [
        f"ALTER TABLE {database}.{table} ADD PROJECTION IF NOT EXISTS {NAME} ({query})"
        for table, query in projections.items()
    ]
    clocks = f"ADD INDEX IF NOT EXISTS {BY_CLOCK} clock TYPE minmax GRANULARITY 1"
    return [*added, f"ALTER TABLE {database}.{verdicts.TABLE.name} {clocks}"]
