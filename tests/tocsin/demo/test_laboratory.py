"""The demo's laboratory results: what is real stays as it was, and what was made up ends where it began."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest

from tocsin.demo import laboratory, typings
from tocsin.demo.chance import ASSIGNED, GENERATED
from tocsin.demo.tables import rows

Items = list[tuple[datetime, dict[str, Any]]]


@pytest.fixture(scope="module")
def released() -> Items:
    return list(laboratory.results())


@pytest.fixture(scope="module")
def standing(released: Items) -> dict[str, dict[str, Any]]:
    return {record["result_id"]: record for _, record in released}


def test_each_result_ends_as_it_was(standing: dict[str, dict[str, Any]]) -> None:
    real = {f"R-{number:05d}": row for number, row in enumerate(rows("laboratory_tests"), 1)}
    assert len(real) - len(standing) == 2
    for number, record in standing.items():
        assert record["result"] == real[number]["result"]
        assert record["value"] == (float(real[number]["ct"]) if real[number]["ct"] else None)
    assert Counter(record["result"] for record in standing.values())["INVALID"] == 139


def test_delays_are_the_real_ones(standing: dict[str, dict[str, Any]]) -> None:
    hour = timedelta(hours=1)
    arrived = [(record["received_at"] - record["collected_at"]) / hour for record in standing.values()]
    done = [
        (record["resulted_at"] - record["received_at"]) / hour
        for record in standing.values()
        if record["status"] == "FINAL"
    ]
    assert median(arrived) == pytest.approx(1.9, abs=0.05)
    assert median(done) == pytest.approx(5.0, abs=0.1)


def test_every_kind_of_revision_is_there(released: Items) -> None:
    history: dict[str, list[str]] = {}
    for _, record in released:
        history.setdefault(record["result_id"], []).append(record["status"])
    courses = Counter(tuple(each) for each in history.values())
    assert set(courses) == {("FINAL",), ("PRELIMINARY", "FINAL"), ("FINAL", "CORRECTED"), ("FINAL", "CANCELLED")}
    assert courses["PRELIMINARY", "FINAL"] / len(history) == pytest.approx(0.2, abs=0.02)


def test_a_share_of_the_positives_belongs_to_a_card_each(standing: dict[str, dict[str, Any]]) -> None:
    cards = [(r["report_issuer"], r["report_id"]) for r in standing.values() if "report_id" in r]
    assert 100 < len(cards) == len(set(cards))
    assert all(r["result"] == "POSITIVE" for r in standing.values() if "report_id" in r)


def test_one_type_comes_up_in_three_districts_within_a_month() -> None:
    found = [record for _, record in typings.results() if record["cluster_type"] == "GII.17"]
    assert len({record["area"] for record in found}) == 3
    assert max(r["collected_at"] for r in found) - min(r["collected_at"] for r in found) < timedelta(days=30)


def test_laboratories_say_that_they_are_ours(released: Items) -> None:
    assert all(record["issuer"].startswith(ASSIGNED) for _, record in released)
    assert all(record["issuer"].startswith(GENERATED) for _, record in typings.results())
    assert all(record["patient"].startswith("demo:") for _, record in released)
