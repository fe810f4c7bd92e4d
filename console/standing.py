"""What stands of a source's records within a range of days, found by the days alone.

The views of sinks.views look up every record that ever was replaced: right for any question, and most of the time of
one about a few days where many records are replaced (a pending test by its result). A revision repeats the first
entry's `reported_at`, so all revisions of a record have one report day, and those of the range are enough.
"""

from sinks.record_table import RecordTable


def standing_within(database: str, records: RecordTable, columns: str, days: str, chosen: str = "") -> str:
    """Return the query for the records that stand, of those that lie within some days.

    Parameters
    ----------
    database
        Name of the database.
    records
        Which records.
    columns
        What to select.
    days
        Condition that all revisions of a record meet alike, or none: on the report day, or an observation's period.
    chosen
        Condition that a revision may come to meet, or to meet no longer: a port, a result. Few records should.
    """
    table, identity = f"{database}.{records.table.name}", f"sipHash128(issuer, {records.source.key})"
    # Of a few records it is cheaper to look up their successors than all that ever succeeded another.
    theirs = f" AND {identity} IN (SELECT {identity} FROM {table} WHERE ({days}) AND ({chosen}))" if chosen else ""
    return (
        f"SELECT {columns} FROM {table} LEFT JOIN (\n"
        f"  SELECT {identity} AS successor_of, max(_offset) AS successor FROM {table}\n"
        f"  WHERE replaces AND ({days}){theirs} GROUP BY successor_of\n"
        f") AS newest ON {identity} = newest.successor_of\n"
        f"WHERE ({days}){f' AND ({chosen})' if chosen else ''} AND NOT retracted AND _offset >= ifNull(successor, 0)"
    )
