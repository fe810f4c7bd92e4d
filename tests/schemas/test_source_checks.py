"""The rules of laboratory results, entry declarations and observations: one fault at a time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from schemas.columns import dtypes
from schemas.sources import ENTRY_DECLARATIONS, LAB_RESULTS, OBSERVATIONS, Source
from tests.schemas.documented_reasons import documented

ARRIVAL = datetime(2020, 3, 10, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAN = float("nan")

COMMON: dict[str, Any] = {
    "issuer": "440300L01",
    "revision": 1,
    "action": "REPORT",
    "sender": "440300L01",
    "reported_at": ARRIVAL - 2 * HOUR,
    "reported_area": "440305",
    "expanded_from_counts": False,
    "revised_at": None,
}
LAB = COMMON | {
    "result_id": "L-2020-0001",
    "report_id": "440305-2020-000001",
    "report_issuer": "440305001",
    "specimen_id": "S/2020/77",
    "specimen_type": "nasopharyngeal_swab",
    "test": "94500-6",
    "pathogen": "sars_cov_2",
    "subtype": None,
    "result": "POSITIVE",
    "status": "FINAL",
    "value": 31.5,
    "unit": "{Ct}",
    "method": "PCR",
    "reason": "TRAVEL",
    "cluster_type": "B.1.1.7",
    "area": "440305",
    "collected_at": ARRIVAL - 30 * HOUR,
    "received_at": ARRIVAL - 20 * HOUR,
    "resulted_at": ARRIVAL - 3 * HOUR,
    "patient": "k1:" + "0a" * 16,
}
ENTRY = COMMON | {
    "declaration_id": "D-2020-0001",
    "port": "CNSZX",
    "arrived_at": ARRIVAL - HOUR,
    "origin_country": "IT",
    "transit_countries": ["DE", "TH"],
    "transport": "AIR",
    "conveyance": "CA902-20200310",
    "symptoms": ["fever", "cough"],
    "temperature_c": 38.2,
    "suspected_disease": "covid19",
    "test_result": "POSITIVE",
    "pathogen": "sars_cov_2",
    "detected_by": "THERMAL",
    "onset_date": date(2020, 3, 8),
    "patient": None,
}
OBSERVED = COMMON | {
    "observation_id": "O-1",
    "indicator": "outpatient_ili",
    "area": "440305",
    "site": "HOSP-1",
    "period_start": date(2020, 3, 8),
    "period_days": 1,
    "count": 12,
    "denominator": 340,
    "value": None,
    "port": None,
    "conveyance": None,
    "origin_country": None,
    "dimension": [{"name": "age", "value": "0-4"}],
}
GOOD = {LAB_RESULTS.name: LAB, ENTRY_DECLARATIONS.name: ENTRY, OBSERVATIONS.name: OBSERVED}

Case = tuple[Source, str, str, dict[str, Any]]
FAULTS: list[Case] = [
    (LAB_RESULTS, "identifier_found", "specimen_id", {"specimen_id": "11010519491231002X"}),
    (LAB_RESULTS, "identifier_found", "pathogen", {"pathogen": "13800138000"}),
    (LAB_RESULTS, "bad_pattern", "result_id", {"result_id": "L 1"}),
    (LAB_RESULTS, "bad_pattern", "specimen_id", {"specimen_id": "张三"}),
    (LAB_RESULTS, "bad_pattern", "unit", {"unit": "copies per ml"}),
    (LAB_RESULTS, "bad_pattern", "patient", {"patient": "Zhang San"}),
    (LAB_RESULTS, "revision_below_one", "revision", {"revision": 0}),
    (LAB_RESULTS, "retract_at_revision_one", "action", {"action": "RETRACT"}),
    (LAB_RESULTS, "revise_at_revision_one", "action", {"action": "REVISE"}),
    (LAB_RESULTS, "unknown_pathogen", "pathogen", {"pathogen": "covid"}),
    (LAB_RESULTS, "unknown_area", "area", {"area": "440399"}),
    (LAB_RESULTS, "value_out_of_range", "value", {"value": NAN}),
    (LAB_RESULTS, "value_out_of_range", "value", {"value": float("inf")}),
    (LAB_RESULTS, "reported_in_future", "reported_at", {"reported_at": ARRIVAL + HOUR}),
    (LAB_RESULTS, "date_in_future", "resulted_at", {"resulted_at": ARRIVAL + HOUR}),
    (LAB_RESULTS, "date_too_old", "collected_at", {"collected_at": datetime(1970, 1, 1, tzinfo=UTC)}),
    (LAB_RESULTS, "revised_before_report", "revised_at", {"revision": 2, "revised_at": ARRIVAL - 9 * HOUR}),
    (LAB_RESULTS, "received_before_collected", "received_at", {"received_at": ARRIVAL - 31 * HOUR}),
    (LAB_RESULTS, "resulted_before_received", "resulted_at", {"resulted_at": ARRIVAL - 21 * HOUR}),
    (LAB_RESULTS, "resulted_before_received", "resulted_at",
     {"resulted_at": ARRIVAL - 31 * HOUR, "received_at": None}),
    (LAB_RESULTS, "date_after_report", "resulted_at", {"resulted_at": ARRIVAL - HOUR}),
    (ENTRY_DECLARATIONS, "unknown_port", "port", {"port": "Shenzhen"}),
    (ENTRY_DECLARATIONS, "bad_code", "origin_country", {"origin_country": "Italy"}),
    (ENTRY_DECLARATIONS, "bad_code", "transit_countries", {"transit_countries": ["DE", "XX"]}),
    (ENTRY_DECLARATIONS, "identifier_found", "transit_countries", {"transit_countries": ["DE", "13800138000"]}),
    (ENTRY_DECLARATIONS, "unknown_symptom", "symptoms", {"symptoms": ["fever", "bad mood"]}),
    (ENTRY_DECLARATIONS, "value_out_of_range", "temperature_c", {"temperature_c": 100.8}),
    (ENTRY_DECLARATIONS, "unknown_disease", "suspected_disease", {"suspected_disease": "flu"}),
    (ENTRY_DECLARATIONS, "date_in_future", "arrived_at", {"arrived_at": ARRIVAL + 73 * HOUR}),
    (ENTRY_DECLARATIONS, "onset_after_report", "onset_date",
     {"reported_at": ARRIVAL - 48 * HOUR, "onset_date": date(2020, 3, 9)}),
    (ENTRY_DECLARATIONS, "positive_without_pathogen", "pathogen", {"pathogen": None}),
    (OBSERVATIONS, "unknown_indicator", "indicator", {"indicator": "ili"}),
    (OBSERVATIONS, "bad_period", "period_days", {"period_days": 0}),
    (OBSERVATIONS, "bad_period", "period_days", {"period_days": 367}),
    (OBSERVATIONS, "bad_pattern", "dimension", {"dimension": [{"name": "age", "value": "under five"}]}),
    (OBSERVATIONS, "identifier_found", "dimension", {"dimension": [{"name": "13800138000", "value": "1"}]}),
    (OBSERVATIONS, "date_in_future", "period_start", {"period_start": date(2020, 3, 11)}),
    (OBSERVATIONS, "date_in_future", "period_start", {"period_start": date(2120, 3, 11)}),
    (OBSERVATIONS, "missing_field", "count", {"count": None}),
    (OBSERVATIONS, "missing_field", "denominator", {"denominator": None}),
    (OBSERVATIONS, "missing_field", "port", {"indicator": "arrivals"}),
    (OBSERVATIONS, "missing_field", "value", {"indicator": "heat_index"}),
    (OBSERVATIONS, "value_out_of_range", "count", {"count": -1}),
    (OBSERVATIONS, "value_out_of_range", "count", {"indicator": "advance_passengers", "count": 20001,
     "port": "CNSZX", "origin_country": "IT"}),
    (OBSERVATIONS, "value_out_of_range", "denominator", {"denominator": -1, "count": 0}),
    (OBSERVATIONS, "count_above_denominator", "count", {"count": 341}),
    (OBSERVATIONS, "value_out_of_range", "value", {"indicator": "heat_index", "value": 451.0}),
]  # fmt: skip

ALLOWED: list[tuple[Source, dict[str, Any]]] = [
    (LAB_RESULTS, {}),
    (LAB_RESULTS, {"subtype": "A(H1N1)pdm09", "cluster_type": "ST-258", "pathogen": "influenza_a"}),
    (LAB_RESULTS, dict.fromkeys(("report_id", "report_issuer", "value", "unit", "collected_at", "received_at"))),
    (LAB_RESULTS, {"revision": 2, "action": "REVISE", "status": "CORRECTED", "result": "NEGATIVE",
     "resulted_at": ARRIVAL - HOUR, "revised_at": ARRIVAL}),
    (LAB_RESULTS, {"revision": 2, "action": "RETRACT", "status": "CANCELLED"}),
    (ENTRY_DECLARATIONS, {}),
    (ENTRY_DECLARATIONS, {"symptoms": [], "transit_countries": [], "temperature_c": None, "conveyance": None,
     "suspected_disease": None, "pathogen": None, "test_result": "NOT_TESTED", "onset_date": None}),
    (ENTRY_DECLARATIONS, {"arrived_at": ARRIVAL + 71 * HOUR}),
    (OBSERVATIONS, {}),
    (OBSERVATIONS, {"indicator": "advance_passengers", "port": "CNSZX", "origin_country": "IT", "denominator": None,
     "period_start": date(2020, 3, 24)}),
    (OBSERVATIONS, {"indicator": "heat_index", "count": None, "denominator": None, "value": 31.0}),
    (OBSERVATIONS, {"action": "RETRACT", "revision": 2, "count": None, "denominator": None}),
    (OBSERVATIONS, {"dimension": [], "site": None}),
]  # fmt: skip


def _check(source: Source, *rows: dict[str, Any]) -> list[tuple[int, str, str]]:
    frame = pl.DataFrame([GOOD[source.name] | row for row in rows], schema=dtypes(source.schema_id))
    arrival = np.full(len(rows), int(ARRIVAL.timestamp() * 1000))
    return source.checks.check(frame, arrival).rows()


@pytest.mark.parametrize(("source", "change"), ALLOWED)
def test_a_sound_record_passes(source: Source, change: dict[str, Any]) -> None:
    assert _check(source, change) == []


@pytest.mark.parametrize(("source", "reason", "field", "change"), FAULTS)
def test_a_fault_is_named_by_reason_and_field(source: Source, reason: str, field: str, change: dict[str, Any]) -> None:
    assert _check(source, change) == [(0, reason, field)]


@pytest.mark.parametrize("source", [LAB_RESULTS, ENTRY_DECLARATIONS, OBSERVATIONS], ids=lambda source: source.name)
def test_only_the_bad_rows_of_a_batch_are_named(source: Source) -> None:
    own = [(reason, field, change) for of, reason, field, change in FAULTS if of is source]
    rows = [change for _, _, change in own for change in ({}, change)]
    assert _check(source, *rows) == [(2 * i + 1, reason, field) for i, (reason, field, _) in enumerate(own)]
    assert _check(source) == []


def test_the_reasons_tested_here_are_documented() -> None:
    told = documented("Of the content") | documented("Of laboratory results")
    assert {reason for _, reason, _, _ in FAULTS} - {"missing_field"} <= told
    assert documented("Of laboratory results") <= {reason for _, reason, _, _ in FAULTS}
