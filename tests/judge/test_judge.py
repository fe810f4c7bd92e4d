"""The judge agrees with the pipeline on an ugly stream, and disagrees with three mutated intakes."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chain.installation import WORKERS, Installation
from tests.chain.reports import START, Chunk, case, chunks, message
from tests.judge.counts import CHINA_TIME, Cell, count
from tests.judge.ledger import judge_records
from tests.judge.methods import judge_day, w8
from tests.judge.policy import alarm_days
from tests.judge.rules import POLICIES
from tests.judge.source import read_topic
from tocsin.child import Child

CONFIRMED = ("CLINICAL", "CONFIRMED")
IMMEDIATE = (*CONFIRMED, "SUSPECTED", "CARRIER")


def _signal(disease: str, classes: tuple[str, ...]) -> Any:
    return lambda report: report["disease"] == disease and report["classification"] in classes


SIGNALS = {
    **{f"{d}.cases": _signal(d, CONFIRMED) for d in ("measles", "dysentery", "influenza", "pertussis", "covid19")},
    "cholera.cases": _signal("cholera", IMMEDIATE),
}


class Disagreement(AssertionError):
    """The pipeline says something else than the judge."""


def hold_against_the_judge(installation: Installation, sent: list[Chunk]) -> Counter[Cell]:
    """Compare verdicts and counts with the judge's; return the judge's counts."""
    records = read_topic(installation.settings.bootstrap, installation.topics.case_reports)
    expected_reasons: Counter[str] = Counter(reason for chunk in sent for reason in chunk.bad if reason)
    rows = installation.sql("SELECT partition, offset, verdict, reason FROM verdicts WHERE verdict != 'void'")
    told = {(int(p), int(o)): (verdict, reason) for p, o, verdict, reason in rows}
    rejected = {position for position, (verdict, _) in told.items() if verdict == "rejected"}
    if Counter(told[position][1] for position in rejected) != expected_reasons:
        raise Disagreement("other rejections than were sent")
    verdicts, standing = judge_records(records, rejected)
    if {position: verdict for position, (verdict, _) in told.items()} != verdicts:
        raise Disagreement("verdicts")
    counts = count(standing, SIGNALS)
    shown: Counter[Cell] = Counter()
    for signal, level, area, day, cases in installation.sql(
        "SELECT signal, level, area, toString(day), count FROM aggregates WHERE count != 0"
    ):
        if signal in SIGNALS:
            shown[signal, level, area, date.fromisoformat(day)] = int(cases)
    if shown != counts:
        different = {cell: (shown[cell], counts[cell]) for cell in {*shown, *counts} if shown[cell] != counts[cell]}
        raise Disagreement(f"{len(different)} counts, as {dict(list(different.items())[:5])}")
    return counts


@pytest.fixture(scope="module")
def stream() -> list[Chunk]:
    return list(chunks(24, 300, seed=11))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, stream: list[Chunk]) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("judge")) as running:
        running.start(*WORKERS)
        for chunk in stream:
            running.send(chunk.messages, clock=chunk.clock_ms)
        running.settle(180)
        yield running


def test_verdicts_and_counts(judged: Installation, stream: list[Chunk]) -> None:
    counts = hold_against_the_judge(judged, stream)
    assert len(counts) > 500


HISTORY = 120
"""Days of counts that the judge looks back on; every method here remembers less."""


def _daily(counts: Mapping[Cell, int], signal: str, level: str, area: str, last: date, days: int) -> list[int]:
    return [counts.get((signal, level, area, last - timedelta(days=back)), 0) for back in reversed(range(days))]


def _alerts(installation: Installation) -> list[dict[str, Any]]:
    rows = installation.sql(
        "SELECT toJSONString(tuple(signal, level, area, toString(last_day), cases_7d, toString(baseline_from),"
        " baseline, evidence.method, evidence.parameters, evidence.alarm, evidence.reason, evidence.upper,"
        " evidence.p_value))"
        " FROM alerts WHERE notEmpty(days)"
    )
    names = ("signal", "level", "area", "last_day", "cases_7d", "baseline_from", "baseline")
    told = ("method", "parameters", "alarm", "reason", "upper", "p_value")
    # Tab separated output escapes backslashes and quotes' backslashes once more.
    found = [json.loads(row[0].replace("\\\\", "\\")) for row in rows]
    return [
        {
            **dict(zip(names, values, strict=False)),
            "evidence": [dict(zip(told, each, strict=True)) for each in zip(*values[len(names) :], strict=True)],
        }
        for values in (list(each.values()) if isinstance(each, dict) else each for each in found)
    ]


def test_alerts_say_what_the_judge_finds(judged: Installation, stream: list[Chunk]) -> None:
    counts = hold_against_the_judge(judged, stream)
    alerts = [alert for alert in _alerts(judged) if alert["signal"] in SIGNALS]
    assert len(alerts) > 20
    compared: Counter[str] = Counter()
    for alert in alerts:
        last = date.fromisoformat(alert["last_day"])
        daily = _daily(counts, alert["signal"], alert["level"], alert["area"], last, HISTORY)
        assert int(alert["cases_7d"]) == sum(daily[-7:]), alert
        since = (last - date.fromisoformat(alert["baseline_from"])).days + 1
        assert [int(n) for n in alert["baseline"]] == daily[-since:], alert
        for said in alert["evidence"]:
            method, parameters = said["method"], json.loads(said["parameters"])
            found = judge_day(method, parameters, daily, last)
            assert (found is None) == (said["reason"] != ""), (alert, said)
            if found is None:
                continue
            _, upper, alarm = found
            assert bool(said["alarm"]) == alarm, (alert, said, found)
            if upper is not None:
                assert said["upper"] == pytest.approx(upper, rel=1e-9), (alert, said)
            if method == "w8":
                assert said["p_value"] == pytest.approx(w8(daily, parameters["p"], parameters["minimum"]), rel=1e-6)
            compared[method] += 1
    assert min(compared[method] for method in ("c1", "c2", "c3", "cusum", "cusum_rossi", "single_case", "w8")) > 20


def test_alerts_have_the_days_on_which_the_policy_alarms(judged: Installation, stream: list[Chunk]) -> None:
    """Of every series, loud or not: the days of its alerts are those of the judge, neither more nor fewer."""
    counts = hold_against_the_judge(judged, stream)
    told: dict[tuple[str, str, str], set[date]] = {}
    for signal, level, area, days in judged.sql(
        "SELECT signal, level, area, arrayStringConcat(arrayMap(d -> toString(d), days), ' ') FROM alerts"
        " WHERE notEmpty(days)"
    ):
        told.setdefault((signal, level, area), set()).update(map(date.fromisoformat, days.split()))
    seen = [day for _, _, _, day in counts]
    today = max(chunk.clock for chunk in stream).astimezone(CHINA_TIME).date()
    length = (today - min(seen)).days + 1
    places = sorted({(signal, level, area) for signal, level, area, _ in counts})
    assert {place for place in told if place[0] in SIGNALS} <= set(places)
    loud = 0
    for signal, level, area in places:
        daily = _daily(counts, signal, level, area, today, HISTORY + length)
        policy = {"methods": POLICIES[signal][level]}
        expected = set(alarm_days(policy, daily, today, length))
        assert told.get((signal, level, area), set()) == expected, (signal, level, area)
        loud += bool(expected)
    assert 20 < loud < len(places)


MUTATIONS = ("drop_one", "count_twice", "ignore_retraction")


def _corrected() -> list[Chunk]:
    """Twenty reports, then one revised to another place and one taken back."""
    reports = [case(f"m-{i}", START, disease="measles") for i in range(20)]
    revision = {**reports[2], "revision": 2, "action": "REVISE", "residence_area": "110101"}
    retraction = {**reports[3], "revision": 2, "action": "RETRACT"}
    first = tuple(message(report) for report in reports)
    second = (message(revision), message(retraction))
    return [Chunk(START, first, ("",) * 20), Chunk(START, second, ("", ""))]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutated_intake_does_not_pass(mutation: str, tmp_path: Path) -> None:
    sent = _corrected()
    with Installation(tmp_path) as running:
        command = [sys.executable, "-m", "tests.judge.mutant", mutation, str(tmp_path)]
        mutant = Child("intake", command, tmp_path / "log" / "mutant.log", cwd=Path(__file__).parents[2])
        mutant.start()
        try:
            running.start("detect", "sink")
            for chunk in sent:
                running.send(chunk.messages, clock=chunk.clock_ms)
                running.settle()
            with pytest.raises(Disagreement):
                hold_against_the_judge(running, sent)
        finally:
            mutant.kill()


def test_the_unmutated_twin_passes(tmp_path: Path) -> None:
    """What the mutants are given passes with the intake as it is: the judge is not merely always angry."""
    sent = _corrected()
    with Installation(tmp_path) as running:
        running.start(*WORKERS)
        for chunk in sent:
            running.send(chunk.messages, clock=chunk.clock_ms)
        running.settle()
        cells: Mapping[Cell, int] = hold_against_the_judge(running, sent)
        assert cells["measles.cases", "nation", "000000", date(2024, 3, 1)] == 19
