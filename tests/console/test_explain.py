"""Alerts recomputed from the line list: true ones agree, and every falsehood is named."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from alerts.state import AlertState
from catalogue.model import Catalogue
from console.explain import UnknownAlert, explain
from console.recount import NotThereYet
from console.warehouse import Warehouse
from tests.console.conftest import outbreak, reader_of, writer_of
from tests.console.world import World, report


@pytest.fixture(scope="module")
def changed(front: Any, catalogue: Catalogue) -> Iterator[World]:
    """A world of this module's own, in which reports are corrected and alerts falsified."""
    made = World(writer_of(front, "console_explain"), catalogue)
    outbreak(made)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def warehouse(front: Any, changed: World) -> Warehouse:
    return Warehouse(reader_of(front, changed.address.database))


def of(world: World, disease: str, level: str) -> AlertState:
    return next(s for s in world.current() if s.disease == disease and s.level == level)


def test_every_alert_agrees_with_a_recount(world: World, front: Any, catalogue: Catalogue) -> None:
    asked = Warehouse(reader_of(front, world.address.database))
    states = world.current()
    assert {state.level for state in states} >= {"county", "prefecture", "province", "nation"}
    for state in states:
        found = explain(asked, catalogue, state.alert_id)
        assert found.agrees, [item for item in found.items if not item.agrees]
        assert found.counted == found.said == sum(state.baseline)
        assert len(found.items) > 30


def test_a_recount_sees_the_reports_of_the_marker_and_no_later_ones(
    changed: World, warehouse: Warehouse, catalogue: Catalogue
) -> None:
    # A newer marker elsewhere must not disturb an alert that did not change: measles reports arrive, plague stands.
    before = explain(warehouse, catalogue, of(changed, "plague", "county").alert_id)
    changed.take([report("M9", "2020-01-30 19:00", disease="measles", residence_area="110101")], "2020-01-30 20:00")
    after = explain(warehouse, catalogue, of(changed, "plague", "county").alert_id)
    assert before == after
    assert after.agrees


def test_a_withdrawn_alert_agrees_that_nothing_is_left(
    changed: World, warehouse: Warehouse, catalogue: Catalogue
) -> None:
    alert = of(changed, "plague", "county")
    taken_back = report(
        "P1", "2020-01-30 09:00", disease="plague", residence_area="150702", revision=2, action="RETRACT"
    )
    events = changed.take([taken_back], "2020-01-30 21:00")
    assert {event.kind for event in events if event.alert_id == alert.alert_id} == {"WITHDRAWN"}
    found = explain(warehouse, catalogue, alert.alert_id)
    assert found.agrees
    assert [item.what for item in found.items] == ["marker_id", "episode"]


def test_what_does_not_agree_is_named(changed: World, warehouse: Warehouse, catalogue: Catalogue) -> None:
    alert = of(changed, "covid19", "prefecture")
    w8 = next(i for i, one in enumerate(alert.evidence) if one.method == "w8")
    lying = dataclasses.replace(alert.evidence[w8], upper=(alert.evidence[w8].upper or 0) + 1)
    baseline = (*alert.baseline[:-1], alert.baseline[-1] + 1)
    changed.falsify(
        alert,
        cases_7d=alert.cases_7d + 5,
        baseline=baseline,
        evidence=(*alert.evidence[:w8], lying, *alert.evidence[w8 + 1 :]),
    )
    found = explain(warehouse, catalogue, alert.alert_id)
    wrong = {item.what: (item.said, item.found) for item in found.items if not item.agrees}
    last = "baseline 2020-01-30"
    assert wrong.keys() == {"cases_7d", "baseline", last, "w8 upper"}
    assert wrong["cases_7d"] == (alert.cases_7d + 5, alert.cases_7d)
    assert wrong[last] == (baseline[-1], alert.baseline[-1])
    assert not found.agrees
    changed.falsify(dataclasses.replace(alert, revision=alert.revision + 1))
    assert explain(warehouse, catalogue, alert.alert_id).agrees


def test_an_alert_whose_episode_is_invented_does_not_agree(
    changed: World, warehouse: Warehouse, catalogue: Catalogue
) -> None:
    alert = of(changed, "measles", "county")
    changed.falsify(alert, alert_id="f" * 16, first_day=alert.first_day - 3)
    wrong = {item.what for item in explain(warehouse, catalogue, "f" * 16).items if not item.agrees}
    assert wrong == {"episode"}


def test_a_marker_that_is_not_reached_is_not_a_disagreement(
    changed: World, warehouse: Warehouse, catalogue: Catalogue
) -> None:
    alert = of(changed, "measles", "county")
    ahead = dataclasses.replace(alert.marker[0], to_offset=alert.marker[0].to_offset + 1000)
    changed.falsify(alert, alert_id="e" * 16, marker=(ahead,))
    with pytest.raises(NotThereYet):
        explain(warehouse, catalogue, "e" * 16)


def test_an_unknown_alert_is_said_to_be_unknown(warehouse: Warehouse, catalogue: Catalogue) -> None:
    with pytest.raises(UnknownAlert):
        explain(warehouse, catalogue, "nobody")
