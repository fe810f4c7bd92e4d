"""Markers: one text and one id for one state, whatever the order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.marker import Marker

POSITIONS = st.dictionaries(
    st.tuples(st.text("abc-./=,"[:6], min_size=1, max_size=8), st.integers(0, 9)), st.integers(0, 10**12), max_size=6
)


@given(POSITIONS, st.randoms())
def test_text_and_avro_give_the_same_marker_in_any_order(positions: dict[tuple[str, int], int], chance: object) -> None:
    items = list(positions.items())
    chance.shuffle(items)  # type: ignore[attr-defined]
    marker, shuffled = Marker(positions), Marker(items)
    assert marker == shuffled
    assert marker.marker_id() == shuffled.marker_id()
    assert Marker.parse(str(marker)) == marker
    assert Marker.from_avro(reversed(marker.to_avro())) == marker
    assert list(marker) == sorted(marker)


def test_the_text_is_the_contract() -> None:
    marker = Marker({("case-reports", 1): 40, ("case-reports", 0): 12})
    assert str(marker) == "case-reports/0=12,case-reports/1=40"
    assert len(marker.marker_id()) == 16
    assert marker.marker_id() != marker.advanced("case-reports", 0, 13).marker_id()


def test_covering() -> None:
    low, high = Marker({("t", 0): 5}), Marker({("t", 0): 6, ("t", 1): 1})
    assert high.covers(low)
    assert not low.covers(high)
    assert low.covers(Marker())
    assert Marker().covers(Marker({("t", 0): 0}))


@pytest.mark.parametrize("text", ["nonsense", "t=5", "t/x=5", "t/0=", "/0=5", "t/0=5,"])
def test_what_is_no_marker_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Marker.parse(text)
