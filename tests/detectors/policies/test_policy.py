"""A policy against its members judged one by one, and what the conformance suite asks of every method."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import detectors
from detectors import Counts, ParameterError, Policy, PolicyVerdicts, Reason, build_policy
from tests.detectors.cases import DATES, JUDGED, STEPS, example, same

SHORT = {"method": "percentile", "parameters": {"years_back": 1, "half_width": 1}}
STATED: dict[str, dict[str, Any]] = {
    "any": {"members": [{"method": "w8"}, {"method": "single_case", "parameters": {"quiet_days": 28}}]},
    "all": {"agree": "all", "members": [{"method": "w8", "minimum": 5}, SHORT]},
    "two of three": {
        "agree": 2,
        "minimum": 4,
        "members": [
            {"method": "c1"},
            {"method": "c2", "minimum": 6},
            {"method": "w8"},
            {"method": "c3", "speaks": False},
        ],
    },
    "fallback": {
        "agree": "all",
        "minimum": 3,
        "fallback": "few",
        "members": [
            {"method": "w8"},
            SHORT,
            {"method": "k_in_window", "parameters": {"k": 4}, "speaks": False, "name": "few"},
        ],
    },
    "same method twice": {
        "members": [
            {"method": "k_in_window", "parameters": {"k": 3}, "name": "few days"},
            {"method": "k_in_window", "parameters": {"k": 9, "window": 28}, "name": "four weeks"},
        ]
    },
    "shown only": {"members": [{"method": "cusum", "speaks": False}]},
    "remembers all": {
        "agree": 2,
        "members": [{"method": "cusum", "parameters": {"restart": "none"}}, {"method": "c1"}],
    },
}
POLICIES = {name: build_policy(stated) for name, stated in STATED.items()}

pytestmark = pytest.mark.parametrize("name", POLICIES)


def judge(name: str, counts: Any, **more: Any) -> PolicyVerdicts:
    dates = more.pop("dates", DATES[: Counts.of(counts).shape[1]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return POLICIES[name].judge(counts, dates=dates, **more)


def alike(one: PolicyVerdicts, other: PolicyVerdicts, rows: Any = slice(None), columns: Any = slice(None)) -> None:
    """The cells of one are the other, bit for bit."""
    for part in ("alarm", "agreeing", "able", "reason", "week"):
        mine, theirs = getattr(one, part)[rows][:, columns], getattr(other, part)
        np.testing.assert_array_equal(mine, theirs, err_msg=part, strict=True)
    assert list(one.members) == list(other.members)
    for member, verdicts in one.members.items():
        block = (verdicts.expected, verdicts.upper, verdicts.score, verdicts.alarm, verdicts.reason, verdicts.p_value)
        parts = (part if part is None else part[rows][:, columns] for part in block)
        same(detectors.Verdicts(*parts), other.members[member])  # type: ignore[arg-type]


def example_with_gaps() -> NDArray[np.float64]:
    counts = example().astype(np.float64)
    counts[3] = np.nan
    counts[4, 393] = np.nan
    counts[5, ::3] = np.nan
    return counts


def test_each_cell_is_what_its_members_say_by_themselves(name: str) -> None:
    stated, counts = STATED[name], example_with_gaps()
    verdicts = judge(name, counts, first=100)
    known = np.nan_to_num(counts).astype(np.int64)
    spoken = {}
    for member in stated["members"]:
        alone = detectors.build(member["method"], member.get("parameters", {})).judge(counts, first=100, dates=DATES)
        spoken[member.get("name", member["method"])] = (member, alone)
        same(alone, verdicts.members[member.get("name", member["method"])])
    for row in range(len(counts)):
        for column in range(STEPS - 100):
            week = int(known[row, 94 + column : 101 + column].sum())
            assert verdicts.week[row, column] == week
            voices = [pair for pair in spoken.values() if pair[0].get("speaks", True)]
            able = [pair for pair in voices if pair[1].reason[row, column] == 0]
            heard = [m for m, said in able if said.alarm[row, column] and week >= m.get("minimum", 1)]
            agree = stated.get("agree", "any")
            needed = 1 if agree == "any" else len(voices) if agree == "all" else agree
            alarm = bool(able) and len(heard) >= min(needed, len(able))
            shown = verdicts.members[next(iter(spoken))]
            decided = bool(able) if voices else bool(shown.reason[row, column] == Reason.JUDGED)
            if len(able) < needed and "fallback" in stated:
                member, instead = spoken[stated["fallback"]]
                if instead.reason[row, column] == 0:
                    decided = True
                    alarm = bool(instead.alarm[row, column]) and week >= member.get("minimum", 1)
            assert verdicts.alarm[row, column] == (alarm and week >= stated.get("minimum", 1))
            assert (verdicts.agreeing[row, column], verdicts.able[row, column]) == (len(heard), len(able))
            assert (verdicts.reason[row, column] == Reason.JUDGED) == decided


def test_only_the_lookback_matters(name: str) -> None:
    counts = example_with_gaps()
    whole, lookback = judge(name, counts), POLICIES[name].lookback
    for day in (389, STEPS - 1):
        left = 0 if lookback is None else max(0, day - lookback)
        alone = judge(name, counts[:, left : day + 1], first=day - left, dates=DATES[left : day + 1])
        alike(whole, alone, columns=slice(day, day + 1))


def test_every_first_column_gives_the_same_verdicts(name: str) -> None:
    whole = judge(name, example())
    for first in (1, JUDGED, STEPS):
        alike(whole, judge(name, example(), first=first), columns=slice(first, None))


def test_a_series_does_not_see_its_neighbours(name: str) -> None:
    counts = np.vstack([example(), example(12, seed=3)])
    whole = judge(name, counts, first=JUDGED)
    order = np.random.default_rng(1).permutation(len(counts))
    alike(whole, judge(name, counts[order], first=JUDGED), rows=order)
    alike(whole, judge(name, counts[5], first=JUDGED), rows=slice(5, 6))


def test_forms_of_the_same_counts_agree_and_stay_as_they_were(name: str) -> None:
    counts = example()
    whole, before = judge(name, counts, first=STEPS - 3), counts.copy()
    for form in (Counts.of(counts), counts.astype(np.float32), np.asfortranarray(counts), counts.tolist()):
        alike(whole, judge(name, form, first=STEPS - 3))
    np.testing.assert_array_equal(counts, before)


def test_short_and_empty_series(name: str) -> None:
    for steps in (0, 1, 2, 9):
        verdicts = judge(name, example()[:3, :steps])
        assert verdicts.alarm.shape == verdicts.week.shape == verdicts.reason.shape == (3, steps)
    assert judge(name, np.zeros((0, 30), np.int64)).alarm.shape == (0, 30)


@pytest.mark.parametrize("value", [0, 1, 2_000_000_000])
def test_constant_and_huge_counts(name: str, value: int) -> None:
    verdicts = judge(name, np.full((2, STEPS), value), first=JUDGED)
    assert (verdicts.week == 7 * value).all()
    if value == 0:
        assert not verdicts.alarm.any()


def test_threads_share_a_policy(name: str) -> None:
    batches = [example(8, seed=seed) for seed in range(3)]

    def work(counts: NDArray[np.int64]) -> PolicyVerdicts:
        return POLICIES[name].judge(counts, first=STEPS - 3, dates=DATES)

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(work, batches))
    for counts, verdicts in zip(batches, together, strict=True):
        alike(verdicts, work(counts))


def test_plain_data_and_objects_build_the_same(name: str) -> None:
    stated = STATED[name]
    members = [
        detectors.Member(
            detectors.build(one["method"], one.get("parameters", {})),
            one.get("speaks", True),
            one.get("minimum", 1),
            one.get("name", ""),
        )
        for one in stated["members"]
    ]
    rest = {key: value for key, value in stated.items() if key != "members"}
    assert Policy(members, **rest) == POLICIES[name]


def test_what_cannot_be_meant_is_refused(name: str) -> None:
    stated = STATED[name]
    first = stated["members"][0]
    for change, message in [
        ({"members": []}, "members must name at least one"),
        ({"members": "w8"}, "members must be a list"),
        ({"members": ["w8"]}, "a member must be a mapping"),
        ({"members": [first, first]}, "stands twice"),
        ({"members": [{**first, "voice": True}]}, "a member has no 'voice'"),
        ({"members": [{"parameters": {}}]}, "method must be a method's name"),
        ({"members": [{**first, "method": "w9"}]}, "no method 'w9'"),
        ({"members": [{**first, "parameters": {"colour": 1}}]}, "has no parameter 'colour'"),
        ({"members": [{**first, "parameters": 1}]}, "parameters must be a mapping"),
        ({"members": [{**first, "speaks": 1}]}, "speaks must be true or false"),
        ({"members": [{**first, "minimum": 0}]}, "minimum must be a whole number"),
        ({"members": [{**first, "name": 1}]}, "name must be a text"),
        ({"agree": "both"}, "agree must be any, all or a whole number"),
        ({"agree": 9}, "agree must be at most"),
        ({"minimum": "few"}, "minimum must be a whole number"),
        ({"fallback": "w9"}, "fallback must be one of"),
        ({"window": 0}, "window must be a whole number"),
        ({"voices": 2}, "a policy has no 'voices'"),
    ]:
        with pytest.raises(ParameterError, match=message):
            build_policy({**stated, **change})
