"""What one revision of an alert changed against the one before."""

import datetime as dt
from typing import Any

from console.revisions import DAYS_SHOWN, all_changes, changes
from console.warehouse import Row

FIRST = dt.date(2020, 2, 1)


def day(n: int) -> dt.date:
    return FIRST + dt.timedelta(days=n)


def row(**changed: Any) -> Row:
    made: Row = {
        "state": "OPEN", "severity": "high", "first_day": day(2), "last_day": day(4), "cases": 9, "cases_7d": 9,
        "peak_7d": 9, "clock_hours": 24, "catalogue": "c1", "baseline_from": FIRST, "baseline": [0, 1, 2, 3, 3],
        "days": [day(2), day(4)], "evidence_method": ["c1", "w8"], "evidence_alarm": [False, True],
        "evidence_reason": ["", ""], "evidence_observed": [3.0, 9.0], "evidence_expected": [1.0, 2.0],
        "evidence_upper": [4.0, 6.0],
    }  # fmt: skip
    return {**made, **changed}


def test_the_same_is_no_change() -> None:
    assert changes(row(), row()) == {}
    assert all_changes([row()]) == [{}]
    assert all_changes([]) == []


def test_counts_days_words_and_verdicts_are_told_apart() -> None:
    newer = row(
        severity="critical", last_day=day(5), cases=15, baseline=[1, 2, 3, 7, 2], baseline_from=day(1),
        days=[day(3), day(4), day(5)], evidence_alarm=[True, True], evidence_observed=[7.0, 9.0],
    )  # fmt: skip
    found = changes(row(), newer)
    # Day 0 left the window and day 5 came into it: neither changed. Day 4 went from 3 to 7.
    assert found == {
        "fields": [["severity", "high", "critical"], ["last_day", "2020-02-05", "2020-02-06"], ["cases", 9, 15]],
        "counts": [["2020-02-05", 3, 7]],
        "added": ["2020-02-04", "2020-02-06"],
        "removed": ["2020-02-03"],
        "methods": [{"method": "c1", "alarm": [False, True], "observed": [3.0, 7.0]}],
    }
    assert all_changes([newer, row()]) == [found, {}]


def test_many_changed_days_are_counted_not_listed() -> None:
    found = changes(row(baseline=[0] * 40), row(baseline=[1] * 40))
    assert len(found["counts"]) == DAYS_SHOWN
    assert found["counts"][-1] == [day(39).isoformat(), 0, 1]
    assert found["counts_more"] == 40 - DAYS_SHOWN
