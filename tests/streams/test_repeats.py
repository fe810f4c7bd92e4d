"""One patient's repeats counted once: whatever the batches and the order, as a plain loop over what stands counts."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import repeats
from streams.repeat_rule import UnknownResult, counted
from streams.repeats import Repeats, Settled
from tests.streams.repeated_results import Entry, Result, added_up, batch, counting, frame, journal, revisions

KEPT = [name for name in frame([]).columns if name not in ("patient", "specimen_id")]


def settle(kept: Repeats, entries: Sequence[Entry], cuts: Sequence[int]) -> list[Settled]:
    """Apply entries cut to batches."""
    bounds = sorted({0, len(entries), *(cut for cut in cuts if cut < len(entries))})
    return [kept.settled(*batch(entries[a:b], a)) for a, b in itertools.pairwise(bounds)]


def standing(entries: Sequence[Entry]) -> list[Result]:
    """Return what stands after some entries."""
    newest = {(one.issuer, one.result_id): one for entry in entries for one in entry.after}
    return list(newest.values())


def expected(entries: Sequence[Entry], days: int = 30) -> Counter[tuple[object, ...]]:
    return Counter(frame(counting(standing(entries), days)).select(KEPT).rows())


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 25), st.lists(st.integers(1, 40), max_size=6),
    st.sampled_from([1, 7, 30]),
)  # fmt: skip
def test_any_batches_and_any_order_count_as_the_loop(
    world: int, order: int, results: int, cuts: list[int], days: int
) -> None:
    entries = journal(order, revisions(world, results))
    kept = Repeats(days)
    said = settle(kept, entries, cuts)
    assert added_up(said) == expected(entries, days)
    for number in range(len(entries)):
        assert added_up(said, number) == expected(entries[: number + 1], days)
    assert len(kept) == len(counting(standing(entries), 0))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_keys_may_share_their_number(world: int, order: int) -> None:
    """As if the hash knew four keys only: who shares a number with whom is told apart by the other hash."""
    entries = journal(order, revisions(world, 20))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(repeats, "_narrowed", lambda numbers: numbers % np.uint64(4) + np.uint64(1))
        said = settle(Repeats(), entries, [3, 9, 14])
    assert added_up(said) == expected(entries)


def test_a_long_history_of_many() -> None:
    """Growing, shrinking and growing again, in batches of hundreds."""
    told = revisions(5, 3_000, patients=900)
    entries = journal(6, told, most=30)
    said = settle(Repeats(), entries, list(range(0, len(entries), 20)))
    assert added_up(said) == expected(entries)


def test_a_retracted_first_one_makes_the_next_count() -> None:
    first = revisions(1, 1)[0][0]
    first = replace(
        first, patient="k1:9", result="POSITIVE", status="FINAL", reported_at=dt.datetime(2024, 3, 1, 3, tzinfo=dt.UTC)
    )
    second = replace(first, result_id="T", reported_at=dt.datetime(2024, 3, 20, 3, tzinfo=dt.UTC))
    third = replace(first, result_id="U", reported_at=dt.datetime(2024, 3, 31, 3, tzinfo=dt.UTC))
    gone = replace(first, revision=2, action="RETRACT")
    kept = Repeats(columns=["result_id"])
    all_three = kept.settled(*batch([Entry((third,), ()), Entry((first, second), ())], 0))
    assert added_up([all_three]) == {("U",): 1, (first.result_id,): 1}
    after = kept.settled(*batch([Entry((gone,), (first,))], 2))
    assert (after.after["result_id"].to_list(), after.after_entry.tolist()) == (["T"], [2])
    assert sorted(after.before["result_id"].to_list()) == sorted([first.result_id, "U"])


def test_what_did_not_stand_cannot_go() -> None:
    one = replace(revisions(1, 1)[0][0], result="POSITIVE", status="FINAL")
    other = replace(one, result_id="T")
    for entries in ([Entry((), (one,))], [Entry((one,), ()), Entry((), (other,))], [Entry((one,), ())] * 2):
        with pytest.raises(UnknownResult):
            Repeats().settled(*batch(entries, 0))
    with pytest.raises(ValueError, match="at least 1"):
        Repeats(0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-40, 40)), max_size=40), st.integers(1, 20))
def test_the_rule_over_many_groups(results: list[tuple[int, int]], days: int) -> None:
    results.sort()
    last: dict[int, int] = {}
    expected = []
    for group, day in results:
        first = group not in last or day - last[group] >= days
        expected.append(first)
        if first:
            last[group] = day
    both = np.array(results, np.int64).reshape(-1, 2)
    assert counted(both[:, 0], both[:, 1], days).tolist() == expected
