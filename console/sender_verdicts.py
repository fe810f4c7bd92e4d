"""What became of one sender's records: how many, and what was refused or conflicted, and why."""

from collections.abc import Mapping
from typing import Any

from console.recount import before_marker_sql
from console.warehouse import Warehouse
from schemas.marker import Marker

MOST = 10_000
"""Rejections of one answer; the cursor leads to the others."""

_NOTED = "verdict IN ('rejected', 'conflict')"


class BadCursor(ValueError):
    """A cursor that no earlier answer gave."""


def sender_verdicts(warehouse: Warehouse, sender: str, after: str, limit: int) -> Mapping[str, Any]:
    """Return the verdicts on a sender's records, oldest rejection first.

    Parameters
    ----------
    warehouse
        Where the verdicts are.
    sender
        Code of the institution.
    after
        Cursor of an earlier answer: rejections from there on. Empty is from the beginning.
    limit
        Most rejections of the answer, at most `MOST`.

    Returns
    -------
    mapping
        ``counts``: number of records by source and verdict, over all time. ``rejections``: each with clock
        (milliseconds UTC), topic, partition, offset, verdict, reason, field and the record's id, if it may be told.
        ``next``: the cursor behind them; ``more``: whether there are more.

    Raises
    ------
    BadCursor
        `after` is none.
    WarehouseDown
        ClickHouse does not answer.
    """
    try:
        seen = Marker.parse(after)
    except ValueError as error:
        raise BadCursor("a cursor is what an earlier answer gave as next") from error
    table = f"{warehouse.database}.verdicts"
    # Where the tables end is asked first: what comes later has a cursor of its own.
    ends = warehouse.rows("verdict_ends", f"SELECT topic, partition, max(offset) + 1 AS to FROM {table} GROUP BY 1, 2")
    upto = Marker({(row["topic"], row["partition"]): row["to"] for row in ends})
    counted = warehouse.rows(
        "sender_counts",
        f"SELECT topic, verdict, count() AS records FROM {table} WHERE sender = {{sender:String}} GROUP BY 1, 2",
        {"sender": sender},
    )
    within = f"({before_marker_sql(upto, '')}) AND NOT ({before_marker_sql(seen, '')})"
    rows = warehouse.rows(
        "sender_rejections",
        "SELECT toUnixTimestamp64Milli(clock) AS clock, topic, partition, offset, verdict, reason, field, "
        f"report_id AS record FROM {table} WHERE sender = {{sender:String}} AND {_NOTED} AND {within} "
        # In the table's own order the engine would go through the table instead of the few that were noted.
        f"ORDER BY concat(topic, ''), partition, offset LIMIT {min(limit, MOST) + 1}",
        {"sender": sender},
    )
    more = len(rows) > min(limit, MOST)
    rows = rows[: min(limit, MOST)]
    counts: dict[str, dict[str, int]] = {}
    for row in counted:
        counts.setdefault(row["topic"], {})[row["verdict"]] = row["records"]
    return {
        "sender": sender,
        "counts": counts,
        "rejections": rows,
        "next": str(_behind(seen, rows) if more else upto),
        "more": more,
    }


def _behind(seen: Marker, rows: list[dict[str, Any]]) -> Marker:
    for row in rows:
        seen = seen.advanced(row["topic"], row["partition"], row["offset"] + 1)
    return seen
