"""Counts of many series within some days, found by the days."""


def counted_cells(database: str, where: str) -> str:
    """Return the query for signal, level, area, day and the newest count of each cell that meets a condition.

    The view `aggregates` goes through the table in the table's own order, series by series: right for a few series and
    all their days. Asked this way the engine may take the order by day instead, for some days of all series.

    Parameters
    ----------
    database
        Name of the database.
    where
        Condition on signal, level, area and day.
    """
    return (
        "SELECT signal, level, area, day, argMax(count, (_offset, _row)) AS cases\n"
        f"FROM {database}.aggregate_revisions WHERE {where} GROUP BY signal, level, area, day"
    )
