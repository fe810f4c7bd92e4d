"""Results of laboratories within a bounded range of days, as SQL: what stands, what counts once, how long it took."""

import datetime as dt

from console.standing import standing_within
from console.warehouse import Row, Warehouse
from sinks import lab_results

REPEAT_DAYS = 30
"""A patient's further results of one kind within so many days after a counted one are repeats."""

TARGET_HOURS = 24
"""From receipt to the first result: what takes longer is shown as over the target."""

VALID = "result IN ('POSITIVE', 'NEGATIVE') AND status != 'CANCELLED'"
"""Results that count in a positivity: no indeterminate, invalid or cancelled ones."""

_SUBJECT = "if(isNull(patient), concat('s', issuer, char(31), specimen_id), concat('p', assumeNotNull(patient)))"
"""Who was tested: a patient, or where no pseudonym was sent the specimen."""

HOURS = {
    "transport": "dateDiff('second', collected_at, received_at) / 3600",
    "bench": "dateDiff('second', received_at, reported_at) / 3600",
    "whole": "dateDiff('second', collected_at, reported_at) / 3600",
}
"""From collection to receipt, from there to the first result that was released, and both."""

_DAYS = "report_day >= {from:Date32} AND report_day <= {upto:Date32}"
_OF_ONE = f"issuer = {{lab:String}} AND {_DAYS}"


def standing(warehouse: Warehouse, columns: str, *, of_one: bool = False) -> str:
    """Return the query for the results that stand, of those first released from ``{from:Date32}`` to ``{upto:Date32}``.

    `of_one` takes those of the laboratory ``{lab:String}``: it issued them, whoever sent a correction later.
    """
    return standing_within(warehouse.database, lab_results.RECORDS, columns, _OF_ONE if of_one else _DAYS)


def took(name: str) -> str:
    """Return the columns that say how long a part of the way took: median, 90th percentile, number, over target."""
    hours = HOURS[name]
    return (
        f"quantilesExactIf(0.5, 0.9)(assumeNotNull({hours}), isNotNull({hours})) AS {name}_hours, "
        f"countIf(isNotNull({hours})) AS {name}_known, countIf({hours} > {TARGET_HOURS}) AS {name}_over"
    )


def counted_once(warehouse: Warehouse, first: dt.date, upto: dt.date, lab: str) -> list[Row]:
    """Return a laboratory's positive and negative results by pathogen and week, one patient's repeats counted once.

    By the rule of the positivity signals, within the laboratory and beginning with the first day of the range: of one
    patient's results of one pathogen the first positive counts, then the next that comes 30 days or more after the last
    counted one; the negatives likewise, apart.
    """
    inner = standing(warehouse, f"pathogen, result, status, {_SUBJECT} AS subject, report_day", of_one=True)
    far = f"d - kept[-1] >= {REPEAT_DAYS}"
    return warehouse.rows(
        "positivity",
        f"SELECT pathogen, toMonday(arrayJoin(\n"
        f"  arrayFold((kept, d) -> if({far}, arrayPushBack(kept, d), kept), arrayPopFront(days), [days[1]])) AS day)"
        " AS week,\n"
        "  countIf(result = 'POSITIVE') AS positives, count() AS tests\n"
        "FROM (SELECT pathogen, result, subject, arraySort(groupArray(toDate(report_day))) AS days\n"
        f"  FROM ({inner}) WHERE {VALID} GROUP BY pathogen, result, subject)\n"
        "GROUP BY pathogen, week ORDER BY pathogen, week",
        {"from": first, "upto": upto, "lab": lab},
    )


def distinct(condition: str) -> str:
    """Return the number of patients with such a result of one pathogen: what counts once in fewer than 30 days."""
    return f"uniqExactIf(sipHash64(pathogen, {_SUBJECT}), {condition} AND status != 'CANCELLED')"
