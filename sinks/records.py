"""The tables of all sources."""

from sinks import entry_declarations, lab_results, line_list, observations

RECORD_TABLES = (line_list.RECORDS, lab_results.RECORDS, entry_declarations.RECORDS, observations.RECORDS)
"""In the order of `schemas.topics.SOURCES`."""

RECORD_STAGES = tuple(records.view for records in RECORD_TABLES)
"""Their stages in progress; together they hold the positions of every source."""
