"""How timely and how complete the records are that a sender sent lately, source by source."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from catalogue.model import Catalogue
from console.assigned import COUNTS, marks
from console.warehouse import Row, Warehouse
from schemas.topics import SOURCES
from sinks.records import RECORD_TABLES

Json = dict[str, Any]

_WAYS = (600, 7_200, 86_400, 3 * 86_400)
"""Seconds that part the distribution of the way: ten minutes, two hours, a day, three days."""

_TO_COUNTY = "length({area}) >= 6"

COMPLETE: Mapping[str, Mapping[str, str]] = {
    "case-reports": {
        "onset_date": "isNotNull(onset_date)",
        "diagnosed_at": "isNotNull(diagnosed_at)",
        "residence_area": _TO_COUNTY.format(area="residence_area"),
        "age_years": "isNotNull(age_years)",
        "patient": "isNotNull(patient)",
    },
    "lab-results": {
        "collected_at": "isNotNull(collected_at)",
        "received_at": "isNotNull(received_at)",
        "area": _TO_COUNTY.format(area="area"),
        "patient": "isNotNull(patient)",
        "report_id": "isNotNull(report_id)",
    },
    "entry-declarations": {
        "temperature_c": "isNotNull(temperature_c)",
        "conveyance": "isNotNull(conveyance)",
        "patient": "isNotNull(patient)",
    },
    "observations": {"denominator": "isNotNull(denominator)", "area": _TO_COUNTY.format(area="area")},
}
"""Fields that a record need not fill and that detection or tracing misses where they are empty, and when one counts as
filled: an area down to the county."""

# A revision repeats the first entry's time; its own is another field, which may be empty.
_ENTERED = "if(revision = 1, reported_at, revised_at)"
_WAY = f"dateDiff('second', {_ENTERED}, arrived_at)"
_DIAGNOSED = "dateDiff('second', diagnosed_at, reported_at)"


def record_quality(
    warehouse: Warehouse, catalogue: Catalogue, sender: str, topics: Sequence[str], first: dt.date, upto: dt.date
) -> list[Json]:
    """Return, for each source that a sender used, what its accepted records of a range of days were like.

    Parameters
    ----------
    warehouse
        Where records are read.
    catalogue
        Legal hours from diagnosis to report.
    sender
        Code of the institution.
    topics
        Sources, as in `schemas.topics.SOURCES`; others are left out.
    first, upto
        Days of arrival, the last one included.
    """
    return [_source(warehouse, catalogue, sender, topic, first, upto) for topic in SOURCES if topic in topics]


def _source(warehouse: Warehouse, catalogue: Catalogue, sender: str, topic: str, first: dt.date, upto: dt.date) -> Json:
    table = next(records.table for records in RECORD_TABLES if records.source.name == topic)
    zone = "Asia/Shanghai"
    within = (
        f"FROM {warehouse.database}.{table.name} WHERE sender = {{sender:String}} "
        f"AND arrived_at >= toDateTime64({{first:String}}, 3, '{zone}') "
        f"AND arrived_at < toDateTime64({{after:String}}, 3, '{zone}')"
    )
    bounds = {"sender": sender, "first": first.isoformat(), "after": (upto + dt.timedelta(days=1)).isoformat()}
    filled = ", ".join(f"countIf(action != 'RETRACT' AND {filled}) AS has_{n}" for n, filled in COMPLETE[topic].items())
    (row,) = warehouse.rows(
        "sender_records",
        "SELECT count() AS records, countIf(action = 'REVISE') AS revised, countIf(action = 'RETRACT') AS retracted,\n"
        f"{filled}, anyHeavy(reported_area) AS sent_from, countIf(expanded_from_counts) AS expanded, {COUNTS},\n"
        f"{_distribution(_WAY)}\n{within}",
        bounds,
    )
    complete = row["records"] - row["retracted"]
    return {
        "topic": topic,
        "records": row["records"],
        "revised": row["revised"],
        "retracted": row["retracted"],
        "area": row["sent_from"] or None,
        "expanded": row["expanded"],
        "marks": marks(row),
        "way": _way(row),
        "legal": _legal(warehouse, catalogue, within, bounds, upto) if topic == "case-reports" else None,
        "filled": [
            {
                "field": field,
                "filled": row[f"has_{field}"],
                "share": row[f"has_{field}"] / complete if complete else None,
            }
            for field in COMPLETE[topic]
        ],
    }


def _distribution(seconds: str) -> str:
    """Return the columns of a distribution of seconds: median and ninth decile, and how many in each of `_WAYS`."""
    edges = [
        f"countIf({seconds} < 0) AS early",
        *(
            f"countIf({seconds} >= {low} AND {seconds} < {high}) AS below_{high}"
            for low, high in zip((0, *_WAYS), _WAYS, strict=False)
        ),
        f"countIf({seconds} >= {_WAYS[-1]}) AS above",
        f"countIf(isNull({seconds})) AS untold",
    ]
    quantiles = f"quantilesExactIf(0.5, 0.9)(assumeNotNull({seconds}), isNotNull({seconds})) AS typical"
    return f"{quantiles}, {', '.join(edges)}"


def _seconds(value: float) -> int | None:
    return None if math.isnan(value) else round(value)


def _way(row: Row) -> Json:
    median, ninth = row["typical"]
    told = row["records"] - row["untold"]
    return {
        "told": told,
        "untold": row["untold"],
        "median": _seconds(median) if told else None,
        "p90": _seconds(ninth) if told else None,
        "early": row["early"],
        "below": [{"seconds": high, "records": row[f"below_{high}"]} for high in _WAYS],
        "above": row["above"],
    }


def _legal(
    warehouse: Warehouse, catalogue: Catalogue, within: str, bounds: Mapping[str, str], upto: dt.date
) -> list[Json]:
    """Return how many first reports kept the legal hours from diagnosis to report, by those hours."""
    urgent = [code for code, disease in catalogue.diseases.items() if disease.clock_on(upto) <= 2]
    rows = warehouse.rows(
        "sender_legal",
        "SELECT if(disease IN {urgent:Array(String)}, 2, 24) AS hours, count() AS reports,\n"
        f"countIf(isNotNull(diagnosed_at)) AS told, countIf({_DIAGNOSED} <= 3600 * hours) AS kept,\n"
        f"quantilesExactIf(0.5, 0.9)(assumeNotNull({_DIAGNOSED}), isNotNull(diagnosed_at)) AS typical\n"
        f"{within} AND revision = 1 GROUP BY hours ORDER BY hours",
        {**bounds, "urgent": urgent},
    )
    return [
        {
            "hours": row["hours"],
            "reports": row["reports"],
            "told": row["told"],
            "kept": row["kept"],
            "share": row["kept"] / row["told"] if row["told"] else None,
            "median": _seconds(row["typical"][0]) if row["told"] else None,
            "p90": _seconds(row["typical"][1]) if row["told"] else None,
        }
        for row in rows
    ]
