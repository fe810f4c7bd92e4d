"""What happens to an alert when reports come, change and go."""

import dataclasses
from typing import Any

from alerts.state import Moment
from alerts.transitions import transitions


def names(count: int, prefix: str = "r") -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


def test_three_cases_open_one_alert(desk: Any) -> None:
    d = desk("hfrs.cases")
    d.cases(10, names(3))
    (event,) = d.evaluate()
    assert (event.kind, event.state, event.revision, event.speaks_because) == ("OPENED", "OPEN", 1, "opened")
    assert (event.cases, event.cases_7d, event.peak_7d) == (3, 3, 3)
    assert (event.first_day, event.last_day) == (d.day(10), d.day(10))
    assert event.deadline == event.opened_at + 24 * 3_600_000
    w8 = next(e for e in event.evidence if e.method == "w8")
    assert (w8.alarm, w8.observed, w8.speaks, w8.alarm_days) == (True, 3.0, True, (d.day(10),))
    assert len(event.evidence) == 8
    assert event.baseline[-1] == 3
    assert event.baseline_from + len(event.baseline) - 1 == event.last_day


def test_fifty_new_cases_on_an_open_alert_are_one_alert(desk: Any) -> None:
    d = desk("measles.cases")
    d.cases(10, names(3))
    d.evaluate()
    said = []
    for i in range(50):
        d.cases(10 + i // 5, [f"more{i}"])
        said += [e.speaks_because for e in d.evaluate() if e.speaks]
    alert = d.one()
    assert (alert.state, alert.cases, alert.first_day) == ("OPEN", 53, d.day(10))
    assert {e.alert_id for e in d.history} == {alert.alert_id}
    assert d.history[0].kind == "OPENED"
    assert {e.kind for e in d.history[1:]} == {"JOINED"}
    assert said == ["tier 10", "tier 30"]


def test_retracting_every_report_withdraws_it_at_any_age(desk: Any) -> None:
    for signal, later in (("hfrs.cases", 0), ("hfrs.cases", 400), ("measles.cases", 30), ("plague.cases", 90)):
        d = desk(signal)
        d.cases(10, names(4))
        d.evaluate()
        d.today += later
        d.evaluate()
        for name in names(4):
            d.apply(name, 2, 10, retracted=True)
        (event,) = d.evaluate()
        assert (event.kind, event.state, event.speaks_because) == ("WITHDRAWN", "WITHDRAWN", "withdrawn")
        assert (event.days, event.cases, event.evidence) == ((), 0, ())
        assert d.current() == []


def test_retracting_one_by_one_revises_and_then_withdraws_once(desk: Any) -> None:
    d = desk("hfrs.cases")
    d.cases(10, names(5))
    d.evaluate()
    kinds = []
    for name in names(5):
        d.apply(name, 2, 10, retracted=True)
        kinds += [e.kind for e in d.evaluate()]
    assert kinds == ["REVISED", "REVISED", "WITHDRAWN"]


def test_cases_before_the_first_alarm_day_are_under_the_alert_too(desk: Any) -> None:
    d = desk("dengue.cases", "prefecture")
    d.cases(5, ["a", "b"])
    d.cases(12, ["c"])
    d.evaluate()
    assert (d.one().days, d.one().cases) == ((d.day(12),), 3)
    d.apply("a", 2, 5, retracted=True)
    (event,) = d.evaluate()
    assert (event.kind, event.cases) == ("WITHDRAWN", 2)


def test_a_moved_baseline_ends_and_does_not_withdraw(desk: Any) -> None:
    d = desk("hfrs.cases")
    d.cases(40, names(3))
    d.evaluate()
    for week in range(8):
        d.cases(40 - 9 - 7 * week, names(6, f"old{week}-"))
    event = next(e for e in d.evaluate() if e.first_day == d.day(40))
    assert (event.kind, event.state, event.days, event.speaks) == ("ENDED", "ENDED", (), False)
    for name in names(3):
        d.apply(name, 2, 40, retracted=True)
    event = next(e for e in d.evaluate() if e.first_day == d.day(40))
    assert (event.kind, event.speaks_because) == ("WITHDRAWN", "withdrawn")


def test_it_ends_after_fourteen_quiet_days_without_a_word(desk: Any) -> None:
    d = desk("rabies.cases")
    d.cases(10, ["a"])
    d.evaluate()
    d.today = 24
    assert d.evaluate() == []
    d.today = 25
    (event,) = d.evaluate()
    assert (event.kind, event.state, event.speaks, event.days) == ("ENDED", "ENDED", False, (d.day(10),))


def test_a_case_within_four_weeks_reopens_it(desk: Any) -> None:
    d = desk("malaria.cases")
    d.cases(10, ["a"])
    d.evaluate()
    d.today = 30
    d.evaluate()
    d.cases(31, ["b"])
    (event,) = d.evaluate()
    assert (event.kind, event.state, event.speaks_because, event.cases) == ("REOPENED", "OPEN", "reopened", 2)


def test_a_retracted_report_that_comes_again_reopens(desk: Any) -> None:
    d = desk("plague.cases")
    d.apply("a", 1, 10)
    d.apply("a", 2, 10, retracted=True)
    assert d.evaluate() == []
    d.apply("a", 3, 10)
    d.evaluate()
    d.apply("a", 4, 10, retracted=True)
    d.evaluate()
    d.apply("a", 5, 10)
    (event,) = d.evaluate()
    assert (event.kind, event.state, event.revision, event.speaks_because) == ("REOPENED", "OPEN", 3, "reopened")


def test_late_days_merge_two_and_the_loser_points_to_the_survivor(desk: Any) -> None:
    d = desk("dengue.cases", "prefecture")
    d.cases(10, names(3, "a"))
    d.cases(36, names(3, "b"))
    d.evaluate()
    d.today = 42
    d.evaluate()
    first, second = d.current()
    d.cases(23, names(3, "late"))
    events = d.evaluate()
    assert [(e.kind, e.alert_id) for e in events] == [("REOPENED", first.alert_id), ("MERGED", second.alert_id)]
    merged = d.told[second.alert_id]
    assert (merged.state, merged.merged_into, merged.days, merged.speaks) == ("MERGED", first.alert_id, (), False)
    assert d.one().cases == 9


def test_an_earlier_first_day_renames_without_another_word(desk: Any) -> None:
    d = desk("hfrs.cases")
    d.cases(10, names(4))
    d.evaluate()
    old = d.one()
    d.today += 1
    d.evaluate()
    d.cases(8, names(3, "earlier"))
    opened, merged = d.evaluate()
    assert (opened.kind, opened.speaks, opened.opened_at) == ("OPENED", False, old.opened_at)
    assert (merged.kind, merged.merged_into) == ("MERGED", opened.alert_id)
    for name in names(3, "earlier"):
        d.apply(name, 2, 8, retracted=True)
    back, gone = d.evaluate()
    assert (back.kind, back.alert_id, back.speaks) == ("REOPENED", old.alert_id, False)
    assert (gone.kind, gone.merged_into) == ("MERGED", old.alert_id)


def test_the_cap_renews_and_names_the_parent(desk: Any) -> None:
    d = desk("cholera.cases")
    for day in range(60):
        d.cases(day, [f"r{day}"])
        d.evaluate()
    parent, child = d.current()
    assert (parent.state, child.state) == ("ENDED", "OPEN")
    assert (child.first_day, child.continues) == (d.day(56), parent.alert_id)
    assert next(e for e in d.history if e.alert_id == child.alert_id).speaks_because == "renewed"


def test_every_case_of_group_a_speaks(desk: Any) -> None:
    d = desk("plague.cases")
    said = []
    for i in range(4):
        d.cases(10 + i, [f"r{i}"])
        said += [e.speaks_because for e in d.evaluate()]
    assert said == ["opened", "new case", "tier 3", "new case"]


def test_a_cluster_of_measles_is_more_severe_than_a_case(desk: Any) -> None:
    d = desk("measles.cases")
    d.cases(10, ["a"])
    d.evaluate()
    assert d.one().severity == "low"
    d.cases(12, ["b", "c"])
    (event,) = d.evaluate()
    assert (event.severity, event.speaks_because) == ("high", "severity high")
    assert len(d.current()) == 1


def test_an_alert_of_expanded_counts_has_no_deadline(desk: Any, episode: Any) -> None:
    expanded = dataclasses.replace(episode(100), expanded_from_counts=True)
    (event,) = transitions([], [expanded], Moment(5, 100, "v", (), ""), lambda first, last: [0] * (last - first + 1))
    assert (event.deadline, event.opened_at, event.expanded_from_counts) == (None, 5, True)
