"""Alarm days to episodes: gaps, quiet days, the cap."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.episodes import Episode, episodes
from alerts.spans import gap_of, window_of

alarms = st.dictionaries(st.integers(0, 200), st.sampled_from([7, 14, 28])).map(lambda d: dict(sorted(d.items())))


def grouped(days: list[int], gap: int = 7, today: int | None = None) -> list[tuple[int, int, bool, int | None]]:
    found = episodes(days, [gap] * len(days), days[-1] if today is None else today)
    return [(e.first, e.last, e.ended, e.continues_first) for e in found]


def test_no_alarm_no_episode() -> None:
    assert episodes([], [], 10) == []


def test_a_gap_of_seven_days_merges_and_one_of_eight_does_not() -> None:
    assert grouped([0, 7]) == [(0, 7, False, None)]
    assert grouped([0, 8]) == [(0, 0, True, None), (8, 8, False, None)]


def test_the_larger_gap_of_two_neighbours_counts() -> None:
    assert len(episodes([0, 20], [28, 7], 20)) == 1
    assert len(episodes([0, 20], [7, 28], 20)) == 1
    assert len(episodes([0, 20, 40], [28, 7, 7], 40)) == 2


def test_fourteen_quiet_days_end_it_and_the_fifteenth_morning_says_so() -> None:
    assert grouped([0], today=14) == [(0, 0, False, None)]
    assert grouped([0], today=15) == [(0, 0, True, None)]


def test_a_single_case_joins_the_ended_episode_within_four_weeks() -> None:
    assert grouped([0], gap=28, today=20) == [(0, 0, True, None)]
    assert grouped([0, 28], gap=28) == [(0, 28, False, None)]
    assert grouped([0, 29], gap=28) == [(0, 0, True, None), (29, 29, False, None)]


def test_the_cap_renews_with_a_reference() -> None:
    found = episodes(list(range(120)), [7] * 120, 119)
    assert [(e.first, e.last, e.continues_first) for e in found] == [(0, 55, None), (56, 111, 0), (112, 119, 56)]
    assert [e.ended for e in found] == [True, True, False]


def test_impossible_arguments() -> None:
    with pytest.raises(ValueError, match="strictly"):
        episodes([3, 3], [7, 7], 9)
    with pytest.raises(ValueError, match="behind today"):
        episodes([3], [7], 2)
    with pytest.raises(ValueError, match="one gap"):
        episodes([3], [], 9)


def test_gaps_and_windows_of_methods() -> None:
    assert [gap_of(m, {}) for m in ("single_case", "w8", "c2", "cusum")] == [28, 7, 7, 7]
    assert gap_of("k_in_window", {"k": 3, "window": 14}) == 14
    assert window_of("w8", {"window": 28}) == 28
    assert [window_of(m, {}) for m in ("single_case", "c1", "c3", "w8")] == [1, 1, 3, 7]


@given(alarms, st.integers(0, 100))
def test_every_alarm_day_is_in_one_episode_and_none_is_too_long(days: dict[int, int], later: int) -> None:
    today = max(days, default=0) + later
    found = episodes(list(days), list(days.values()), today)
    assert [day for e in found for day in e.days] == list(days)
    assert all(e.last - e.first < 56 for e in found)
    assert sum(not e.ended for e in found) <= 1
    for before, after in itertools.pairwise(found):
        near = after.first - before.last <= max(days[before.last], days[after.first])
        assert near == (after.continues_first is not None)
        assert after.continues_first in (None, before.first)


@given(alarms, st.integers(0, 100), st.integers(1, 60))
def test_time_alone_only_ends_the_last(days: dict[int, int], later: int, more: int) -> None:
    today = max(days, default=0) + later

    def shapes(found: list[Episode]) -> list[tuple[int, ...]]:
        return [e.days for e in found]

    now = episodes(list(days), list(days.values()), today)
    then = episodes(list(days), list(days.values()), today + more)
    assert shapes(now) == shapes(then)
    assert all(b.ended for a, b in zip(now, then, strict=True) if a.ended)
