"""P3 to P5 on the level of alerts: the current set is a function of the reports, however they came.

Reports with revisions and retractions arrive in any order, any number of times, cut into batches anywhere; after each
batch the series is evaluated and what changed is told. In the end the current alerts are those of one evaluation of
everything at once.
"""

import dataclasses
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.state import AlertState
from catalogue.model import METHODS, Agree, Catalogue, Policy, Signal
from catalogue.override import override

DAYS = 75

# What is a function of the reports. The rest of a state says when it was told, and why.
PURE = [
    f.name
    for f in dataclasses.fields(AlertState)
    if f.name not in {"revision", "kind", "opened_at", "deadline", "speaks", "speaks_because", "clock"}
]

revisions = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 4), st.integers(0, DAYS), st.booleans()), min_size=1, max_size=60
)
# One content for each revision of a report, as intake's verdicts leave it.
streams = revisions.map(lambda found: list({(r, n): (f"r{r}", n, day, gone) for r, n, day, gone in found}.values()))
# Outbreaks, so that alarms are not rare: several reports on few days.
outbreaks = st.lists(st.tuples(st.integers(0, DAYS), st.integers(2, 12)), max_size=4).map(
    lambda found: [(f"o{i}-{j}", 1, day, False) for i, (day, size) in enumerate(found) for j in range(size)]
)
signals = st.sampled_from(
    ["hfrs.cases", "plague.cases", "measles.cases", "rubella.cases", "dengue.cases", "sfts.cases", "tuberculosis.cases"]
)
Report = tuple[str, int, int, bool]


def pure(desk: Any) -> list[dict[str, Any]]:
    return [{name: getattr(alert, name) for name in PURE} for alert in desk.current()]


def fed(desk: Any, stream: list[Report], cuts: set[int]) -> Any:
    for i, (name, revision, day, gone) in enumerate(stream):
        desk.apply(name, revision, day, gone)
        if i in cuts:
            desk.evaluate()
    desk.today = DAYS
    desk.evaluate()
    return desk


@settings(max_examples=120, deadline=None)
@given(st.data(), signals, streams, outbreaks)
def test_any_order_any_batches_any_corrections(
    desk: Any, data: st.DataObject, signal: str, stream: list[Report], outbreak: list[Report]
) -> None:
    reports = stream + outbreak
    whole = fed(desk(signal), reports, set())
    twice = reports + data.draw(st.lists(st.sampled_from(reports), max_size=10))
    shuffled = data.draw(st.permutations(twice))
    cuts = data.draw(st.sets(st.integers(0, len(twice)), max_size=12))
    pieces = fed(desk(signal), shuffled, cuts)
    assert pure(pieces) == pure(whole)
    check_told(pieces)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(METHODS), streams, outbreaks, st.sets(st.integers(0, 80), max_size=10))
def test_whichever_method_is_the_voice(
    desk: Any, built_in: Catalogue, method: str, stream: list[Report], outbreak: list[Report], cuts: set[int]
) -> None:
    changed = override(built_in, signal="hfrs.cases", method=method, speaks=True, alone=True)
    signal = changed.signals["hfrs.cases"]
    reports = outbreak + stream
    whole = fed(desk(signal), reports, set())
    pieces = fed(desk(signal), reports[::-1], cuts)
    assert pure(pieces) == pure(whole)
    check_told(pieces)
    for alert in pieces.current():
        assert [e.method for e in alert.evidence if e.speaks] == [method]
        assert set(alert.days) == {day for e in alert.evidence if e.speaks for day in e.alarm_days}


def agreeing(signal: Signal, agree: Agree, voices: set[str], fallback: str | None) -> Signal:
    """The signal, judged by a policy in which some methods must agree."""

    def stated(policy: Policy) -> Policy:
        uses = tuple(dataclasses.replace(use, speaks=use.method in voices, minimum=1) for use in policy.uses)
        return Policy(uses, agree, 2, fallback)

    judgings = tuple(
        dataclasses.replace(judging, levels={level: stated(policy) for level, policy in judging.levels.items()})
        for judging in signal.judgings
    )
    return dataclasses.replace(signal, judgings=judgings)


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.sampled_from(METHODS), min_size=2, max_size=4),
    st.sampled_from(["any", "all", 2]),
    st.sampled_from([None, *METHODS]),
    streams,
    outbreaks,
    st.sets(st.integers(0, 80), max_size=6),
)
def test_whichever_methods_must_agree(
    desk: Any,
    built_in: Catalogue,
    voices: set[str],
    agree: Agree,
    fallback: str | None,
    stream: list[Report],
    outbreak: list[Report],
    cuts: set[int],
) -> None:
    signal = agreeing(built_in.signals["hfrs.cases"], agree, voices, fallback)
    reports = outbreak + stream
    whole = fed(desk(signal), reports, set())
    pieces = fed(desk(signal), reports[::-1], cuts)
    assert pure(pieces) == pure(whole)
    check_told(pieces)
    heard = voices | ({fallback} if fallback else set())
    for alert in pieces.current():
        assert {e.method for e in alert.evidence if e.speaks} == heard
        alarms = [day for e in alert.evidence if e.speaks for day in e.alarm_days]
        assert set(alert.days) <= set(alarms)
        if agree != "any" and fallback is None:
            # The desk's series begins 70 days before the first report: every method can judge every day of it.
            needed = len(voices) if agree == "all" else 2
            assert all(alarms.count(day) >= needed for day in alert.days)


@settings(max_examples=60, deadline=None)
@given(signals, streams, outbreaks, st.sets(st.integers(0, 80), max_size=6), st.integers(0, 500))
def test_taking_back_every_report_leaves_no_alert(
    desk: Any, signal: str, stream: list[Report], outbreak: list[Report], cuts: set[int], later: int
) -> None:
    d = fed(desk(signal), stream + outbreak, cuts)
    supported = {alert.alert_id for alert in d.current()}
    d.today += later
    d.evaluate()
    for name, (revision, day, _) in list(d.reports.items()):
        d.apply(name, revision + 1, day, retracted=True)
    d.evaluate()
    assert d.current() == []
    for name in supported:
        assert d.told[name].state == "WITHDRAWN"
        assert d.told[name].speaks_because == "withdrawn"
        assert d.told[name].cases == 0


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=50, max_size=50), st.sampled_from(["measles.cases", "plague.cases"]))
def test_fifty_new_cases_on_an_open_alert_are_one_alert(desk: Any, days: list[int], signal: str) -> None:
    d = desk(signal)
    d.cases(0, ["a", "b", "c"])
    d.evaluate()
    for i, day in enumerate(days):
        d.cases(day, [f"r{i}"])
        d.evaluate()
    assert len(d.told) == 1
    assert (d.one().cases, d.one().state) == (53, "OPEN")
    assert sum(e.kind == "OPENED" for e in d.history) == 1


def check_told(desk: Any) -> None:
    """What holds of everything that was told, current or not."""
    current = desk.current()
    assert sum(a.state == "OPEN" for a in current) <= 1
    days = [day for a in current for day in a.days]
    assert days == sorted(set(days))
    for alert in desk.told.values():
        assert alert.current == (bool(alert.evidence) and alert.state in ("OPEN", "ENDED"))
        assert len(alert.baseline) == alert.last_day - alert.baseline_from + 1
        assert alert.speaks == bool(alert.speaks_because)
        assert (alert.merged_into is not None) == (alert.state == "MERGED")
        seen = set()
        while alert.merged_into is not None:
            assert alert.alert_id not in seen
            seen.add(alert.alert_id)
            alert = desk.told[alert.merged_into]
    for alert in current:
        counts = desk.between(alert.baseline_from, alert.last_day)
        assert list(alert.baseline) == counts
        assert alert.cases_7d == sum(desk.between(alert.last_day - 6, alert.last_day))
