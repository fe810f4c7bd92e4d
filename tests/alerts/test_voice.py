"""What is told and what is only shown."""

from collections.abc import Sequence
from typing import Any

import pytest

from alerts.state import AlertState, Computed, Moment
from alerts.transitions import transitions
from alerts.voice import tier_of


def tell(told: list[AlertState], computed: Sequence[Computed], today: int) -> list[AlertState]:
    moment = Moment(today * 86_400_000, today, "v", (), "")
    return transitions(told, computed, moment, lambda first, last: [0] * (last - first + 1))


@pytest.mark.parametrize(
    ("count", "tier"),
    [(0, 0), (2, 0), (3, 3), (9, 3), (10, 10), (29, 10), (30, 30), (100, 100), (299, 100), (1000, 1000), (9999, 1000)],
)
def test_tiers(count: int, tier: int) -> None:
    assert tier_of(count) == tier


def test_crossing_a_tier_speaks_and_growing_below_it_does_not(episode: Any) -> None:
    opened = tell([], [episode(100, cases=4, peak=4)], 100)
    (event,) = tell(opened, [episode(100, 101, cases=9, peak=9)], 101)
    assert (event.kind, event.speaks) == ("JOINED", False)
    (event,) = tell([event], [episode(100, 101, cases=12, peak=12)], 101)
    assert event.speaks_because == "tier 10"
    (event,) = tell([event], [episode(100, 101, cases=350, peak=350)], 101)
    assert event.speaks_because == "tier 300"


def test_a_lowered_alert_is_shown_lower_and_says_nothing(episode: Any) -> None:
    opened = tell([], [episode(100, cases=40, peak=40)], 100)
    (event,) = tell(opened, [episode(100, cases=12, peak=12)], 100)
    assert (event.kind, event.cases, event.speaks) == ("REVISED", 12, False)


@pytest.mark.parametrize(
    ("method", "late", "speaks"),
    [
        ("w8", 7, True), ("w8", 8, False), ("c2", 8, False), ("single_case", 300, True), ("k_in_window", 300, True),
        ("beta_binomial", 8, False), ("first_ever", 300, True), ("k_places", 300, True),
    ],
)  # fmt: skip
def test_backfill_does_not_shout_and_a_rule_by_number_does(episode: Any, method: str, late: int, speaks: bool) -> None:
    (event,) = tell([], [episode(100, method=method, ended=True)], 100 + late)
    assert (event.kind, event.state, event.speaks) == ("OPENED", "ENDED", speaks)


@pytest.mark.parametrize(("age", "speaks"), [(7, True), (8, False)])
def test_a_rule_by_number_is_late_by_the_age_of_its_revision(episode: Any, age: int, speaks: bool) -> None:
    (event,) = tell([], [episode(100, method="single_case", revised_day=400 - age)], 400)
    assert event.speaks is speaks


def test_a_late_tier_of_an_old_statistical_alert_is_not_told(episode: Any) -> None:
    opened = tell([], [episode(100)], 100)
    (event,) = tell(opened, [episode(100, cases=30, peak=30)], 110)
    assert (event.kind, event.speaks) == ("JOINED", False)


def test_a_late_tier_of_an_old_cluster_is_told(episode: Any) -> None:
    opened = tell([], [episode(100, method="k_in_window")], 100)
    (event,) = tell(opened, [episode(100, cases=12, peak=12, method="k_in_window")], 400)
    assert event.speaks_because == "tier 10"


def test_days_that_were_told_are_not_told_again_after_a_split(episode: Any) -> None:
    opened = tell([], [episode(100, 104, 110, cases=8, peak=5)], 110)
    events = tell(opened, [episode(100, ended=True, cases=3), episode(110, cases=5, peak=5)], 110)
    assert [(e.kind, e.speaks) for e in events] == [("ENDED", False), ("OPENED", False)]


def test_an_evidence_that_moves_is_a_revision_and_time_alone_is_none(episode: Any) -> None:
    opened = tell([], [episode(100)], 100)
    assert tell(opened, [episode(100)], 105) == []
    (event,) = tell(opened, [episode(100, method="c1")], 105)
    assert event.kind == "REVISED"


def test_an_alert_that_gets_its_old_name_back_does_not_repeat_itself(episode: Any) -> None:
    told = tell([], [episode(100)], 100)
    opened, merged = tell(told, [episode(98, 100)], 100)
    (joined,) = tell([opened, merged], [episode(98, 100, 105)], 105)
    back, gone = tell([joined, merged], [episode(100, 105)], 105)
    assert [(e.kind, e.speaks) for e in (back, gone)] == [("REOPENED", False), ("MERGED", False)]
    assert (back.alert_id, gone.merged_into) == (told[0].alert_id, told[0].alert_id)
    assert back.merged_into is None


def test_of_equal_heirs_the_earliest(episode: Any) -> None:
    told = tell([], [episode(100, 110)], 110)
    first, _, merged = tell(told, [episode(98, 100, ended=True), episode(110, 112)], 112)
    assert (merged.kind, merged.merged_into) == ("MERGED", first.alert_id)
    _, larger, merged = tell(told, [episode(98, 100, ended=True), episode(104, 110, 112)], 112)
    assert larger.first_day == 104
    assert merged.merged_into == first.alert_id
    (told_wide,) = tell([], [episode(100, 106, 110)], 110)
    _, larger, merged = tell([told_wide], [episode(98, 100, ended=True), episode(104, 106, 110)], 110)
    assert merged.merged_into == larger.alert_id


def test_a_renewal_that_becomes_an_episode_of_its_own_is_a_revision(episode: Any) -> None:
    told = tell([], [episode(100, continues=44)], 100)
    assert told[0].continues is not None
    (event,) = tell(told, [episode(100)], 100)
    assert (event.kind, event.continues) == ("REVISED", None)
