"""The list of open alerts: kept row by row it is the same as built at once, and sources that join are told."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.model import Catalogue
from console import desk, naming
from console.desk import Desk, listed
from console.overview import overview
from console.warehouse import Row, Warehouse
from sinks.client import Address

TODAY = dt.date(2020, 3, 20)

# A city's cases, its laboratories' positives, its airport's travellers; another city's cases.
SERIES = [
    ("covid19.cases", "prefecture", "440300"),
    ("covid19.positivity", "prefecture", "440300"),
    ("covid19.port", "port", "CNSZX"),
    ("covid19.cases", "prefecture", "440100"),
]
SOURCES = {"cases": "case-reports", "positivity": "lab-results", "port": "entry-declarations"}


def row(series: int, revision: int, state: str, day: int, days: int) -> Row:
    signal, level, area = SERIES[series]
    last = dt.date(2020, 3, day)
    made: Row = dict.fromkeys(("deadline_ms", "continues", "merged_into"))
    said = {
        "method": "w8", "parameters": "{}", "speaks": True, "day": last, "observed": 9.0, "expected": 2.0, "upper": 4.0,
        "score": 3.0, "p_value": 1e-4, "alarm": True, "reason": "", "alarm_days": [last],
    }  # fmt: skip
    made.update({f"evidence_{name}": [value] for name, value in said.items()})
    made.update(
        alert_id=f"a{series}", revision=revision, kind="OPENED", state=state, signal=signal, disease="covid19",
        area=area, level=level, severity="high", first_day=last - dt.timedelta(days=days - 1), last_day=last,
        days=[last - dt.timedelta(days=i) for i in reversed(range(days))] if state == "OPEN" else [],
        cases=9, cases_7d=9, peak_7d=9, denominator_7d=None, baseline_from=last, baseline=[9], clock_hours=24,
        opened_ms=series,
        clock_ms=0, expanded_from_counts=False,
    )  # fmt: skip
    return made


@pytest.fixture(autouse=True, scope="module")
def plain_names() -> Iterator[None]:
    """Signals of all three sources, whatever this catalogue has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(naming, "area", lambda code, level: {"code": code, "level": level})
        patch.setattr(desk, "source_of", lambda catalogue, signal: SOURCES[signal.split(".")[1]])
        yield


def by_id(alerts: list[Any]) -> dict[str, Any]:
    return {alert["id"]: json.loads(json.dumps(alert)) for alert in alerts}


steps = st.lists(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["OPEN", "OPEN", "ENDED"]), st.integers(1, 20), st.integers(1, 4)),
        max_size=3,
        unique_by=lambda step: step[0],
    ),
    max_size=6,
)


@given(steps, st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_rows_in_steps_give_what_all_at_once_gives(catalogue: Catalogue, changes: Any, passed: list[int]) -> None:
    kept, page = Desk(catalogue), {}
    last: dict[int, Row] = {}
    today = TODAY
    for revision, (some, days) in enumerate(zip(changes, passed, strict=False)):
        today += dt.timedelta(days=days)
        rows = [row(series, revision, state, day, n) for series, state, day, n in some]
        last.update({series: made for (series, *_), made in zip(some, rows, strict=True)})
        for alert in kept.take(rows, today):
            # The page does what it is told: an open alert is kept, any other is gone.
            page[alert["id"]] = alert
        page = {name: alert for name, alert in page.items() if alert["state"] == "OPEN"}
    fresh = Desk(catalogue)
    fresh.take([made for made in last.values() if made["state"] == "OPEN"], today, fresh=True)
    assert by_id(list(kept.alerts.values())) == by_id(list(fresh.alerts.values())) == by_id(list(page.values()))
    assert kept.events == fresh.events


def test_a_source_that_joins_is_told_of_all_alerts_of_the_event(catalogue: Catalogue) -> None:
    kept = Desk(catalogue)
    kept.take([row(0, 1, "OPEN", 18, 2), row(3, 1, "OPEN", 18, 2)], TODAY)
    assert kept.events == []
    told = kept.take([row(2, 1, "OPEN", 12, 2)], TODAY)
    assert {alert["id"] for alert in told} == {"a0", "a2"}
    assert kept.events == [["a0", "a2"]]
    grounds = [ground["what"] for ground in kept.alerts["a0"]["confidence"]["grounds"]]
    assert "sources" in grounds
    assert "sources" not in [g["what"] for g in kept.alerts["a3"]["confidence"]["grounds"]]
    kept.take([row(2, 2, "ENDED", 12, 2)], TODAY)
    assert kept.events == []
    assert kept.alerts["a0"] == listed(catalogue, row(0, 1, "OPEN", 18, 2), TODAY)


@pytest.mark.parametrize("by_county", [False, True])
def test_the_map_takes_alerts_of_every_kind_of_series(catalogue: Catalogue, by_county: bool) -> None:
    series = [
        ("county", "440305/GII.17"), ("county", "420100u"), ("county", "420106"), ("prefecture", "440100"),
        ("province", "710000"), ("nation", "000000/GII.17"), ("nation", "000000"), ("port", "CNSZX"), ("origin", "IT"),
        ("conveyance", "CNPVG/MU588-20200315"),
    ]  # fmt: skip
    alerts = [
        {"id": f"a{i}", "severity": "high", "opened_at": i, "disease": {"code": "norovirus"}}
        for i in range(len(series))
    ]
    for alert, (level, code) in zip(alerts, series, strict=True):
        alert["area"] = {"level": level, "code": code}
    warehouse = Warehouse(Address("nowhere", 1, "nobody", "", "none"))
    answer = overview(warehouse, catalogue, alerts, "", None, by_county=by_county)
    marked = {point["code"]: point["alert"] for point in answer["points"] if point["alert"]}
    counties = {"440305": "a0", "420106": "a2", "710000": "a4"}
    cities = {"440300": "a0", "420100": "a2", "440100": "a3", "710000": "a4"}
    assert marked == (counties if by_county else cities)
