"""The cube against plain dictionaries."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cube import Cube
from streams.series import SeriesSpace, china

# nation 0, province 1 with prefecture 2 (counties 3, 4), prefecture 5 (county 6); province 7 without children.
SPACE = SeriesSpace(
    ["000000", "110000", "110100", "110101", "110102", "110200", "110201", "120000"],
    np.array([0, 1, 2, 3, 3, 2, 3, 1]),
    np.array([-1, 0, 1, 2, 2, 1, 5, 0]),
    np.array([8, 7, 5, 4, 5, 7, 7, 8]),
)

cells = st.tuples(st.integers(0, 2), st.integers(0, 7), st.integers(-70, 200), st.integers(-3, 5))


def filled(rows: list[tuple[int, int, int, int]], cut: int) -> Cube:
    cube = Cube(3, SPACE.nodes)
    for part in (rows[:cut], rows[cut:]):
        cube.add(*(np.array([row[i] for row in part], np.int32) for i in range(4)))
    return cube


@given(st.lists(cells, max_size=60), st.integers(0, 60), st.integers(-80, 190), st.integers(0, 150))
def test_totals_are_sums_over_subtrees(rows: list[tuple[int, int, int, int]], cut: int, first: int, days: int) -> None:
    cube = filled(rows, cut)
    last = first + days
    expected: Counter[tuple[int, int, int]] = Counter()
    for signal, node, day, weight in rows:
        for series in set(SPACE.touched[node].tolist()):
            expected[signal, series, day] += weight
    for signal in range(3):
        totals = cube.totals(signal, SPACE.first_node, SPACE.last_node, first, last)
        few = cube.totals(signal, SPACE.first_node[[0, 3]], SPACE.last_node[[0, 3]], first, last)
        assert totals.shape == (SPACE.size, days + 1)
        assert np.array_equal(totals[[0, 3]], few)
        for series in range(SPACE.size):
            for day in range(first, last + 1):
                assert totals[series, day - first] == expected[signal, series, day]


@given(st.lists(cells, max_size=40), st.integers(-80, 190), st.integers(0, 150))
def test_active_nodes_and_last_days(rows: list[tuple[int, int, int, int]], first: int, days: int) -> None:
    cube = filled(rows, 0)
    last = first + days
    own: Counter[tuple[int, int]] = Counter()
    for signal, node, day, weight in rows:
        if signal == 1 and first <= day <= last:
            own[node, day] += weight
    counted = {cell for cell, count in own.items() if count}
    assert set(cube.active(1, first, last).tolist()) == {node for node, _ in counted}
    latest = cube.last_days(1, SPACE.first_node, SPACE.last_node, first, last)
    for series in range(SPACE.size):
        inside = range(SPACE.first_node[series], SPACE.last_node[series])
        assert latest[series] == max((day for node, day in counted if node in inside), default=first - 1)


def test_series_of_a_report() -> None:
    codes = {SPACE.code[series] for series in SPACE.touched[3]}
    assert codes == {"110101", "110100", "110000", "000000"}
    assert {SPACE.code[series] for series in SPACE.touched[5]} == {"110200", "110000", "000000", "110200u"}
    assert {SPACE.code[series] for series in SPACE.touched[0]} == {"000000", "000000u"}
    assert [SPACE.level_name(SPACE.number[code]) for code in ("110101", "110100", "110000", "000000", "110100u")] == [
        "county",
        "prefecture",
        "province",
        "nation",
        "county",
    ]


def test_every_node_of_the_shipped_table_reaches_the_nation() -> None:
    space = china()
    assert (space.touched == 0).any(axis=1).all()
    assert space.last_node[0] == space.nodes
    assert len(set(space.code)) == space.size


@pytest.mark.parametrize("count", [23, 24, 25, 200])
def test_many_and_few_broad_series_agree(count: int) -> None:
    space = china()
    rng = np.random.default_rng(count)
    cube = Cube(1, space.nodes)
    n = 5000
    cube.add(
        np.zeros(n, np.int32),
        rng.integers(0, space.nodes, n).astype(np.int32),
        rng.integers(100, 240, n).astype(np.int32),
        np.ones(n, np.int32),
    )
    broad = np.flatnonzero(space.last_node - space.first_node > 1)[:count]
    totals = cube.totals(0, space.first_node[broad], space.last_node[broad], 90, 250)
    for row, series in zip(totals, broad, strict=True):
        one = cube.totals(0, space.first_node[[series]], space.last_node[[series]], 90, 250)
        assert np.array_equal(row, one[0])
