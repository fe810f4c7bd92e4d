"""One laboratory: positivity by pathogen and week, how long results took, what was corrected, which cards they name."""

import datetime as dt
from collections import defaultdict
from typing import Any

from console import lab_results
from console.assigned import COUNTS, marks
from console.labs import Json, pathogen_name, turnaround
from console.share import share
from console.warehouse import Row, Warehouse
from schemas.diseases import diseases, subtypes
from schemas.pathogens import pathogens
from sinks.line_list import TABLE as LINE_LIST

WEEKS = 8
MOST_LINKS = 2000
"""Named cards of one answer that are looked up."""

_OURS = "issuer = {lab:String}"


def lab_page(warehouse: Warehouse, lab: str, upto: dt.date) -> Json | None:
    """Return what a laboratory released in the last weeks, or None where it released nothing."""
    first = upto - dt.timedelta(days=upto.weekday() + 7 * (WEEKS - 1))
    asked = {"from": first, "upto": upto, "lab": lab}
    by_pathogen, weekly, whole = _sums(warehouse, asked)
    if whole is None:
        return None
    counted = lab_results.counted_once(warehouse, first, upto, lab)
    return {
        "lab": lab,
        "from": first.isoformat(),
        "upto": upto.isoformat(),
        "target_hours": lab_results.TARGET_HOURS,
        "pathogens": [_pathogen(row, counted) for row in by_pathogen],
        "weeks": [_week(first + dt.timedelta(days=7 * at), weekly, counted) for at in range(WEEKS)],
        "whole": _whole(whole),
        "corrections": _corrections(warehouse, asked),
        "types": _types(warehouse, asked),
        "links": _links(warehouse, asked),
        "marks": marks(*by_pathogen),
    }


def _sums(warehouse: Warehouse, asked: dict[str, Any]) -> tuple[list[Row], list[Row], Row | None]:
    """Return the sums of every pathogen (most results first), of every week, and of all."""
    inner = lab_results.standing(
        warehouse,
        "issuer, pathogen, result, status, collected_at, received_at, reported_at, "
        "toMonday(toDate(report_day)) AS week",
        of_one=True,
    )
    ways = ", ".join(lab_results.took(name) for name in lab_results.HOURS)
    rows = warehouse.rows(
        "lab",
        "SELECT pathogen, week, grouping(pathogen) = 0 AS by_pathogen, grouping(week) = 0 AS by_week,\n"
        f"count() AS results, {_by_word('result', lab_words('result'))},\n"
        f"{_by_word('status', lab_words('status'))},\n{ways}, {COUNTS}\n"
        f"FROM ({inner}) GROUP BY GROUPING SETS ((pathogen), (week), ()) ORDER BY results DESC, pathogen, week",
        asked,
    )
    whole = [row for row in rows if row["results"] and not row["by_pathogen"] and not row["by_week"]]
    return (
        [row for row in rows if row["by_pathogen"]],
        [row for row in rows if row["by_week"]],
        whole[0] if whole else None,
    )


def lab_words(field: str) -> tuple[str, ...]:
    """Return the words of a result or a status, in the order in which pages show them."""
    return {
        "result": ("POSITIVE", "NEGATIVE", "INDETERMINATE", "INVALID"),
        "status": ("PRELIMINARY", "FINAL", "CORRECTED", "CANCELLED"),
    }[field]


def _by_word(field: str, words: tuple[str, ...]) -> str:
    return ", ".join(f"countIf({field} = '{word}') AS {word.lower()}" for word in words)


def _named(row: Row, field: str) -> dict[str, int]:
    return {word: row[word.lower()] for word in lab_words(field)}


def _pathogen(row: Row, counted: list[Row]) -> Json:
    own = [one for one in counted if one["pathogen"] == row["pathogen"]]
    positives, tests = sum(one["positives"] for one in own), sum(one["tests"] for one in own)
    return {
        **pathogen_name(row["pathogen"]),
        "results": row["results"],
        "by_result": _named(row, "result"),
        "by_status": _named(row, "status"),
        "positives": positives,
        "tests": tests,
        "positivity": share(positives, tests),
        "invalid_share": share(row["invalid"], row["results"]),
    }


def _week(monday: dt.date, rows: list[Row], counted: list[Row]) -> Json:
    own = next((row for row in rows if row["week"] == monday), None)
    once = [one for one in counted if one["week"] == monday]
    positives, tests = sum(one["positives"] for one in once), sum(one["tests"] for one in once)
    return {
        "week": monday.isoformat(),
        "results": own["results"] if own else 0,
        "positives": positives,
        "tests": tests,
        "positivity": share(positives, tests),
        **{name: turnaround(own, name) if own else None for name in lab_results.HOURS},
    }


def _whole(row: Row) -> Json:
    return {
        "results": row["results"],
        "by_result": _named(row, "result"),
        "by_status": _named(row, "status"),
        "invalid_share": share(row["invalid"], row["results"]),
        **{name: turnaround(row, name) for name in lab_results.HOURS},
    }


def _corrections(warehouse: Warehouse, asked: dict[str, Any]) -> list[Json]:
    """Return how many results were revised to a status, and how many of them then said something else."""
    table = f"{warehouse.database}.lab_results_revisions"
    days = "report_day >= {from:Date32} AND report_day <= {upto:Date32}"
    rows = warehouse.rows(
        "corrections",
        "SELECT status, count() AS revised, countIf(found != earlier) AS changed FROM (\n"
        "  SELECT argMax(r.status, r._offset) AS status, argMax(toString(r.result), r._offset) AS found,\n"
        "    arrayElement(arraySort(groupArray((r._offset, toString(r.result)))), -2).2 AS earlier\n"
        f"  FROM {table} AS r WHERE {_OURS} AND {days}\n"
        f"  AND (issuer, result_id) IN (SELECT issuer, result_id FROM {table} WHERE replaces AND {_OURS} AND {days})\n"
        "  GROUP BY issuer, result_id HAVING count() > 1 AND NOT argMax(r.retracted, r._offset))\n"
        "GROUP BY status ORDER BY revised DESC",
        asked,
    )
    return [{"status": row["status"], "revised": row["revised"], "changed": row["changed"]} for row in rows]


def _types(warehouse: Warehouse, asked: dict[str, Any]) -> list[Json]:
    """Return subtypes and cluster types among the positives, and in how many counties."""
    columns = "pathogen, result, status, coalesce(cluster_type, subtype) AS type, county, report_day"
    inner = lab_results.standing(warehouse, columns, of_one=True)
    rows = warehouse.rows(
        "types",
        "SELECT pathogen, type, count() AS positives, uniqExact(county) AS counties, max(report_day) AS last\n"
        f"FROM ({inner}) WHERE isNotNull(type) AND result = 'POSITIVE' AND status != 'CANCELLED'\n"
        "GROUP BY pathogen, type ORDER BY positives DESC, pathogen, type LIMIT 50",
        asked,
    )
    return [
        {
            "pathogen": pathogen_name(row["pathogen"]),
            "type": row["type"],
            "positives": row["positives"],
            "counties": row["counties"],
            "last": row["last"].isoformat(),
        }
        for row in rows
    ]


def _links(warehouse: Warehouse, asked: dict[str, Any]) -> Json:
    """Return how many results name a card, and whether it stands among the reports of the pathogen's disease."""
    columns = "pathogen, report_id, ifNull(report_issuer, '') AS of, reported_at, result_id, result"
    rows = warehouse.rows(
        "links",
        "SELECT pathogen, report_id, of, result_id, result "
        f"FROM ({lab_results.standing(warehouse, columns, of_one=True)}) WHERE isNotNull(report_id)\n"
        f"ORDER BY reported_at DESC, result_id LIMIT {MOST_LINKS}",
        asked,
    )
    wanted: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        known = pathogens().get(row["pathogen"])
        wanted[known.disease if known and known.disease else ""].append(row)
    missing: list[Row] = list(wanted.pop("", []))
    unknowable = len(missing)
    found, lost = 0, []
    for disease, named in sorted(wanted.items()):
        there = _cards(warehouse, disease, sorted({row["report_id"] for row in named}))
        for row in named:
            if any(not row["of"] or row["of"] == issuer for issuer in there.get(row["report_id"], ())):
                found += 1
            else:
                lost.append(
                    {name: row[name] for name in ("result_id", "result", "report_id")} | {"disease": _disease(disease)}
                )
    return {
        "named": len(rows),
        "cut": len(rows) == MOST_LINKS,
        "found": found,
        "lost": len(lost),
        "unknowable": unknowable,
        "examples": lost[:20],
    }


def _disease(code: str) -> Json:
    known = diseases()[code]
    return {"code": code, "zh": known.name_zh, "en": known.name_en}


def _cards(warehouse: Warehouse, disease: str, ids: list[str]) -> dict[str, set[str]]:
    """Return the issuers of the cards that stand under these numbers, for a disease and those under it."""
    codes = [disease, *subtypes(disease)]
    rows = warehouse.rows(
        "cards",
        f"SELECT issuer, report_id FROM {warehouse.database}.{LINE_LIST.name}\n"
        "WHERE disease IN {diseases:Array(String)} AND report_id IN {ids:Array(String)}\n"
        "GROUP BY issuer, report_id HAVING NOT argMax(retracted, _offset)",
        {"diseases": codes, "ids": ids},
    )
    there: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        there[row["report_id"]].add(row["issuer"])
    return there
