"""All senders of the last months: how much each sent, what became of it, and who reports less than usual."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from console.habit import DAYS, HISTORY, STATES, Habit, habits
from console.warehouse import Row, Warehouse
from sinks.by_sender import VERDICT_DAY

SHOWN = 200

VERDICTS = ("accepted", "duplicate", "superseded", "conflict", "rejected")

Json = dict[str, Any]


def daily_sql(warehouse: Warehouse, chosen: str = "") -> str:
    """Return the query for a row a sender, source and day: records and verdicts; `chosen` is a further condition."""
    sums = ", ".join(f"sumIf(n, verdict = '{verdict}') AS {verdict}" for verdict in VERDICTS)
    return (
        f"SELECT sender, topic, day, sum(n) AS records, {sums}, max(last) AS last FROM (\n"
        f"  SELECT sender, topic, {VERDICT_DAY} AS day, verdict, count() AS n, max(clock) AS last\n"
        f"  FROM {warehouse.database}.verdicts WHERE {VERDICT_DAY} > {{before:Date32}} AND verdict != 'void'{chosen}\n"
        "  GROUP BY sender, topic, day, verdict\n) GROUP BY sender, topic, day"
    )


def habit_json(habit: Habit) -> Json:
    """Return a habit as the page reads it."""
    return asdict(habit)


def sender_list(warehouse: Warehouse, today: dt.date, wanted: str = "") -> Json:
    """Return the senders of the last three months, those that fell silent first, then by share rejected and number.

    Parameters
    ----------
    warehouse
        Where verdicts are read.
    today
        Civil day of the clock.
    wanted
        Only senders whose code begins so.
    """
    first = today - dt.timedelta(days=DAYS - 1)
    chosen = " AND startsWith(sender, {wanted:String})" if wanted else ""
    sums = ", ".join(f"sumIf({name}, day >= {{first:Date32}}) AS {name}_" for name in ("records", *VERDICTS))
    rows = warehouse.rows(
        "senders",
        f"SELECT sender, topic, {sums}, max(day) AS last_day, max(toUnixTimestamp64Milli(last)) AS last_ms,\n"
        "groupArray((dateDiff('day', {before:Date32}, day) - 1, records)) AS daily\n"
        f"FROM ({daily_sql(warehouse, chosen)}) GROUP BY sender, topic",
        {"before": today - dt.timedelta(days=HISTORY), "first": first, "wanted": wanted},
    )
    named = [row for row in rows if row["sender"]]
    counts = np.zeros((len(named), HISTORY), np.int64)
    for at, row in enumerate(named):
        for day, records in row["daily"]:
            if day < HISTORY:
                counts[at, day] += records
    senders: dict[str, list[Json]] = {}
    for row, daily, habit in zip(named, counts.tolist(), habits(counts), strict=True):
        senders.setdefault(row["sender"], []).append(_source(row, daily, habit, today))
    listed = sorted((_sender(code, sources) for code, sources in senders.items()), key=_rank)
    return {
        "from": first.isoformat(),
        "upto": today.isoformat(),
        "seen_days": HISTORY,
        "total": len(listed),
        "unread": sum(row["records_"] for row in rows if not row["sender"]),
        "states": {state: sum(1 for one in listed if one["state"] == state) for state in STATES},
        "senders": listed[:SHOWN],
    }


def _source(row: Row, daily: Sequence[int], habit: Habit, today: dt.date) -> Json:
    return {
        "topic": row["topic"],
        **{name: row[f"{name}_"] for name in ("records", *VERDICTS)},
        "last": row["last_ms"],
        "quiet_days": (today - row["last_day"]).days,
        "daily": list(daily[-DAYS:]),
        "habit": habit_json(habit),
    }


def _sender(code: str, sources: list[Json]) -> Json:
    records = sum(one["records"] for one in sources)
    rejected = sum(one["rejected"] for one in sources)
    return {
        "sender": code,
        "state": min((one["habit"]["state"] for one in sources), key=STATES.index),
        "records": records,
        "rejected": rejected,
        "rejected_share": rejected / records if records else None,
        "last": max(one["last"] for one in sources),
        "sources": sorted(sources, key=lambda one: -one["records"]),
    }


def _rank(sender: Json) -> tuple[int, float, int, str]:
    return (
        STATES.index(sender["state"]),
        -(sender["rejected_share"] or 0.0),
        -sender["records"],
        sender["sender"],
    )
