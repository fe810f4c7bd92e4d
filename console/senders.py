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

_BEIJING = dt.timezone(dt.timedelta(hours=8))

Json = dict[str, Any]


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
    oldest, first = (today - dt.timedelta(days=back - 1) for back in (HISTORY, DAYS))
    chosen = " AND startsWith(sender, {wanted:String})" if wanted else ""
    shown = "clock >= toDateTime64({first:String}, 3, 'Asia/Shanghai')"
    sums = ", ".join(f"countIf(verdict = '{verdict}' AND {shown}) AS {verdict}" for verdict in VERDICTS)
    # One pass over the days in question, found by their clock: a row a sender and day would be most of the work.
    rows = warehouse.rows(
        "senders",
        f"SELECT sender, topic, countIf({shown}) AS records, {sums}, toUnixTimestamp64Milli(max(clock)) AS last_ms,\n"
        f"countResample(0, {HISTORY}, 1)(toUInt16(dateDiff('day', {{oldest:Date32}}, {VERDICT_DAY}))) AS daily\n"
        f"FROM {warehouse.database}.verdicts\n"
        "WHERE clock >= toDateTime64({since:String}, 3, 'Asia/Shanghai') AND verdict != 'void'"
        f"{chosen} GROUP BY sender, topic",
        {"oldest": oldest, "since": oldest.isoformat(), "first": first.isoformat(), "wanted": wanted},
    )
    named = [row for row in rows if row["sender"]]
    counts = np.array([row["daily"] for row in named], np.int64).reshape(len(named), HISTORY)
    senders: dict[str, list[Json]] = {}
    for row, daily, habit in zip(named, counts.tolist(), habits(counts), strict=True):
        senders.setdefault(row["sender"], []).append(_source(row, daily, habit, today))
    listed = sorted((_sender(code, sources) for code, sources in senders.items()), key=_rank)
    return {
        "from": first.isoformat(),
        "upto": today.isoformat(),
        "seen_days": HISTORY,
        "total": len(listed),
        "unread": sum(row["records"] for row in rows if not row["sender"]),
        "states": {state: sum(1 for one in listed if one["state"] == state) for state in STATES},
        "senders": listed[:SHOWN],
    }


def _source(row: Row, daily: Sequence[int], habit: Habit, today: dt.date) -> Json:
    return {
        "topic": row["topic"],
        **{name: row[name] for name in ("records", *VERDICTS)},
        "last": row["last_ms"],
        "quiet_days": (today - dt.datetime.fromtimestamp(row["last_ms"] / 1000, _BEIJING).date()).days,
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
