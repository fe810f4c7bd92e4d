"""All laboratories that released results lately, and the positivity of each pathogen in the nation."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from typing import Any

from catalogue.model import SEVERITIES
from console import lab_results
from console.assigned import COUNTS, marks
from console.share import share
from console.warehouse import Row, Warehouse
from schemas.pathogens import pathogens

DAYS = 7
"""Days that the list sums up: fewer than ports have, because a nation's laboratories release far more."""

_POSITIVE, _NEGATIVE = "result = 'POSITIVE'", "result = 'NEGATIVE'"

NATION_DAYS = 28
_POSITIVITY = ".positivity"
_LABORATORY = (_POSITIVITY, ".first", ".types")
"""Ends of the ids of signals that count laboratory results."""

Json = dict[str, Any]


def lab_list(warehouse: Warehouse, open_alerts: Iterable[Mapping[str, Any]], upto: dt.date) -> Json:
    """Return the laboratories of the last week, most results first, and the pathogens that they tested for.

    One patient's results of one kind count once: within fewer than 30 days there is nothing else to the rule.
    """
    first = upto - dt.timedelta(days=DAYS - 1)
    inner = lab_results.standing(
        warehouse,
        "issuer, pathogen, patient, specimen_id, result, status, report_id, collected_at, received_at, reported_at",
    )
    rows = warehouse.rows(
        "labs",
        "SELECT issuer, count() AS results, countIf(result = 'INVALID') AS invalid,\n"
        "countIf(status = 'CANCELLED') AS cancelled, countIf(status = 'CORRECTED') AS corrected,\n"
        f"countIf(status = 'PRELIMINARY') AS preliminary, countIf(isNotNull(report_id)) AS linked,\n"
        f"{lab_results.distinct(_POSITIVE)} AS positives,\n"
        f"{lab_results.distinct(_NEGATIVE)} AS negatives,\n"
        f"{lab_results.took('bench')}, max(toUnixTimestamp64Milli(reported_at)) AS newest,\n"
        f"groupUniqArray(20)(pathogen) AS pathogens, {COUNTS}\n"
        f"FROM ({inner}) GROUP BY issuer ORDER BY results DESC, issuer",
        {"from": first, "upto": upto},
    )
    return {
        "from": first.isoformat(),
        "upto": upto.isoformat(),
        "target_hours": lab_results.TARGET_HOURS,
        "labs": [_lab(row) for row in rows],
        "nation": _nation(warehouse, upto),
        "alerts": sorted(
            (alert for alert in open_alerts if alert["signal"].endswith(_LABORATORY)),
            key=lambda alert: (-SEVERITIES.index(alert["severity"]), -alert["opened_at"]),
        ),
        "marks": marks(*rows),
    }


def _nation(warehouse: Warehouse, upto: dt.date) -> Json:
    """Return the positivity of each pathogen in the whole nation, as the signals counted it."""
    first = upto - dt.timedelta(days=NATION_DAYS - 1)
    rows = warehouse.rows(
        "positivity_nation",
        "SELECT signal, sum(count) AS positives, sum(ifNull(denominator, 0)) AS tests\n"
        f"FROM {warehouse.database}.aggregates WHERE signal IN {{signals:Array(String)}} AND level = 'nation'\n"
        "AND day >= {from:Date32} AND day <= {upto:Date32} GROUP BY signal ORDER BY tests DESC, signal",
        {"signals": [f"{code}{_POSITIVITY}" for code in pathogens()], "from": first, "upto": upto},
    )
    return {
        "from": first.isoformat(),
        "pathogens": [
            {
                **pathogen_name(row["signal"].removesuffix(_POSITIVITY)),
                "positives": row["positives"],
                "tests": row["tests"],
                "positivity": share(row["positives"], row["tests"]),
            }
            for row in rows
            if row["tests"]
        ],
    }


def _lab(row: Row) -> Json:
    tests = row["positives"] + row["negatives"]
    return {
        "lab": row["issuer"],
        **{
            name: row[name]
            for name in ("results", "invalid", "cancelled", "corrected", "preliminary", "linked", "newest")
        },
        "positives": row["positives"],
        "tests": tests,
        "positivity": share(row["positives"], tests),
        "invalid_share": share(row["invalid"], row["results"]),
        "bench": turnaround(row, "bench"),
        "pathogens": [pathogen_name(code) for code in sorted(row["pathogens"])],
    }


def turnaround(row: Row, name: str) -> Json | None:
    """Return how long a part of the way took, or None where no result tells it."""
    median, tenth = row[f"{name}_hours"]
    known = row[f"{name}_known"]
    if not known or math.isnan(median):
        return None
    over = row[f"{name}_over"]
    return {"median": round(median, 2), "p90": round(tenth, 2), "known": known, "over": share(over, known)}


def pathogen_name(code: str) -> Json:
    """Return a pathogen as the page names it."""
    known = pathogens().get(code)
    if known is None:
        return {"code": code, "zh": code, "en": code, "disease": None}
    return {"code": code, "zh": known.name_zh, "en": known.name_en, "disease": known.disease}
