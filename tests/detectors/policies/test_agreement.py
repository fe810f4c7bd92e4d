"""Agreement against counting voices one cell at a time."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import ParameterError
from detectors.policies.agreement import Agreement, Word

WORDS = [(True, True), (False, True), (False, False)]
"""Alarms, does not alarm, cannot judge."""


def by_hand(
    agree: str | int, minimum: int, voices: list[tuple[bool, bool]], instead: tuple[bool, bool] | None, week: int
) -> bool:
    """The rule as the docstring states it, for one cell."""
    able = [heard for heard, can in voices if can]
    needed = 1 if agree == "any" else len(voices) if agree == "all" else int(agree)
    if len(able) < needed and instead is not None and instead[1]:
        spoken = instead[0]
    elif not able:
        spoken = False
    else:
        spoken = sum(able) >= min(needed, len(able))
    return spoken and week >= minimum


@pytest.mark.parametrize("agree", ["any", "all", 1, 2, 3])
@pytest.mark.parametrize("fallback", [None, "c", "aside"])
@pytest.mark.parametrize("minimum", [1, 4])
def test_every_combination_of_three_voices(agree: str | int, fallback: str | None, minimum: int) -> None:
    cells = list(itertools.product(WORDS, WORDS, WORDS, WORDS, (3, 4)))
    names = ["a", "b", "c", "aside"]
    words = {
        name: Word(np.array([cell[i][0] for cell in cells]), np.array([cell[i][1] for cell in cells]))
        for i, name in enumerate(names)
    }
    week = np.array([cell[4] for cell in cells])
    decision = Agreement(agree, minimum, fallback).decide(words, names[:3], week)
    for at, cell in enumerate(cells):
        voices = list(cell[:3])
        instead = None if fallback is None else cell[names.index(fallback)]
        assert decision.alarm[at] == by_hand(agree, minimum, voices, instead, cell[4])
        assert decision.agreeing[at] == sum(heard for heard, _ in voices)
        assert decision.able[at] == sum(can for _, can in voices)
        if not decision.decided[at]:
            assert not decision.alarm[at]
            assert not any(can for _, can in voices)


@given(st.integers(1, 5), st.data())
def test_asking_for_more_agreement_never_gives_more_alarms(voices: int, data: st.DataObject) -> None:
    said = data.draw(st.lists(st.sampled_from(WORDS), min_size=voices, max_size=voices))
    names = [str(i) for i in range(voices)]
    words = {name: Word(np.array([heard]), np.array([can])) for name, (heard, can) in zip(names, said, strict=True)}
    alarms = [bool(Agreement(k).decide(words, names, np.array([1])).alarm[0]) for k in range(1, voices + 1)]
    assert alarms == sorted(alarms, reverse=True)
    assert alarms[0] == bool(Agreement("any").decide(words, names, np.array([1])).alarm[0])
    assert alarms[-1] == bool(Agreement("all").decide(words, names, np.array([1])).alarm[0])


def test_without_a_voice_there_is_no_alarm() -> None:
    decision = Agreement().decide({"a": Word(np.array([True]), np.array([True]))}, [], np.array([9]))
    assert not decision.alarm.any()
    assert not decision.decided.any()


@pytest.mark.parametrize("agree", ["both", 0, -1, 1.5, True, None])
def test_what_is_no_agreement_is_refused(agree: object) -> None:
    with pytest.raises(ParameterError, match="agree must be"):
        Agreement(agree)  # type: ignore[arg-type]


def test_an_agreement_that_cannot_be_reached_is_refused() -> None:
    Agreement(2).check(["a", "b"], ["a", "b", "c"])
    Agreement().check([], ["a"])
    for agreement, voices, message in [
        (Agreement(3), ["a", "b"], "at most the 2 methods that speak"),
        (Agreement("all"), [], "no method speaks"),
        (Agreement(fallback="z"), ["a"], "fallback must be one of a, b, c"),
        (Agreement(fallback="a"), [], "fallback must be left out"),
    ]:
        with pytest.raises(ParameterError, match=message):
            agreement.check(voices, ["a", "b", "c"])
