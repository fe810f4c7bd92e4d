"""Policies in the stream, where an alert is explained, and by the independent judge: the same alarms."""

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alerts.state import EPOCH
from catalogue.levels import AREA_LEVELS
from catalogue.loader import load
from catalogue.model import Catalogue, Judging, MethodUse, Policy, Signal
from console.recompute import episodes_of
from streams.judge import judge
from streams.plan import Plan
from tests.judge.policy import alarm_days
from tests.streams.current_state import current_rows
from tests.streams.journal_writing import JournalWriter, cases, day_number, noon
from tests.streams.test_evaluation import Detection

CATALOGUE = load()
DYSENTERY = CATALOGUE.signals["dysentery.cases"]
START = day_number("2021-01-10")
CHANGE = START + 45
"""Day from which the second policy is in force."""

PARAMETERS: dict[str, dict[str, Any]] = {
    # No smallest deviation: on a constant week before, C1 has no verdict.
    "c1": {"baseline": 7, "alpha": 0.01, "min_sigma": 0.0},
    "c2": {"baseline": 7, "guard": 2, "alpha": 0.01, "min_sigma": 0.5},
    "single_case": {"quiet_days": 3},
    "k_in_window": {"k": 3, "window": 10},
    "w8": {"p": 0.05, "minimum": 2, "blocks": 3, "window": 7, "guard": 2},
    "percentile": {"q": 0.9, "years_back": 1, "half_width": 1, "window": 7, "minimum": 2},
}


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy of some methods, with voices or without."""
    methods = draw(st.lists(st.sampled_from(sorted(PARAMETERS)), min_size=1, max_size=5, unique=True))
    uses = tuple(
        MethodUse(method, PARAMETERS[method], draw(st.booleans()), draw(st.sampled_from((1, 2, 4))))
        for method in methods
    )
    voices = sum(use.speaks for use in uses)
    agree = draw(st.sampled_from(["any", "all", *range(1, voices + 1)])) if voices else "any"
    fallback = draw(st.sampled_from([None, *methods])) if voices else None
    return Policy(uses, agree, draw(st.sampled_from((1, 3))), fallback)


def by_judge(policy: Policy) -> dict[str, Any]:
    """The policy as the judge reads it."""
    methods = [
        (use.method, use.parameters, use.minimum, use.speaks) for use in policy.uses if use.method in policy.heard
    ]
    rest = {"fallback": policy.fallback} if policy.fallback else {}
    return {"methods": methods, "agree": policy.agree, "minimum": policy.minimum, **rest}


def watched(first: Policy, second: Policy) -> Signal:
    """Dysentery, by one policy at every level until a day, by another from it on."""
    change = EPOCH + dt.timedelta(days=CHANGE)
    until = Judging(None, change - dt.timedelta(days=1), dict.fromkeys(AREA_LEVELS, first), "low", 24)
    since = Judging(change, None, dict.fromkeys(AREA_LEVELS, second), "medium", 24)
    return dataclasses.replace(DYSENTERY, judgings=(until, since))


def expected_days(first: Policy, second: Policy, counts: list[int], last: int, days: int) -> list[int]:
    """What the judge says of the last days of some counts."""
    found = []
    for policy, begin, end in ((first, -(1 << 30), CHANGE - 1), (second, CHANGE, 1 << 30)):
        until = min(end, last)
        length = until - max(begin, last - days + 1) + 1
        if length > 0:
            known = counts[: len(counts) - (last - until)]
            found += alarm_days(by_judge(policy), known, EPOCH + dt.timedelta(days=until), length)
    return [(day - EPOCH).days for day in found]


def no_history(rows: np.ndarray) -> np.ndarray:
    raise AssertionError("no method here remembers all")


@settings(max_examples=40, deadline=None)
@given(policies(), policies(), st.integers(0, 2**32 - 1), st.floats(0.05, 3))
def test_the_voice_is_what_the_judge_finds(first: Policy, second: Policy, seed: int, mean: float) -> None:
    rng = np.random.default_rng(seed)
    plan = Plan([watched(first, second), dataclasses.replace(DYSENTERY, judgings=DYSENTERY.judgings)])
    lead, days = max(plan.lead(0), plan.lead(1)), 12
    start = CHANGE - 6
    counts = rng.poisson(mean, (8, lead + days)).astype(np.int64)
    counts[::3, -20:] = rng.poisson(mean * 4, (3, 20))
    counts[1, :-3] = 0
    signal = np.array([0] * 7 + [1], np.int32)
    level = np.array([0, 0, 1, 1, 2, 3, 3, 0], np.int8)
    judgement = judge(plan, counts, start - lead, start, signal, level, no_history)
    for row in range(7):
        found = (np.flatnonzero(judgement.voice[row]) + start).tolist()
        assert found == expected_days(first, second, counts[row].tolist(), start + days - 1, days)


# Shrinking an example would take minutes.
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(policies(), policies(), st.integers(0, 2**32 - 1))
def test_alerts_have_the_days_of_the_policy_and_are_explained(first: Policy, second: Policy, seed: int) -> None:
    rng = np.random.default_rng(seed)
    signal = watched(first, second)
    catalogue = dataclasses.replace(CATALOGUE, signals={**CATALOGUE.signals, signal.id: signal})
    detection = Detection(catalogue)
    writer = JournalWriter(0)
    history = 400
    last = CHANGE + 30
    counts = rng.poisson(0.1, history + last - START + 1)
    counts[history + 20 : history + 24] += 2
    counts[history + 50 : history + 58] += 1
    days = np.repeat(np.arange(START - history, last + 1), counts).tolist()
    cut = int(rng.integers(0, len(days)))
    for part in (days[:cut], days[cut:]):
        writer.entry(cases(f"p{len(part)}-", part), noon(max([START, *part])))
        detection.tally.apply(0, writer.values[-1:])
        detection.evaluate()
    detection.tally.apply(0, [writer.entry([], noon(last))])
    detection.evaluate()
    newest = {state.alert_id: state for state in detection.events}
    current = sorted((s for s in newest.values() if s.current and s.area == "420106"), key=lambda s: s.first_day)
    told = [day for state in current for day in state.days]
    # Days before the first report count as zero.
    assert told == expected_days(first, second, [0] * 800 + counts.tolist(), last, len(counts))
    for state in current:
        by_method = {one.method: one for one in state.evidence}
        policy = first if state.last_day < CHANGE else second
        assert set(by_method) == {use.method for use in policy.uses}
        assert {name for name, one in by_method.items() if one.speaks} == set(policy.heard)
        # On its last day the policy alarms, so at least one method that it hears does.
        assert any(one.alarm for one in state.evidence if one.speaks)
    by_day = {EPOCH + dt.timedelta(days=START - history + i): int(n) for i, n in enumerate(counts)}
    recomputed = episodes_of(signal, "420106", "county", by_day, EPOCH + dt.timedelta(days=last))
    assert len(recomputed) == len(current)
    for state, found in zip(current, recomputed, strict=True):
        for name in ("days", "severity", "cases", "cases_7d", "peak_7d", "baseline"):
            assert getattr(state, name) == getattr(found, name), name
        assert {one.method: one for one in state.evidence} == {one.method: one for one in found.evidence}


def agreeing(percentile: dict[str, Any]) -> Catalogue:
    """The catalogue in which dysentery's W8 and its percentile must agree."""

    def stated(policy: Policy) -> Policy:
        uses = (*policy.uses, MethodUse("percentile", percentile, True, 3))
        return Policy(uses, "all", fallback="w8")

    judgings = tuple(
        dataclasses.replace(judging, levels={level: stated(policy) for level, policy in judging.levels.items()})
        for judging in DYSENTERY.judgings
    )
    signals = {**CATALOGUE.signals, DYSENTERY.id: dataclasses.replace(DYSENTERY, judgings=judgings)}
    return dataclasses.replace(CATALOGUE, signals=signals)


@pytest.mark.parametrize(("years", "agrees"), [(0, True), (5, False)])
def test_an_early_season_is_no_alert_once_years_of_it_are_known(years: int, agrees: bool) -> None:
    """Without history the percentile agrees with everything; with it, it keeps a yearly wave from being news."""
    percentile = {"q": 0.9, "years_back": 5, "half_width": 2, "window": 7, "minimum": 3}
    last = day_number("2021-07-10")
    wave = [last - 365 * back - (back > 1) - day for back in range(years + 1) for day in range(8) for _ in range(6)]
    detection = Detection(agreeing(percentile))
    writer = JournalWriter(0)
    writer.entry(cases("s", sorted(wave)), noon(last))
    detection.tally.apply(0, writer.values)
    detection.evaluate()
    rows = current_rows(detection.frames)
    assert not [name for name in rows.columns if name.startswith("percentile")]
    # A row stands for a count, or for an alarm that it shows: the percentile's own is none of these.
    shown = [pl.col(name).fill_null(False) for name in rows.columns if name.endswith("alarm")]
    assert pl.concat(detection.frames).filter((pl.col("count") == 0) & ~pl.any_horizontal(shown)).height == 0
    newest = {state.alert_id: state for state in detection.events}
    alarmed = any(last in state.days for state in newest.values() if state.area == "420106")
    assert alarmed == agrees


def test_in_its_first_year_a_series_is_judged_as_by_w8_alone() -> None:
    percentile = {"q": 0.9, "years_back": 5, "half_width": 2, "window": 7, "minimum": 3}
    together = agreeing(percentile).signals[DYSENTERY.id]
    plan, alone = Plan([together]), Plan([DYSENTERY])
    lead, days = plan.lead(0), 330
    rng = np.random.default_rng(4)
    counts = np.zeros((12, lead + days), np.int64)
    counts[:, lead:] = rng.poisson(rng.gamma(0.4, 3, (12, days)))
    level = np.repeat(np.arange(4), 3).astype(np.int8)
    signal = np.zeros(12, np.int32)
    both = judge(plan, counts, START - lead, START, signal, level, no_history)
    w8 = judge(alone, counts[:, lead - alone.lead(0) :], START - alone.lead(0), START, signal, level, no_history)
    assert w8.voice.sum() > 20
    assert both.voice.tolist() == w8.voice.tolist()
