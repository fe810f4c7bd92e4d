from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from schemas import case_checks, registry
from schemas.columns import dtypes
from tests.schemas.documented_reasons import documented

ARRIVAL = datetime(2020, 3, 1, 4, 0, tzinfo=UTC)

GOOD: dict[str, Any] = {
    "issuer": "420100001",
    "revision": 1,
    "action": "REPORT",
    "sender": "420100001",
    "reported_at": datetime(2020, 2, 28, 2, 0, tzinfo=UTC),
    "reported_area": "420102",
    "expanded_from_counts": False,
    "report_id": "420102-2020-000001",
    "disease": "covid19",
    "classification": "CONFIRMED",
    "residence_area": "420102005",
    "origin": 1,
    "origin_country": None,
    "onset_date": date(2020, 2, 20),
    "diagnosed_at": datetime(2020, 2, 28, 1, 0, tzinfo=UTC),
    "death_date": None,
    "age_years": 40,
    "sex": "FEMALE",
    "population_group": "STUDENT",
    "severity": "MILD",
    "course": "ACUTE",
    "institution": "SCH-420102-0007",
    "filled_on": date(2020, 2, 28),
    "reviewed_at": None,
    "corrected_from": None,
    "patient": "k1:" + "0a" * 16,
    "revised_at": None,
}

YEAR = timedelta(days=365)
FAULTS: list[tuple[str, str, dict[str, Any]]] = [
    ("identifier_found", "report_id", {"report_id": "r13800138000"}),
    ("identifier_found", "institution", {"institution": "11010519491231002X"}),
    ("identifier_found", "disease", {"disease": "11010519491231002X"}),
    ("identifier_found", "residence_area", {"residence_area": "010-62345678"}),
    ("identifier_found", "corrected_from", {"corrected_from": "a@example.org"}),
    ("identifier_found", "patient", {"patient": "110105194912310021"}),
    ("identifier_found", "patient", {"patient": "13800138000:" + "0a" * 16}),
    ("identifier_found", "origin_country", {"origin_country": "13800138000"}),
    ("identifier_found", "sender", {"sender": "13800138000", "revision": 0}),
    ("bad_pattern", "issuer", {"issuer": ""}),
    ("bad_pattern", "sender", {"sender": "张三"}),
    ("bad_pattern", "report_id", {"report_id": "a b"}),
    ("bad_pattern", "report_id", {"report_id": "x" * 129}),
    ("bad_pattern", "report_id", {"report_id": "a\n"}),
    ("bad_pattern", "institution", {"institution": "No. 3 school"}),
    ("bad_pattern", "population_group", {"population_group": "学生"}),
    ("bad_pattern", "patient", {"patient": "k1:0A"}),
    ("revision_below_one", "revision", {"revision": 0}),
    ("revision_below_one", "revision", {"revision": -7}),
    ("retract_at_revision_one", "action", {"action": "RETRACT"}),
    ("revise_at_revision_one", "action", {"action": "REVISE"}),
    ("unknown_disease", "disease", {"disease": "common_cold"}),
    ("unknown_disease", "corrected_from", {"corrected_from": "common_cold"}),
    ("unknown_area", "residence_area", {"residence_area": "429999"}),
    ("unknown_area", "reported_area", {"reported_area": "Wuhan"}),
    ("bad_code", "origin", {"origin": 7}),
    ("bad_code", "origin_country", {"origin_country": "XX"}),
    ("age_out_of_range", "age_years", {"age_years": -1}),
    ("age_out_of_range", "age_years", {"age_years": 131}),
    ("reported_in_future", "reported_at", {"reported_at": GOOD["reported_at"] + YEAR}),
    ("reported_in_future", "reported_at", {"reported_at": datetime(2199, 1, 1, tzinfo=UTC)}),
    ("date_too_old", "reported_at", {"reported_at": datetime(1900, 1, 1, tzinfo=UTC)}),
    ("date_too_old", "onset_date", {"onset_date": date(1900, 1, 1)}),
    ("date_too_old", "diagnosed_at", {"diagnosed_at": datetime(1970, 1, 1, tzinfo=UTC)}),
    ("date_too_old", "filled_on", {"filled_on": date(1900, 1, 1)}),
    ("date_in_future", "onset_date", {"onset_date": date(2199, 1, 1)}),
    ("date_in_future", "death_date", {"death_date": date(2020, 3, 2)}),
    ("date_in_future", "reviewed_at", {"reviewed_at": ARRIVAL + timedelta(hours=1)}),
    ("revised_before_report", "revised_at", {"revision": 2, "revised_at": datetime(2020, 2, 1, tzinfo=UTC)}),
    ("onset_after_report", "onset_date", {"onset_date": date(2020, 2, 29)}),
    ("onset_after_death", "onset_date", {"death_date": date(2020, 2, 19)}),
    ("onset_after_diagnosis", "onset_date", {"diagnosed_at": datetime(2020, 2, 10, tzinfo=UTC)}),
    ("date_after_report", "diagnosed_at", {"diagnosed_at": datetime(2020, 2, 29, tzinfo=UTC)}),
    ("date_after_report", "death_date", {"death_date": date(2020, 2, 29)}),
    ("date_after_report", "filled_on", {"filled_on": date(2020, 2, 29)}),
    ("disease_not_valid_on_date", "disease", {"disease": "influenza_h7n9",
     "reported_at": datetime(2012, 5, 1, tzinfo=UTC), "diagnosed_at": None, "onset_date": None, "filled_on": None}),
    ("classification_not_allowed", "classification", {"classification": "POSITIVE_TEST", "disease": "measles"}),
]  # fmt: skip

ALLOWED: list[dict[str, Any]] = [
    {},
    dict.fromkeys(("onset_date", "diagnosed_at", "age_years", "institution", "population_group", "filled_on")),
    {"patient": None},
    {"residence_area": "000000"},
    {"origin": 6, "origin_country": "TH"},
    {"reported_at": ARRIVAL + timedelta(minutes=9)},
    {"reported_at": datetime(2011, 5, 1, tzinfo=UTC), "disease": "tuberculosis", "onset_date": date(1950, 1, 1),
     "diagnosed_at": None, "filled_on": None},
    # 17:00 UTC is the next civil day in Shanghai.
    {"reported_at": datetime(2020, 2, 28, 17, 0, tzinfo=UTC), "onset_date": date(2020, 2, 29),
     "diagnosed_at": None},
    {"revision": 3, "action": "RETRACT", "revised_at": ARRIVAL},
    {"revision": 2, "action": "REVISE", "revised_at": ARRIVAL, "death_date": date(2020, 3, 1)},
    {"revision": 2, "action": "REVISE", "death_date": date(2020, 3, 1)},
    {"classification": "CARRIER", "revision": 2, "onset_date": date(2020, 2, 29), "revised_at": ARRIVAL},
    {"corrected_from": "unexplained_pneumonia", "revision": 2, "action": "REVISE"},
    {"report_id": "6f1c2d13-9d41-4e6b-8c55-d13812345678"},
]  # fmt: skip


def _frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([GOOD | row for row in rows], schema=dtypes(registry.CASE_REPORT))


def _check(*rows: dict[str, Any]) -> list[tuple[int, str, str]]:
    arrival = np.full(len(rows), int(ARRIVAL.timestamp() * 1000))
    return case_checks.CHECKS.check(_frame(*rows), arrival).rows()


@pytest.mark.parametrize("change", ALLOWED)
def test_a_sound_report_passes(change: dict[str, Any]) -> None:
    assert _check(change) == []


@pytest.mark.parametrize(("reason", "field", "change"), FAULTS)
def test_a_fault_is_named_by_reason_and_field(reason: str, field: str, change: dict[str, Any]) -> None:
    assert _check(change) == [(0, reason, field)]


def test_only_the_bad_rows_of_a_batch_are_named_and_in_order() -> None:
    rows = [change for _, _, change in FAULTS for change in ({}, change)]
    assert _check(*rows) == [(2 * i + 1, reason, field) for i, (reason, field, _) in enumerate(FAULTS)]


def test_an_identifier_is_named_before_any_other_fault() -> None:
    everything_wrong = {k: v for _, _, change in FAULTS for k, v in change.items()} | {"report_id": "13800138000"}
    assert _check(everything_wrong)[0][1] == "identifier_found"


def test_no_rows_no_faults() -> None:
    assert _check() == []


def test_extreme_numbers_overflow_into_nothing_plausible() -> None:
    frame = _frame({}, {}, {}, {})
    extremes = pl.Series([2**63 - 1, -(2**63), 2**63 - 3_600_000, -(2**63) + 3_600_000])
    frame = frame.with_columns(extremes.cast(pl.Datetime("ms", "UTC")).alias("reported_at"))
    days = pl.Series([2**31 - 1, -(2**31), 2**31 - 1, -(2**31)], dtype=pl.Int32).cast(pl.Date)
    frame = frame.with_columns(days.alias("onset_date"))
    faults = case_checks.CHECKS.check(frame, np.full(4, int(ARRIVAL.timestamp() * 1000)))
    assert faults["reason"].to_list() == ["reported_in_future", "date_too_old"] * 2


def test_the_reasons_tested_here_are_those_that_are_documented() -> None:
    assert {reason for reason, _, _ in FAULTS} == documented("Of the content")
