"""One sender: what it sent by day, what became of it and why, whether it reports as usual, how timely and complete."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from catalogue.model import Catalogue
from console import naming
from console.habit import DAYS, HISTORY, habits
from console.sender_records import record_quality
from console.senders import VERDICTS, habit_json
from console.warehouse import Row, Warehouse
from schemas.areas import LEVELS, areas
from sinks.by_sender import VERDICT_DAY

REASONS_SHOWN = 100

Json = dict[str, Any]


def sender_page(warehouse: Warehouse, catalogue: Catalogue, sender: str, today: dt.date) -> Json | None:
    """Return the page of a sender, or None where no record of it was ever judged.

    Parameters
    ----------
    warehouse
        Where verdicts and records are read.
    catalogue
        Legal hours of reporting.
    sender
        Code of the institution.
    today
        Civil day of the clock; the page looks `console.habit.DAYS` days back from it.
    """
    ever = warehouse.rows(
        "sender_ever",
        "SELECT topic, sum(n) AS records, min(day) AS first_day, max(toUnixTimestamp64Milli(last)) AS last_ms FROM (\n"
        f"  SELECT topic, {VERDICT_DAY} AS day, count() AS n, max(clock) AS last\n"
        f"  FROM {warehouse.database}.verdicts WHERE sender = {{sender:String}} GROUP BY topic, day\n) GROUP BY topic",
        {"sender": sender},
    )
    if not ever or not sender:
        return None
    first = today - dt.timedelta(days=DAYS - 1)
    sums = ", ".join(f"sumIf(n, verdict = '{verdict}') AS {verdict}" for verdict in VERDICTS)
    rows = warehouse.rows(
        "sender_days",
        f"SELECT topic, day, sum(n) AS records, {sums} FROM (\n"
        f"  SELECT topic, {VERDICT_DAY} AS day, verdict, count() AS n FROM {warehouse.database}.verdicts\n"
        f"  WHERE sender = {{sender:String}} AND {VERDICT_DAY} > {{before:Date32}} AND verdict != 'void'\n"
        "  GROUP BY topic, day, verdict\n) GROUP BY topic, day",
        {"sender": sender, "before": today - dt.timedelta(days=HISTORY)},
    )
    lately = [row["topic"] for row in rows if row["accepted"] and row["day"] >= first]
    quality = record_quality(warehouse, catalogue, sender, lately, first, today)
    return {
        "sender": sender,
        "area": _area(quality),
        "from": first.isoformat(),
        "upto": today.isoformat(),
        "sources": [_source(one, rows, today) for one in sorted(ever, key=lambda one: -one["records"])],
        "reasons": _reasons(warehouse, sender, first),
        "quality": quality,
    }


def _area(quality: list[Json]) -> Json | None:
    """Return the area that most of its records name as the sender's own."""
    code = next((one["area"] for one in quality if one["area"]), "")
    table = areas()
    node = int(table.indices(pl.Series([code]))[0])
    return None if node < 0 else naming.area(code, LEVELS[table.level[node]])


def _source(ever: Row, rows: list[Row], today: dt.date) -> Json:
    known = np.zeros((1 + len(VERDICTS), HISTORY), np.int64)
    for row in rows:
        back = (today - row["day"]).days
        if row["topic"] == ever["topic"] and back >= 0:
            known[:, -1 - back] += [row[name] for name in ("records", *VERDICTS)]
    (habit,) = habits(known[:1])
    daily = known[:, -DAYS:]
    return {
        "topic": ever["topic"],
        "first_day": ever["first_day"].isoformat(),
        "last": ever["last_ms"],
        "ever": ever["records"],
        **{name: int(total) for name, total in zip(("records", *VERDICTS), daily.sum(axis=1), strict=True)},
        "daily": {name: daily[1 + at].tolist() for at, name in enumerate(VERDICTS)},
        "habit": habit_json(habit),
    }


def _reasons(warehouse: Warehouse, sender: str, first: dt.date) -> list[Json]:
    """Return why records were rejected or conflicted, most first, each with the place of the newest one."""
    rows = warehouse.rows(
        "sender_reasons",
        f"SELECT topic, verdict, reason, field, sum(n) AS records, max(last) AS newest, max(place) AS at FROM (\n"
        f"  SELECT topic, verdict, reason, field, {VERDICT_DAY} AS day, count() AS n, max(clock) AS last,\n"
        "  max(tuple(partition, offset)) AS place\n"
        f"  FROM {warehouse.database}.verdicts WHERE sender = {{sender:String}} AND {VERDICT_DAY} >= {{first:Date32}}\n"
        "  AND verdict IN ('rejected', 'conflict') GROUP BY topic, verdict, reason, field, day\n"
        f") GROUP BY topic, verdict, reason, field ORDER BY records DESC, topic, reason, field LIMIT {REASONS_SHOWN}",
        {"sender": sender, "first": first},
    )
    return [
        {
            **{name: row[name] for name in ("topic", "verdict", "reason", "field", "records")},
            "last": int(row["newest"].timestamp() * 1000),
            "partition": row["at"][0],
            "offset": row["at"][1],
        }
        for row in rows
    ]
