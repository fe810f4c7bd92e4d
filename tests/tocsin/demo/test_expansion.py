"""The demo's reports must say exactly what was published: no case lost, none twice, none from the future."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest

from tocsin.demo import expansion, taiwan
from tocsin.demo.days import SHANGHAI
from tocsin.demo.expansion import residence
from tocsin.demo.tables import rows


@pytest.fixture(scope="module")
def released() -> list[tuple[datetime, dict[str, Any]]]:
    return sorted([*expansion.case_reports(), *taiwan.case_reports()], key=lambda item: item[0])


def _standing(released: list[tuple[datetime, dict[str, Any]]], until: datetime) -> list[dict[str, Any]]:
    newest = {record["report_id"]: record for moment, record in released if moment <= until}
    return [record for record in newest.values() if record["action"] != "RETRACT"]


def test_total_on_the_last_day_is_the_published_one(released: list[tuple[datetime, dict[str, Any]]]) -> None:
    published = sum(int(row["confirmed"]) for row in rows("city_daily_cumulative") if row["date"] == "2020-05-31")
    standing = _standing(released, datetime(2020, 6, 1, tzinfo=SHANGHAI))
    assert len(standing) == published == 84_572


def test_every_city_adds_up_to_its_published_total(released: list[tuple[datetime, dict[str, Any]]]) -> None:
    published = {
        row["city_code"]: int(row["confirmed"])
        for row in rows("city_daily_cumulative")
        if row["date"] == "2020-05-31" and int(row["confirmed"])
    }
    standing = Counter(
        record["report_id"].split("-")[1] for record in _standing(released, datetime(2020, 6, 1, tzinfo=SHANGHAI))
    )
    assert standing == Counter(published)


def test_taiwan_stands_by_its_case_list_and_not_by_the_table_too(
    released: list[tuple[datetime, dict[str, Any]]],
) -> None:
    standing = [
        r
        for r in _standing(released, datetime(2020, 6, 1, tzinfo=SHANGHAI))
        if r["report_id"].startswith("covid19-710000-")
    ]
    assert len(standing) == 442
    assert not any(record.get("expanded_from_counts") for record in standing)
    assert sum(record["origin"] != 1 for record in standing) == 351


def test_wuhan_jumps_when_the_case_definition_changed(released: list[tuple[datetime, dict[str, Any]]]) -> None:
    wuhan = Counter(
        record["reported_at"].date()
        for record in _standing(released, datetime(2020, 6, 1, tzinfo=SHANGHAI))
        if record["residence_area"] == "420100"
    )
    assert wuhan[date(2020, 2, 13)] == 13_436


def test_releases_are_in_order_and_revisions_rise_by_one(released: list[tuple[datetime, dict[str, Any]]]) -> None:
    moments = [moment for moment, _ in released]
    assert moments == sorted(moments)
    revision: Counter[str] = Counter()
    for moment, record in released:
        revision[record["report_id"]] += 1
        assert record["revision"] == revision[record["report_id"]]
        assert (record["action"] == "REPORT") == (record["revision"] == 1)
        assert record["reported_at"] <= moment


@pytest.mark.parametrize(
    ("place", "code"),
    [("420100", "420100"), ("4200y0", "420000"), ("410727", "410727"), ("1100xy", "110100")],
)
def test_codes_of_the_table_become_administrative_codes(place: str, code: str) -> None:
    assert residence(place) == code
