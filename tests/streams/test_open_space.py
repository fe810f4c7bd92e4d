"""Series that are no areas: found by code, grown as they come, and how many places a type was found in."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.counted import Counted
from streams.counting import NEVER, Counting
from streams.cube import Cube
from streams.fold import Deltas
from streams.open_space import OpenSpace
from streams.placing import Spaces, UnknownArea
from streams.series import china
from streams.spread import places


def placed(place: str, source: str, **columns: list[str | None]) -> list[list[str | None]]:
    spaces = Spaces(china())
    frame = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in columns.items()})
    found = spaces.placed(place, source, frame)
    space = next(space for space in spaces.of.values() if isinstance(space, OpenSpace) and space.code)
    return [[None if node < 0 else space.code[node] for node in nodes] for nodes in found]


def test_a_port_counts_for_itself_and_for_all_and_no_port_nowhere() -> None:
    assert placed("port", "observations", port=["CNPVG", None, "TWTPE", "CNPVG"]) == [
        ["CNPVG", None, "TWTPE", "CNPVG"],
        ["000000", None, "000000", "000000"],
    ]


def test_an_unknown_origin_has_a_code_of_its_own() -> None:
    assert placed("origin", "case-reports", origin_country=["US", None]) == [["US", "ZZ"], ["000000", "000000"]]


def test_a_conveyance_belongs_to_its_port() -> None:
    assert placed("conveyance", "entry-declarations", port=["CNPVG", "CNPVG"], conveyance=["MU588", None]) == [
        ["CNPVG/MU588", None]
    ]


def test_a_type_is_the_cluster_type_else_the_subtype_and_lies_in_its_county() -> None:
    found = placed(
        "type", "lab-results",
        area=["440305", "440300", "4403", "440305"],
        cluster_type=["ST1", None, None, None],
        subtype=["O1", "O1", "O1", None],
    )  # fmt: skip
    assert found == [["440305/ST1", "440300u/O1", "440300u/O1", None], ["000000/ST1", "000000/O1", "000000/O1", None]]


def test_an_area_that_the_table_lacks_is_our_fault() -> None:
    with pytest.raises(UnknownArea):
        placed("type", "lab-results", area=["990101"], cluster_type=["ST1"], subtype=[None])


def test_numbers_stay_while_room_is_made() -> None:
    space = OpenSpace()
    first = space.numbers([f"P{i}" for i in range(60)], "port").tolist()
    again = space.numbers([f"P{i}" for i in range(200)], "port").tolist()
    assert again[:60] == first
    assert len(set(again)) == 200
    assert space.size >= 200
    assert {space.level_name(number) for number in again} == {"port"}


def test_counts_stay_while_room_is_made() -> None:
    space = OpenSpace()
    part = Counting([], space)
    part.counts, part.changes.counts = Cube(1, space.nodes), Cube(1, space.nodes)
    part.changes.first_day = np.full((1, space.size), NEVER, np.int32)
    part.signals = [None]  # type: ignore[list-item]
    for step in range(3):
        nodes = space.numbers([f"P{step}-{i}" for i in range(50)], "port")
        zeros = np.zeros(50, np.int32)
        days = np.full(50, 100 + step, np.int32)
        deltas = Deltas("ports", False, zeros, nodes, days, zeros + 1, zeros.astype(bool), zeros.astype(np.int64))
        part.add(deltas, np.ones(50, np.bool_))
    everywhere = np.arange(space.size, dtype=np.int32)
    totals = part.counts.totals(0, everywhere, everywhere + np.int32(1), 100, 102)
    assert totals.sum(axis=0).tolist() == [50, 50, 50]
    assert sorted(part.changes.first_day[0].tolist())[:150] == [100] * 50 + [101] * 50 + [102] * 50


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y"]), st.integers(0, 80)), max_size=25),
    st.integers(1, 40),
)
def test_places_are_those_with_a_finding_in_the_window(findings: list[tuple[str, str, int]], window: int) -> None:
    space, counts = OpenSpace(), Cube(1, 64)
    whole = {kind: int(space.numbers([f"000000/{kind}"], "nation")[0]) for kind in "xy"}
    own = {(place, kind): int(space.numbers([f"{place}/{kind}"], "county")[0]) for place in "abc" for kind in "xy"}
    for place, kind, day in findings:
        for number in (own[place, kind], whole[kind]):
            node, when = np.array([number], np.int32), np.array([1000 + day], np.int32)
            counts.add(np.zeros(1, np.int32), node, when, np.ones(1, np.int32))
    asked = [*whole.items(), *own.items()]
    series = np.array([number for _, number in asked], np.int32)
    found = places(space, counts, None, 0, series, 1000, 1080, window)
    for row, (name, _) in enumerate(asked):
        for day in range(81):
            inside = {p for p, k, d in findings if k == name[-1] and day - window < d <= day}
            if isinstance(name, tuple):
                inside &= {name[0]}
            assert found[row, day] == len(inside)


def test_what_is_counted_has_one_text() -> None:
    plain = Counted("lab-results", "result = 'POSITIVE'", "report", "specimen")
    assert plain.text != Counted("lab-results", "result = 'POSITIVE'", "report", "specimen", repeat_days=30).text
    assert plain.text != Counted("lab-results", "result = 'POSITIVE'", "report", "type").text
