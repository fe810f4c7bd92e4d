"""Entries to changes of counts, against a loop over records; many entries decoded together, against one by one."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.loader import load
from schemas import registry
from schemas.areas import areas
from schemas.chain import ChainBroken
from schemas.columns import decode_block
from schemas.entry import decode_entry
from schemas.wire import WireError
from streams.civil_day import civil_day, civil_days
from streams.fold import Deltas, Fold, Item
from streams.journal_batch import JournalBatch
from streams.journal_chain import JournalChain
from streams.placing import Spaces, UnknownArea
from streams.series import china
from tests.streams.journal_writing import Case, Change, JournalWriter, cases, day_number, noon

DAY = day_number("2021-05-01")
SIGNALS = [s for s in sorted(load().signals.values(), key=lambda signal: signal.number) if s.id.endswith(".cases")]


def fold() -> Fold:
    return Fold([Item(number, False, signal.counted) for number, signal in enumerate(SIGNALS)], Spaces(china()))


def frame(rows: list[Case]) -> pl.DataFrame:
    return decode_block(registry.CASE_REPORT, b"".join(case.body() for case in rows), len(rows))


sample = st.builds(
    Case,
    report_id=st.just("r"),
    day=st.integers(DAY, DAY + 3),
    area=st.sampled_from(("420106", "420100", "110101")),
    disease=st.sampled_from(("measles", "anthrax_pulmonary", "anthrax", "plague", "influenza_h7n9")),
    classification=st.sampled_from(("CONFIRMED", "CLINICAL", "SUSPECTED", "CARRIER", "POSITIVE_TEST")),
    action=st.sampled_from(("REPORT", "REVISE", "RETRACT")),
    expanded=st.booleans(),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(sample, max_size=12), st.lists(sample, max_size=12))
def test_deltas_are_what_a_loop_finds(after: list[Case], before: list[Case]) -> None:
    found = fold().deltas(frame(after), frame(before), np.arange(len(after)), np.arange(len(before)) + 100)
    assert all((deltas.space, deltas.beside) == ("areas", False) for deltas in found)
    expected = []
    for rows, weight, base in ((after, 1, 0), (before, -1, 100)):
        for at, case in enumerate(rows):
            if case.action == "RETRACT":
                continue
            for number, signal in enumerate(SIGNALS):
                wanted = "'SUSPECTED'" in signal.restriction
                counted = case.classification in ("CONFIRMED", "CLINICAL") or (
                    wanted and case.classification in ("SUSPECTED", "CARRIER")
                )
                if case.disease in signal.diseases and counted:
                    node = areas().index(case.area)
                    expected.append((number, node, case.day, weight, case.expanded, base + at))
    assert sorted(row for deltas in found for row in as_rows(deltas)) == sorted(expected)


def as_rows(deltas: Deltas) -> list[tuple[object, ...]]:
    columns = (deltas.signal, deltas.node, deltas.day, deltas.weight, deltas.expanded, deltas.entry)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_a_subtype_counts_for_itself_and_for_its_disease() -> None:
    (deltas,) = fold().deltas(
        frame([Case("r", DAY, disease="anthrax_pulmonary")]), frame([]), np.zeros(1, np.int64), np.empty(0, np.int64)
    )
    assert {SIGNALS[number].disease for number in deltas.signal} == {"anthrax_pulmonary", "anthrax"}


def test_an_unknown_area_in_the_journal_is_our_fault() -> None:
    with pytest.raises(UnknownArea):
        fold().deltas(frame([Case("r", DAY, area="990101")]), frame([]), np.zeros(1, np.int64), np.empty(0, np.int64))


def test_many_entries_decode_as_each_alone() -> None:
    writer = JournalWriter(1)
    first = cases("a", [DAY, DAY + 1])
    writer.entry(first, noon(DAY))
    writer.entry([], noon(DAY + 1))
    replaced: list[Change] = [(Case("a0", DAY, revision=2, action="RETRACT"), first[0][0]), (Case("b", DAY), None)]
    writer.entry(replaced, noon(DAY + 1))
    batch = JournalBatch(writer.values)
    entries = [decode_entry(value) for value in writer.values]
    assert batch.from_offset.tolist() == [entry.from_offset for entry in entries]
    assert batch.to_offset.tolist() == [entry.to_offset for entry in entries]
    assert batch.clock.tolist() == [entry.clock for entry in entries]
    assert batch.parent == [entry.parent for entry in entries]
    after, after_of = batch.rows("after", np.ones(3, np.bool_))
    before, before_of = batch.rows("before", np.ones(3, np.bool_))
    assert (after["report_id"].to_list(), after_of.tolist()) == (["a0", "a1", "a0", "b"], [0, 0, 2, 2])
    assert (before["report_id"].to_list(), before_of.tolist()) == (["a0"], [2])
    none, none_of = batch.rows("after", np.array([False, True, False]))
    assert (none.height, len(none_of)) == (0, 0)


@pytest.mark.parametrize("value", [b"", b"\0\0\0\0\1abc", b"\0\0\0\0\x65"])
def test_what_is_no_entry_stops_the_fold(value: bytes) -> None:
    with pytest.raises(WireError):
        JournalBatch([value])


def test_the_chain_takes_what_extends_it_and_nothing_else() -> None:
    ours, rival = JournalWriter(0), JournalWriter(0)
    ours.entry(cases("a", [DAY]), noon(DAY))
    rival.entry(cases("a", [DAY]), noon(DAY))
    rival.entry(cases("x", [DAY] * 3), noon(DAY))
    ours.entry(cases("b", [DAY] * 2), noon(DAY))
    log = [ours.values[0], rival.values[1], ours.values[1], rival.values[0]]
    chain = JournalChain(0)
    assert chain.take(log, JournalBatch(log)).tolist() == [True, True, False, False]
    assert (chain.to_offset, chain.ignored) == (4, 2)


def test_the_right_parent_with_a_wrong_start_breaks_the_chain() -> None:
    writer = JournalWriter(0)
    writer.entry(cases("a", [DAY]), noon(DAY))
    writer.next_offset += 1
    writer.entry(cases("b", [DAY]), noon(DAY))
    with pytest.raises(ChainBroken):
        JournalChain(0).take(writer.values, JournalBatch(writer.values))


def test_an_entry_of_another_partition_breaks_the_chain() -> None:
    chain = JournalChain(0)
    writer = JournalWriter(0)
    writer.partition = 1
    writer.entry(cases("a", [DAY]), noon(DAY))
    with pytest.raises(ChainBroken):
        chain.take(writer.values, JournalBatch(writer.values))


@given(st.integers(-631_152_000_000, 4_102_444_800_000))
def test_civil_days_are_shanghais(milliseconds: int) -> None:
    local = dt.datetime.fromtimestamp(milliseconds / 1000, ZoneInfo("Asia/Shanghai"))
    expected = (local.date() - dt.date(1970, 1, 1)).days
    column = pl.Series([milliseconds]).cast(pl.Datetime("ms", "UTC"))
    assert civil_day(milliseconds) == expected
    assert civil_days(column).tolist() == [expected]
