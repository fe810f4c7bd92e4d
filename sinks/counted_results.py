"""Which laboratory results count where a patient's repeats are taken once: by SQL, for recounts.

The rule stands in `streams.repeats`; nothing is shared with it but the number of days. There a result that comes is
held against what stands of its key. Here every key's days are walked through at once.
"""

_KEY = (
    "patient, if(patient IS NULL, toString(issuer), '') AS laboratory,"
    " if(patient IS NULL, specimen_id, '') AS specimen, pathogen, result"
)


def counted_results_sql(standing: str, days: int) -> str:
    """Return the query for the results that count, with all columns of the query for those that stand.

    Of the results of one patient (without a pseudonym: of one specimen) for one pathogen, positive and negative ones
    apart, the first one counts, and after it each one that comes at least so many civil days after the last that
    counted. Of one day it is the one whose issuer and number come first.

    Parameters
    ----------
    standing
        A query for standing results. What it leaves out repeats nothing: it may select pathogens, but neither areas
        nor days.
    days
        At least 1.
    """
    first_of_day = (
        f"SELECT {_KEY}, toInt32(toDate32(reported_at, 'Asia/Shanghai')) AS civil_day,\n"
        "      min((toString(issuer), result_id)) AS first\n"
        f"    FROM ({standing})\n"
        "    WHERE result IN ('POSITIVE', 'NEGATIVE') AND status != 'CANCELLED' AND action != 'RETRACT'\n"
        "    GROUP BY patient, laboratory, specimen, pathogen, result, civil_day"
    )
    days_of_key = (
        f"SELECT arraySort(groupArray((civil_day, first))) AS firsts FROM (\n    {first_of_day}\n    )\n"
        "    GROUP BY patient, laboratory, specimen, pathogen, result"
    )
    # Days alone are folded: each step copies what it folds, and identities are texts.
    folded = (
        "SELECT firsts, arrayFold(\n"
        f"      (counted, day) -> if(empty(counted) OR day >= counted[-1] + {days},\n"
        "        arrayPushBack(counted, day), counted),\n"
        "      firsts.1, CAST([], 'Array(Int32)')\n"
        f"    ) AS counted FROM (\n    {days_of_key}\n    )"
    )
    identities = (
        "SELECT arrayJoin(arrayFilter(first -> has(counted, first.1), firsts)).2 AS identity\n"
        f"  FROM (\n    {folded}\n  )"
    )
    return f"SELECT * FROM ({standing})\nWHERE (toString(issuer), result_id) IN (\n  {identities}\n)"
