"""The judge agrees with the pipeline on an ugly stream of all sources, and disagrees with three mutated intakes."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.chain.installation import WORKERS, Installation
from tests.chain.other_reports import MADE, Message, limits
from tests.chain.other_reports import message as other_message
from tests.chain.reports import Chunk, case, chunks, message
from tests.judge.comparison import AMONG, CASES, DISEASES_AT_PORTS, SIGNALS, TYPES, Found, compare
from tests.judge.counts import CHINA_TIME, Cell
from tests.judge.methods import beta_binomial, judge_day, w8
from tests.judge.policy import alarm_days
from tests.judge.rules import POLICIES


@pytest.fixture(scope="module")
def stream() -> list[Chunk]:
    made = list(chunks(24, 300, 11, others=90))
    last = made[-1]
    at_limits = {source: tuple(limits(source, "limit", last.clock)) for source in MADE}
    return [*made, Chunk(last.clock, (), (), at_limits, {source: ("",) * len(m) for source, m in at_limits.items()})]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, stream: list[Chunk]) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("judge")) as running:
        running.start(*WORKERS)
        for chunk in stream:
            running.deliver(chunk)
        running.settle(180)
        yield running


@pytest.fixture(scope="module")
def found(judged: Installation, stream: list[Chunk]) -> Found:
    return compare(judged, stream)


@pytest.fixture(scope="module")
def counts(found: Found) -> Counter[Cell]:
    """Of case reports."""
    return Counter({cell: number for cell, number in found.counts.items() if cell[0] in CASES})


def test_verdicts_and_counts_of_every_source(found: Found) -> None:
    assert not found.differences, sorted(map(str, found.differences))[:10]
    cells = Counter(signal for signal, *_ in found.counts)
    assert sum(cells[signal] for signal in CASES) > 500
    assert min(cells[signal] for signal in (*AMONG, *TYPES, *DISEASES_AT_PORTS, "entry.conveyance")) > 5
    assert min(Counter(signal for signal, *_ in found.beside)[signal] for signal in AMONG) > 20


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


BY_DAY = ("c1", "c2", "c3", "cusum", "cusum_rossi", "single_case", "k_in_window", "w8", "beta_binomial")
"""Methods that the judge knows; those that look for years have tests of their own."""


def test_alerts_say_what_the_judge_finds(judged: Installation, found: Found) -> None:
    alerts = [alert for alert in _alerts(judged) if alert["signal"] in SIGNALS]
    told = Counter(alert["signal"].partition(".")[2] for alert in alerts)
    assert told["cases"] > 20
    assert min(told["port"], told["conveyance"], told["ill"] + told["positivity"]) > 0, told
    compared: Counter[str] = Counter()
    for alert in alerts:
        last = date.fromisoformat(alert["last_day"])
        place = (alert["signal"], alert["level"], alert["area"])
        daily = _daily(found.counts, *place, last, HISTORY)
        tests = _daily(found.beside, *place, last, HISTORY)
        assert int(alert["cases_7d"]) == sum(daily[-7:]), alert
        since = (last - date.fromisoformat(alert["baseline_from"])).days + 1
        assert [int(n) for n in alert["baseline"]] == _daily(found.counts, *place, last, since), alert
        for said in alert["evidence"]:
            method, parameters = said["method"], json.loads(said["parameters"])
            if method not in BY_DAY:
                continue
            judgement = judge_day(method, parameters, daily, last, tests)
            assert (judgement is None) == (said["reason"] != ""), (alert, said)
            if judgement is None:
                continue
            _, upper, alarm = judgement
            assert bool(said["alarm"]) == alarm, (alert, said, judgement)
            if upper is not None:
                assert said["upper"] == pytest.approx(upper, rel=1e-9), (alert, said)
            if method == "w8":
                assert said["p_value"] == pytest.approx(w8(daily, parameters["p"], parameters["minimum"]), rel=1e-6)
            compared[method] += 1
            if method == "beta_binomial":
                asked = {name: parameters[name] for name in ("baseline", "guard", "least_tests", "sum_over")}
                # Among very many arrivals the method takes the beta of the same mean and variance.
                assert said["p_value"] == pytest.approx(beta_binomial(daily, tests, **asked), rel=1e-4, abs=1e-12)
    assert min(compared[method] for method in BY_DAY if method not in ("k_in_window", "beta_binomial")) > 20
    assert compared["beta_binomial"] > 0


def test_alerts_have_the_days_on_which_the_policy_alarms(
    judged: Installation, stream: list[Chunk], counts: Counter[Cell]
) -> None:
    """Of every series, loud or not: the days of its alerts are those of the judge, neither more nor fewer."""
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
    assert {place for place in told if place[0] in CASES} <= set(places)
    loud = 0
    for signal, level, area in places:
        daily = _daily(counts, signal, level, area, today, HISTORY + length)
        policy = {"methods": POLICIES[signal][level]}
        expected = set(alarm_days(policy, daily, today, length))
        assert told.get((signal, level, area), set()) == expected, (signal, level, area)
        loud += bool(expected)
    assert 20 < loud < len(places)


MUTATIONS = ("drop_one", "count_twice", "ignore_retraction")


def _sent(source: str, name: str, now: datetime, **fields: Any) -> Message:
    if source == "case-reports":
        return message(case(name, now, **fields))
    return other_message(source, MADE[source](name, now, **fields))


def _corrected(tag: str, now: datetime) -> list[Chunk]:
    """Of each source twenty records; then one of them said again in other words, and one taken back."""
    moved = {
        "case-reports": {"residence_area": "110101", "issuer": "CDC420102"},
        "lab-results": {"area": "110101"},
        "entry-declarations": {"port": "CNPEK"},
        "observations": {"count": 7},
    }
    ill = {"entry-declarations": {"symptoms": ["fever"]}}
    first: dict[str, tuple[Message, ...]] = {}
    second: dict[str, tuple[Message, ...]] = {}
    for source, words in moved.items():
        own: Mapping[str, Any] = ill.get(source, {})
        first[source] = tuple(_sent(source, f"m-{tag}-{i}", now, **own) for i in range(20))
        second[source] = (
            _sent(source, f"m-{tag}-2", now, **{**own, **words, "revision": 2, "action": "REVISE"}),
            _sent(source, f"m-{tag}-3", now, **own, revision=2, action="RETRACT"),
        )
    return [_chunk(now, each) for each in (first, second)]


def _chunk(now: datetime, messages: dict[str, tuple[Message, ...]]) -> Chunk:
    sound = {source: ("",) * len(each) for source, each in messages.items()}
    return Chunk(now, messages.pop("case-reports"), sound.pop("case-reports"), messages, sound)


@pytest.fixture(scope="module")
def mutated(judged: Installation) -> Iterator[Callable[[str], None]]:
    """Replace the intake by one with a fault."""
    child = judged.child("intake")
    sound = child.command

    def become(mutation: str) -> None:
        judged.stop("intake")
        child.command = [sys.executable, "-m", "tests.judge.mutant", mutation, str(judged.folder)]
        judged.start("intake")

    yield become
    child.command = sound


@pytest.fixture(scope="module")
def past(stream: list[Chunk], found: Found) -> tuple[list[Chunk], list[frozenset[Any]]]:
    """What was sent so far, and what the judge found of it each time."""
    return list(stream), [found.differences]


def test_what_the_mutants_are_given_passes_without_a_fault(
    judged: Installation, past: tuple[list[Chunk], list[frozenset[Any]]]
) -> None:
    """The judge is not merely always angry."""
    sent, differences = past
    for chunk in _corrected("sound", sent[-1].clock + timedelta(days=1)):
        judged.deliver(chunk)
        sent.append(chunk)
    judged.settle()
    found = compare(judged, sent)
    assert found.differences == differences[-1]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutated_intake_does_not_pass(
    mutation: str,
    judged: Installation,
    mutated: Callable[[str], None],
    past: tuple[list[Chunk], list[frozenset[Any]]],
) -> None:
    sent, differences = past
    mutated(mutation)
    # On a day of its own: what is counted twice would make up for what was dropped.
    for chunk in _corrected(mutation, sent[-1].clock + timedelta(days=1)):
        # Whoever loses a record cannot say later what replaced it: detection would stop at once.
        if mutation == "drop_one" and len(chunk.messages) < 20:
            continue
        judged.deliver(chunk)
        sent.append(chunk)
        judged.settle()
    found = compare(judged, sent).differences
    fresh, before = found - differences[-1], differences[-1]
    differences.append(found)
    assert fresh, f"of {len(before)} differences none is new"
    assert noticed(mutation, fresh) == set(FAULTY[mutation])


FAULTY: Mapping[str, Sequence[str]] = {
    "drop_one": ("case-reports", *MADE),
    "count_twice": ("case-reports", "entry-declarations", "observations"),
    "ignore_retraction": ("case-reports", *MADE),
}
"""The sources in which each fault shows; a laboratory result that stands twice is where detection itself stops."""


def noticed(mutation: str, differences: frozenset[Any]) -> set[str]:
    """The sources in which the judge sees a fault."""
    if mutation != "count_twice":
        return {source for kind, source, *_ in differences if kind == "verdict"}
    places = {"measles": "case-reports", "entry": "entry-declarations"}
    shown = {places[signal.partition(".")[0]] for kind, signal, *_ in differences if kind == "count"}
    return shown | {"observations" for kind, *_ in differences if kind == "denominator"}
