"""Alerts as ClickHouse keeps them, read, and turned into what the page shows of them."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from catalogue.model import Catalogue
from console import naming
from console.warehouse import Row

SPARK_DAYS = 28

#: The rule that says most comes first: a baseline tells more than a number, a number more than "one is too many".
_LEADING = ("beta_binomial", "w8", "k_places", "k_in_window", "first_ever", "single_case")

_EVIDENCE = (
    "method",
    "parameters",
    "speaks",
    "day",
    "observed",
    "expected",
    "upper",
    "score",
    "p_value",
    "alarm",
    "reason",
    "alarm_days",
)

COLUMNS = ", ".join(
    [
        "alert_id, revision, kind, state, signal, disease, area, level, severity, first_day, last_day, days",
        "cases, cases_7d, peak_7d, baseline_from, baseline, clock_hours, continues, merged_into",
        "speaks, speaks_because, expanded_from_counts, catalogue, marker, marker_id, denominator_7d",
        "toUnixTimestamp64Milli(opened_at) AS opened_ms, toUnixTimestamp64Milli(clock) AS clock_ms",
        "if(isNull(deadline), NULL, toUnixTimestamp64Milli(assumeNotNull(deadline))) AS deadline_ms",
        *(f"`evidence.{part}` AS evidence_{part}" for part in _EVIDENCE),
    ]
)
"""What every question about alerts selects: moments as milliseconds, so that no time zone gets in between."""


def evidence(row: Row) -> list[dict[str, Any]]:
    """Return what each method says, one dictionary a method, days as ISO text and parameters as an object."""
    return [
        {
            **dict(zip(_EVIDENCE, values, strict=True)),
            "parameters": json.loads(values[1]),
            "day": values[3].isoformat(),
            "alarm_days": [day.isoformat() for day in values[11]],
        }
        for values in zip(*(row[f"evidence_{part}"] for part in _EVIDENCE), strict=True)
    ]


def lead(said: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the evidence by which an alert is told: of the methods that may speak, the one that says most."""

    def preference(one: Mapping[str, Any]) -> tuple[bool, int]:
        name = one["method"]
        return not one["alarm"], _LEADING.index(name) if name in _LEADING else -1

    return min((one for one in said if one["speaks"]), key=preference, default=None)


def _spark(row: Row) -> dict[str, Any]:
    counts = list(row["baseline"])[-SPARK_DAYS:]
    start = row["last_day"] - dt.timedelta(days=len(counts) - 1)
    alarms = [(day - start).days for day in row["days"]]
    return {"from": start.isoformat(), "counts": counts, "alarms": [at for at in alarms if 0 <= at < len(counts)]}


def _what(catalogue: Catalogue, signal: str) -> dict[str, str] | None:
    """Return what a signal counts, in both languages; None where it is the cases of its disease."""
    known = catalogue.signals.get(signal)
    return None if known is None or known.id == f"{known.disease}.cases" else dict(known.titles)


def summary(catalogue: Catalogue, row: Row) -> dict[str, Any]:
    """Return what one row of the list shows of an alert.

    Parameters
    ----------
    catalogue
        For the disease's names and class.
    row
        A row selected with `COLUMNS`.
    """
    said = evidence(row)
    return {
        "id": row["alert_id"],
        "revision": row["revision"],
        "kind": row["kind"],
        "state": row["state"],
        "signal": row["signal"],
        "what": _what(catalogue, row["signal"]),
        "disease": naming.disease(catalogue, row["disease"], row["last_day"]),
        "area": naming.area(row["area"], row["level"]),
        "severity": row["severity"],
        "first_day": row["first_day"].isoformat(),
        "last_day": row["last_day"].isoformat(),
        "opened_at": row["opened_ms"],
        "deadline": row["deadline_ms"],
        "clock_hours": row["clock_hours"],
        "expanded_from_counts": row["expanded_from_counts"],
        "cases": row["cases"],
        "cases_7d": row["cases_7d"],
        "peak_7d": row["peak_7d"],
        "denominator_7d": row["denominator_7d"],
        "lead": lead(said),
        "also": [one["method"] for one in said if one["alarm"] and not one["speaks"]],
        "spark": _spark(row),
    }


def whole(catalogue: Catalogue, row: Row) -> dict[str, Any]:
    """Return everything that an alert says of itself."""
    return {
        **summary(catalogue, row),
        "days": len(row["days"]),
        "evidence": evidence(row),
        "baseline_from": row["baseline_from"].isoformat(),
        "baseline": list(row["baseline"]),
        "continues": row["continues"],
        "merged_into": row["merged_into"],
        "catalogue": row["catalogue"],
        "clock": row["clock_ms"],
        "marker": row["marker"],
        "marker_id": row["marker_id"],
    }


def event(row: Row) -> dict[str, Any]:
    """Return one revision of an alert as its history lists it."""
    return {
        "revision": row["revision"],
        "kind": row["kind"],
        "state": row["state"],
        "severity": row["severity"],
        "clock": row["clock_ms"],
        "cases": row["cases"],
        "cases_7d": row["cases_7d"],
        "last_day": row["last_day"].isoformat(),
        "speaks": row["speaks"],
        "speaks_because": row["speaks_because"],
        "marker_id": row["marker_id"],
    }
