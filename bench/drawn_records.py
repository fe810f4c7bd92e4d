"""Records of each source as SQL expressions over a number: what `bench.nation_in_tables` draws them by."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping

from bench.nation import YEARLY, all_diseases
from schemas.pathogens import pathogens
from schemas.ports import ports

LAST = dt.date(2022, 12, 31)
DAYS = 1096
FIRST = LAST - dt.timedelta(days=DAYS - 1)
ORIGINS = ("US", "GB", "TH", "JP", "VN", "KR", "FR", "DE", "IT", "ES", "RU", "IN", "ID", "MY", "SG", "AU", "BR", "ZA")
_LABORATORIES = 300
_RARE = 0.01
"""Share of the reports that is drawn from all diseases alike, so that the rare ones have some."""


def listed(values: Iterable[str]) -> str:
    """Return an array of strings as the engine reads it."""
    return json.dumps(list(values), ensure_ascii=False).replace('"', "'")


def _weighted(weights: Mapping[str, float], slots: int) -> list[str]:
    total = sum(weights.values())
    return [code for code, weight in weights.items() for _ in range(round(slots * weight / total))]


def drawn(number: int, first: int, count: int, places: int) -> str:
    """Return the query for the records `first` … of `number`: when, where, and of one in twenty a revision."""
    seconds = DAYS * 86_400
    start = f"toDateTime64('{FIRST} 00:00:00', 3, 'Asia/Shanghai')"
    return (
        "SELECT number AS n, arrayJoin(if(cityHash64(n, 7) % 20 = 0, [1, 2], [1])) AS revision,\n"
        "  if(revision = 1, 'REPORT', 'REVISE') AS action, revision = 2 AS replaces, 2 * n + revision AS _offset,\n"
        f"  toTimeZone({start} + toIntervalSecond(intDiv(n * {seconds}, {number})), 'UTC') AS reported_at,\n"
        "  toDate32(toDate(reported_at, 'Asia/Shanghai')) AS report_day,\n"
        "  reported_at + toIntervalMinute(20 + (revision - 1) * 1440) AS arrived_at,\n"
        "  if(revision = 2, arrived_at, NULL) AS revised_at,\n"
        f"  toUInt32({places} * pow(cityHash64(n, 2) % 1000003 / 1000003, 2)) AS place\n"
        f"FROM numbers({first}, {count})"
    )


COMMON = {
    name: name
    for name in (
        "revision", "action", "replaces", "_offset", "reported_at", "report_day", "arrived_at", "revised_at",
        "county", "prefecture", "province",
    )
}  # fmt: skip
"""Columns of every record, as `drawn` and the places name them."""


def record_columns() -> Mapping[str, tuple[str, str, Mapping[str, str]]]:
    """Return, for each source, its table, the name of its key, and its columns as expressions."""
    ordinary = listed(_weighted({code: YEARLY.get(code, 0.1) for code in all_diseases()}, 2000))
    every = listed(all_diseases())
    tested = listed([code for rank, code in enumerate(pathogens()) for _ in range(1 + 100 // (rank + 1))])
    named, origins = listed(ports()), listed(ORIGINS)
    indicators = listed(["arrivals", "advance_passengers", "advance_passengers", "published_cases_cumulative",
                          "outpatient_ili"])  # fmt: skip
    at_port = f"{named}[1 + toUInt32({len(ports())} * pow(cityHash64(n, 3) % 10007 / 10007, 2))]"
    origin = f"{origins}[1 + cityHash64(n, 4) % {len(ORIGINS)}]"
    told = f"{indicators}[1 + cityHash64(n, 5) % 5]"
    laboratory = f"concat('LAB', toString(cityHash64(n, 3) % {_LABORATORIES}))"
    return {
        "case-reports": ("line_list_revisions", "report_id", {
            "issuer": "concat('CDC', county)", "sender": "concat('CDC', county)", "reported_area": "county",
            "disease": f"if(cityHash64(n, 6) % 10000 < {_RARE * 10_000:.0f}, {every}[1 + cityHash64(n, 1) % "
                       f"{len(all_diseases())}], {ordinary}[1 + cityHash64(n, 1) % length({ordinary})])",
            "classification": "'CONFIRMED'", "residence_area": "county", "origin": "1",
            "onset_date": "report_day - 1 - cityHash64(n, 8) % 5",
            "diagnosed_at": "reported_at - toIntervalMinute(cityHash64(n, 9) % 2000)",
            "age_years": "cityHash64(n, 10) % 90", "sex": "if(n % 2 = 0, 'MALE', 'FEMALE')",
            "patient": "concat('1:', hex(cityHash64(n % 7000000)))",
        }),
        "lab-results": ("lab_results_revisions", "result_id", {
            "issuer": laboratory, "sender": laboratory, "reported_area": "county",
            "report_id": "if(cityHash64(n, 8) % 10 = 0, concat('R', toString(n * 5)), NULL)",
            "specimen_id": "concat('S', toString(n))", "specimen_type": "'throat_swab'", "test": "'94500-6'",
            "pathogen": f"{tested}[1 + cityHash64(n, 1) % length({tested})]",
            "subtype": "if(cityHash64(n, 9) % 30 = 0, 'GII.17', NULL)",
            "result": "multiIf(cityHash64(n, 10) % 100 < 12, 'POSITIVE', cityHash64(n, 10) % 100 < 98, 'NEGATIVE', "
                      "'INVALID')",
            "status": "if(revision = 1, 'FINAL', 'CORRECTED')", "reason": "'SYMPTOMATIC'", "area": "county",
            "collected_at": "reported_at - toIntervalMinute(1500 + cityHash64(n, 11) % 2000)",
            "received_at": "reported_at - toIntervalMinute(cityHash64(n, 11) % 2000)", "resulted_at": "reported_at",
            "patient": "concat('1:', hex(cityHash64(n % 1500000)))",
        }),
        "entry-declarations": ("entry_declarations_revisions", "declaration_id", {
            "issuer": "concat('P', port)", "sender": "concat('P', port)", "reported_area": "county",
            "port": at_port, "arrived_at_port": "reported_at - toIntervalMinute(cityHash64(n, 8) % 300)",
            "origin_country": origin, "transport": "'AIR'",
            "conveyance": "concat('CA', toString(cityHash64(n, 9) % 300), '-', toString(report_day))",
            "symptoms": "if(cityHash64(n, 10) % 20 = 0, ['fever', 'cough'], [])",
            "temperature_c": "36.2 + cityHash64(n, 10) % 20 / 10",
            "test_result": "multiIf(cityHash64(n, 11) % 100 < 2, 'POSITIVE', cityHash64(n, 11) % 100 < 6 AND "
                           "revision = 1, 'PENDING', 'NEGATIVE')",
            "pathogen": "'sars_cov_2'", "detected_by": "'TEST'", "patient": "concat('1:', hex(cityHash64(n)))",
        }),
        "observations": ("observations_revisions", "observation_id", {
            "issuer": "concat('OBS', province)", "sender": "concat('OBS', province)", "reported_area": "province",
            "indicator": told, "area": "if(indicator = 'published_cases_cumulative', province, county)",
            "period_start": "report_day", "period_days": "1", "count": "cityHash64(n, 12) % 500",
            "port": f"if(indicator IN ('arrivals', 'advance_passengers'), {at_port}, NULL)",
            "origin_country": f"if(indicator = 'advance_passengers', {origin}, NULL)",
            "conveyance": "if(indicator = 'advance_passengers', concat('CA', toString(cityHash64(n, 9) % 300), '-', "
                          "toString(report_day)), NULL)",
        }),
    }  # fmt: skip
