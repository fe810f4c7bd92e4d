"""The state of an alert goes through its schema and comes back the same."""

import datetime as dt

from alerts.identity import alert_id
from alerts.state import AlertState, Evidence, Position
from schemas import registry, wire


def a_state() -> AlertState:
    evidence = Evidence("w8", '{"p":0.001}', True, 18_305, 5.0, 0.0625, 2.0, 19.7, 1e-9, True, "", (18_300, 18_305))
    silent = Evidence("c1", "{}", False, 18_305, 1.0, None, None, None, None, False, "NO_VARIANCE", ())
    return AlertState(
        alert_id="00ff", revision=3, kind="JOINED", state="OPEN", signal="covid19.cases", disease="covid19",
        area="420100", level="prefecture", severity="critical", first_day=18_300, last_day=18_305,
        days=(18_300, 18_305), cases=7, cases_7d=5, peak_7d=6, evidence=(evidence, silent), baseline_from=18_240,
        baseline=tuple([0] * 60 + [2, 0, 0, 0, 0, 5]), opened_at=1_581_120_000_000, deadline=None, clock_hours=2,
        continues=None, merged_into=None, speaks=True, speaks_because="tier 3", expanded_from_counts=True,
        catalogue="abcd", clock=1_581_552_000_000, marker=(Position("case-reports", 0, 12),), marker_id="beef",
    )  # fmt: skip


def test_round_trip_through_the_wire() -> None:
    state = a_state()
    schema_id, record = wire.decode(wire.encode(registry.ALERT_EVENT, state.to_record(b"p" * 16)))
    assert schema_id == registry.ALERT_EVENT
    assert record["first_day"] == dt.date(2020, 2, 8)
    assert record["parent"] == b"p" * 16
    assert AlertState.from_record(record) == state


def test_every_field_of_the_schema_but_the_parent_is_carried() -> None:
    names = {field["name"] for field in registry.schema(registry.ALERT_EVENT)["fields"]}
    assert names == set(a_state().to_record(b""))


def test_the_name_is_the_same_everywhere() -> None:
    assert alert_id("covid19.cases", "420100", 18_300) == alert_id("covid19.cases", "420100", 18_300)
    assert alert_id("covid19.cases", "420100", 18_300) == "5a42f40ed31422e9"
    others = {
        alert_id("covid19.cases", "420100", 18_301),
        alert_id("covid19.cases", "420101", 18_300),
        alert_id("sars.cases", "420100", 18_300),
    }
    assert len(others) == 3
