"""Counts of the last seven days and of the seven before them, for many series at once."""

import datetime as dt
from collections.abc import Sequence

from console.cells import counted_cells
from console.warehouse import Warehouse

DAYS = 7

Weeks = dict[tuple[str, str, str], tuple[int, int]]


def weeks(
    warehouse: Warehouse,
    name: str,
    signals: Sequence[str],
    levels: Sequence[str],
    upto: dt.date | None,
    areas: Sequence[str] | None = None,
) -> Weeks:
    """Return {(signal, level, area): (last seven days, the seven before)} of the series that counted anything.

    Parameters
    ----------
    warehouse
        Where aggregates are read.
    name
        Of the question, for the metrics.
    signals, levels
        Which series.
    upto
        Last day of the seven; None where nothing has arrived yet, then nothing is counted.
    areas
        Only these; None is all.
    """
    if upto is None or not signals:
        return {}
    among = "" if areas is None else "AND area IN {areas:Array(String)} "
    within = (
        f"signal IN {{signals:Array(String)}} AND level IN {{levels:Array(String)}} {among}"
        "AND day > {first:Date32} AND day <= {upto:Date32}"
    )
    rows = warehouse.rows(
        name,
        "SELECT signal, level, area, sumIf(cases, day > {middle:Date32}) AS week, "
        "sumIf(cases, day <= {middle:Date32}) AS before\n"
        f"FROM ({counted_cells(warehouse.database, within)}) GROUP BY signal, level, area",
        {
            "signals": list(signals),
            "levels": list(levels),
            "middle": upto - dt.timedelta(days=DAYS),
            "first": upto - dt.timedelta(days=2 * DAYS),
            "upto": upto,
            **({} if areas is None else {"areas": list(areas)}),
        },
    )
    return {(row["signal"], row["level"], row["area"]): (row["week"], row["before"]) for row in rows}


def added(found: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the sum of several series' weeks."""
    return sum(week for week, _ in found), sum(before for _, before in found)
