"""Judging in batches against judging one series with the detector alone; each method as the one that speaks."""

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.levels import LEVELS
from catalogue.loader import load
from catalogue.model import BESIDE, METHODS, Catalogue, Judging, MethodUse, Policy, Signal
from detectors import build
from streams.judge import NOT_IN_FORCE, batches, judge
from streams.plan import ORIGIN, Plan
from tests.streams.current_state import current_alerts, current_rows
from tests.streams.journal_writing import JournalWriter as Writer
from tests.streams.journal_writing import cases, day_number, noon
from tests.streams.test_evaluation import Detection

CATALOGUE = load()
SIGNALS = sorted(CATALOGUE.signals.values(), key=lambda signal: signal.number)
PLAN = Plan(SIGNALS)
START = day_number("2021-01-01")
EPOCH = dt.date(1970, 1, 1)


def levels_of(signal: Signal) -> list[str]:
    return sorted(set.intersection(*(set(judging.levels) for judging in signal.judgings)))


def no_history(rows: np.ndarray) -> np.ndarray:
    raise AssertionError("no method of the catalogue remembers all")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0.05, 4))
def test_a_batch_says_what_each_detector_says_alone(seed: int, days: int, mean: float) -> None:
    rng = np.random.default_rng(seed)
    signal = np.sort(rng.integers(0, len(SIGNALS), 12)).astype(np.int32)
    level = np.array([LEVELS.index(rng.choice(levels_of(SIGNALS[n]))) for n in signal], np.int8)
    lead = max(PLAN.lead(int(number)) for number in signal)
    counts = rng.poisson(mean, (12, lead + days)).astype(np.int64)
    # Denominators that are sometimes missing, and sometimes below the count.
    beside = rng.poisson(6 * mean, counts.shape).astype(np.int64) * (rng.random(counts.shape) < 0.9)
    judgement = judge(PLAN, counts, START - lead, START, signal, level, no_history, beside)
    for row in range(12):
        voice = np.zeros(days, np.bool_)
        for day in range(days):
            date = EPOCH + dt.timedelta(days=START + day)
            stated = SIGNALS[signal[row]].judging_on(date)
            policy = stated.levels[LEVELS[level[row]]]
            alarms, able = {}, {}
            for use in policy.uses:
                detector = build(use.method, use.parameters)
                back = detector.lookback
                assert back is not None
                columns = slice(lead + day - back, lead + day + 1)
                window, among = counts[row : row + 1, columns], None
                if use.method in BESIDE:
                    among = beside[row : row + 1, columns].astype(float)
                    if use.method == "beta_binomial":
                        known = among >= np.maximum(window, 1)
                        window, among = window * known, among * known
                dates = np.arange(START + day - back, START + day + 1).astype("datetime64[D]")
                alone = detector.judge(window, first=back, dates=dates, population=among)
                sheet = judgement.sheets[use.method]
                for name in ("expected", "upper", "score"):
                    ours, theirs = getattr(sheet, name)[row, day], getattr(alone, name)[0, 0]
                    assert ours == theirs or (np.isnan(ours) and np.isnan(theirs))
                week = counts[row, lead + day - 6 : lead + day + 1].sum()
                heard = bool(alone.alarm[0, 0]) and week >= use.minimum
                assert sheet.alarm[row, day] == heard
                assert sheet.reason[row, day] == alone.reason[0, 0]
                alarms[use.method], able[use.method] = heard, alone.reason[0, 0] == 0
            voice[day] = any(alarms[name] for name in policy.voices)
            if policy.fallback is not None and not any(able[name] for name in policy.voices):
                voice[day] = alarms[policy.fallback]
        assert judgement.voice[row].tolist() == voice.tolist()


def test_days_are_judged_by_the_version_in_force() -> None:
    covid = next(number for number, signal in enumerate(SIGNALS) if signal.id == "covid19.cases")
    plan = PLAN
    first = day_number("2023-01-05")
    lead = plan.lead(covid)
    counts = np.ones((1, lead + 6), np.int64)
    judgement = judge(
        plan, counts, first - lead, first, np.array([covid], np.int32), np.array([1], np.int8), no_history
    )
    # Until 2023-01-07 every single case speaks in a prefecture, from the 8th on none does.
    assert judgement.voice[0].tolist() == [True, True, True, False, False, False]


def test_batches_hold_every_series_once_and_are_not_too_large() -> None:
    rng = np.random.default_rng(3)
    first = START + rng.integers(0, 900, 500)
    last = first + rng.integers(0, 900, 500)
    leads = rng.choice([65, 253], 500)
    found = batches(first, last, leads, 20_000)
    assert sorted(np.concatenate(found).tolist()) == list(range(500))
    for members in found:
        width = last[members].max() - first[members].min() + 1 + leads[members].max()
        assert len(members) == 1 or len(members) * width <= 20_000


def speaking(method: str, **parameters: object) -> Catalogue:
    """The catalogue of cases in which just this method speaks, at every level."""

    def changed(use: MethodUse) -> MethodUse:
        merged = {**use.parameters, **parameters} if use.method == method else use.parameters
        return dataclasses.replace(use, speaks=use.method == method, parameters=merged, minimum=1)

    def rewritten(judging: Judging) -> Judging:
        levels = {level: Policy(tuple(map(changed, policy.uses))) for level, policy in judging.levels.items()}
        return dataclasses.replace(judging, levels=levels)

    def of(signal: Signal) -> Signal:
        return dataclasses.replace(signal, judgings=tuple(rewritten(judging) for judging in signal.judgings))

    signals = {name: of(signal) for name, signal in CATALOGUE.signals.items() if name.endswith(".cases")}
    return dataclasses.replace(CATALOGUE, signals=signals)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_as_the_voice_opens_an_alert(method: str) -> None:
    detection = Detection(speaking(method))
    writer = Writer(0)
    outbreak = START + 100
    quiet = [START + day for day in range(0, 100, 3)]
    burst = [outbreak + day for day in range(4) for _ in range(6)]
    writer.entry(cases("n", quiet + burst), noon(outbreak + 5))
    detection.tally.apply(0, writer.values)
    detection.evaluate()
    alerts = [event for event in detection.events if event.area == "420106" and event.current]
    assert any(event.last_day >= outbreak and event.state == "OPEN" for event in alerts)
    for event in alerts:
        assert {evidence.method for evidence in event.evidence if evidence.speaks} == {method}
        speaking_days = next(evidence.alarm_days for evidence in event.evidence if evidence.speaks)
        assert event.days == speaking_days


def test_a_method_without_bounded_memory_starts_at_the_origin() -> None:
    catalogue = speaking("cusum", restart="none", reset=True)
    whole, pieces = Detection(catalogue), Detection(catalogue)
    writer = Writer(0)
    for step in range(8):
        days = [START + step * 20 + day for day in range(0, 20, 4 - step // 3)]
        value = writer.entry(cases(f"m{step}-", days), noon(START + step * 20 + 19))
        pieces.tally.apply(0, [value])
        pieces.evaluate()
    whole.tally.apply(0, writer.values)
    whole.evaluate()
    assert current_alerts(whole.events)
    assert current_alerts(whole.events) == current_alerts(pieces.events)
    assert current_rows(whole.frames).equals(current_rows(pieces.frames))
    judged = current_rows(whole.frames)["cusum_reason"].to_list()
    assert "not_in_force" not in judged
    assert set(judged) == {""}


def test_days_before_the_origin_have_no_word_of_a_method_without_bounded_memory() -> None:
    plan = Plan([dataclasses.replace(s) for s in speaking("cusum", restart="none").signals.values()][:1])
    lead = plan.lead(0)
    counts = np.ones((1, lead + 4), np.int64)
    judgement = judge(
        plan, counts, ORIGIN - 2 - lead, ORIGIN - 2, np.zeros(1, np.int32), np.zeros(1, np.int8),
        lambda rows: np.ones((len(rows), 2), np.int64),
    )  # fmt: skip
    assert judgement.sheets["cusum"].reason[0, :2].tolist() == [NOT_IN_FORCE] * 2
