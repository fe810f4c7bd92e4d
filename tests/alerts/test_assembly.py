"""From verdicts to episodes: what an alert says about itself."""

import datetime as dt
import json
from typing import Any

import numpy as np
import pytest

import detectors
from alerts.assembly import Judged, assemble
from alerts.state import Computed
from catalogue.model import Catalogue, MethodUse

ORIGIN = 18_000
LENGTH = 40


def said(use: MethodUse, *alarms: int, first: int = 0, length: int = LENGTH, reason: int = 0) -> Judged:
    """Return a method's word by hand: alarms on some days after ORIGIN."""
    alarm = np.zeros(length, dtype=bool)
    alarm[[day - first for day in alarms]] = True
    number = np.full(length, np.nan if reason else 1.5)
    reasons = np.full(length, reason, np.uint8)
    return Judged(use, ORIGIN + first, number, number, number, None, alarm, reasons, 10, use.speaks)


def assembled(
    built_in: Catalogue, *judged: Judged, today: int = LENGTH - 1, expanded: Any = False, agree: int = 1
) -> list[Computed]:
    """Assemble what was said on days of one case each; the policy alarms where so many that are heard do."""
    counts = np.ones(LENGTH, dtype=np.int64)
    signal = built_in.signals["measles.cases"]
    said = [one.first_day + int(day) for one in judged if one.heard for day in np.flatnonzero(one.alarm)]
    alarm_days = sorted(day for day in set(said) if said.count(day) >= agree)
    end = ORIGIN + today
    return assemble(signal, "420106", "county", counts, ORIGIN, judged, alarm_days, end, {4: "NO_VARIANCE"}, expanded)


W8 = MethodUse("w8", {"window": 7}, True)
SHOWN = MethodUse("c1", {}, False, severity="critical")


def test_a_silent_method_is_evidence_and_neither_opens_nor_weighs(built_in: Catalogue) -> None:
    assert assembled(built_in, said(SHOWN, 20)) == []
    (found,) = assembled(built_in, said(SHOWN, 18, 20), said(W8, 20))
    assert (found.days, found.severity) == ((ORIGIN + 20,), "low")
    assert [(e.method, e.speaks, e.alarm, e.alarm_days) for e in found.evidence] == [
        ("c1", False, True, (ORIGIN + 20,)),
        ("w8", True, True, (ORIGIN + 20,)),
    ]


def test_the_highest_severity_of_those_that_spoke(built_in: Catalogue) -> None:
    loud = MethodUse("k_in_window", {"k": 3, "window": 28}, True, severity="high")
    (found,) = assembled(built_in, said(W8, 20, 22), said(loud, 21))
    assert found.severity == "high"
    (found,) = assembled(built_in, said(W8, 20, 22), said(loud))
    assert found.severity == "low"


def test_cases_count_from_the_longest_window_that_opened(built_in: Catalogue) -> None:
    single = MethodUse("single_case", {"quiet_days": 0}, True)
    (found,) = assembled(built_in, said(single, 20, 22), said(W8, 20, 22))
    assert (found.cases, found.cases_7d, found.peak_7d) == (9, 7, 7)
    (found,) = assembled(built_in, said(single, 20, 22), said(W8, 22))
    assert found.cases == 3


def test_days_behind_today_are_not_heard(built_in: Catalogue) -> None:
    (found,) = assembled(built_in, said(W8, 20, 21), today=20)
    assert found.days == (ORIGIN + 20,)


def test_where_methods_must_agree_the_days_are_those_of_the_policy(built_in: Catalogue) -> None:
    single = MethodUse("single_case", {"quiet_days": 0}, True, severity="high")
    (found,) = assembled(built_in, said(single, 18, 20, 22, 23), said(W8, 20, 23), agree=2)
    assert found.days == (ORIGIN + 20, ORIGIN + 23)
    assert (found.severity, found.cases) == ("high", 10)
    assert [(e.method, e.alarm_days) for e in found.evidence] == [
        ("single_case", (ORIGIN + 20, ORIGIN + 22, ORIGIN + 23)),
        ("w8", (ORIGIN + 20, ORIGIN + 23)),
    ]
    # 12 days apart: the gap of a single case, 28 days, joins them only where the single case alarms on one of them.
    assert len(assembled(built_in, said(single, 10, 22), said(W8, 10, 22), agree=2)) == 1
    assert len(assembled(built_in, said(SHOWN, 10, 22), said(W8, 10, 22), said(W8, 10, 22), agree=2)) == 2


def test_no_verdict_has_a_reason_and_no_numbers(built_in: Catalogue) -> None:
    (found,) = assembled(built_in, said(SHOWN, reason=4), said(W8, 20))
    silent = found.evidence[0]
    assert (silent.reason, silent.expected, silent.upper, silent.score, silent.observed) == (
        "NO_VARIANCE", None, None, None, 1.0,
    )  # fmt: skip
    assert found.evidence[1].reason == ""


def test_the_version_in_force_on_the_last_day_gives_the_evidence(built_in: Catalogue) -> None:
    old, new = MethodUse("w8", {"window": 7, "p": 0.01}, True), MethodUse("w8", {"window": 7, "p": 0.001}, True)
    (found,) = assembled(built_in, said(old, 18, length=20), said(new, 22, first=20, length=20))
    (evidence,) = found.evidence
    assert (json.loads(evidence.parameters)["p"], evidence.alarm_days) == (0.001, (ORIGIN + 18, ORIGIN + 22))


@pytest.mark.parametrize(("day", "expected"), [(14, True), (13, False), (23, False)])
def test_expanded_reports_under_the_alert_take_its_clock(built_in: Catalogue, day: int, expected: bool) -> None:
    expanded = np.zeros(LENGTH, dtype=bool)
    expanded[day] = True
    (found,) = assembled(built_in, said(W8, 20, 22), expanded=expanded)
    assert found.expanded_from_counts is expected


def test_its_own_baseline_is_enough_to_judge_its_last_day_again(desk: Any) -> None:
    """P7: the counts that an alert carries give the verdicts that it carries."""
    d = desk("sfts.cases")
    rng = np.random.default_rng(7)
    for day in range(75):
        d.cases(day, [f"{day}-{i}" for i in range(rng.poisson(0.4))])
    d.cases(75, [f"x{i}" for i in range(9)])
    d.evaluate()
    alert = d.current()[-1]
    dates = np.datetime64(dt.date(1970, 1, 1), "D") + np.arange(alert.baseline_from, alert.last_day + 1)
    assert len(alert.evidence) == 8
    for evidence in alert.evidence:
        detector = detectors.build(evidence.method, json.loads(evidence.parameters))
        verdicts = detector.judge([list(alert.baseline)], first=len(alert.baseline) - 1, dates=dates)
        assert float(verdicts.score[0, 0]) == evidence.score
        assert float(verdicts.upper[0, 0]) == evidence.upper
        assert bool(verdicts.alarm[0, 0]) == evidence.alarm
