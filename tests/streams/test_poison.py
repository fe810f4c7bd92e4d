"""Poison in every source: each kind ends with its reason and harms no neighbour, and what is at a limit passes."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.murmur2 import partition_of
from schemas.sources import sources
from schemas.topics import PARTITIONS
from streams.intake.messages import NO_CLOCK, Messages
from streams.intake.screen import Screened, screen
from tests.chain.other_reports import MADE, Message, bad_messages, limits, message

NOW = datetime(2024, 3, 1, 1, 0, tzinfo=UTC)
CLOCK = int(NOW.timestamp() * 1000)
pytestmark = pytest.mark.parametrize("source", MADE)


def screened(source: str, sent: Sequence[Message]) -> Screened:
    """What intake thinks of messages that came in one batch."""
    size = len(sent)
    keys, values = [key for key, _ in sent], [value for _, value in sent]
    partitions = np.array([partition_of(key or b"", PARTITIONS) for key in keys], np.int32)
    arrival = np.full(size, CLOCK, np.int64)
    batch = Messages(
        partitions, np.arange(size, dtype=np.int64), arrival, keys, values, np.full(size, NO_CLOCK, np.int64), {}
    )
    return screen(batch, arrival, PARTITIONS, sources()[source])


def good(source: str, count: int) -> list[Message]:
    return [message(source, MADE[source](f"good-{number}", NOW)) for number in range(count)]


def test_each_kind_between_good_neighbours(source: str) -> None:
    bad = bad_messages(source, "bad", NOW)
    sent = [each for pair in zip([m for m, _ in bad], good(source, len(bad)), strict=True) for each in pair]
    found = screened(source, sent)
    assert {at: reason for at, (reason, _) in found.faults.items()} == {
        2 * number: reason for number, (_, reason) in enumerate(bad)
    }
    assert not any(value in str(found.faults) for value in ("11010119900307721X", "13812345678", "dragon", "mood"))
    assert found.rows[found.valid].tolist() == list(range(1, len(sent), 2))


def test_what_is_at_a_limit_is_sound(source: str) -> None:
    sent = limits(source, "limit", NOW)
    found = screened(source, sent)
    assert not found.faults
    assert found.valid.all()
    assert found.frame.height == len(sent)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_the_bytes_neighbours_are_read(source: str, data: st.DataObject) -> None:
    """Torn, turned over, stuffed: a body is refused or read, and those beside it are read as if it were not there."""
    key, value = message(source, MADE[source]("torn", NOW))
    assert value is not None
    body = bytearray(value)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        cut = data.draw(st.integers(0, 4))
        body[at : at + cut] = data.draw(st.binary(max_size=6))
    beside = good(source, 2)
    found = screened(source, [beside[0], (key, bytes(body)), beside[1]])
    alone = screened(source, beside)
    assert {0, 2} <= set(found.rows[found.valid].tolist())
    kept = found.frame.filter(np.isin(found.rows, [0, 2]))
    assert kept.equals(alone.frame)
    assert (1 in found.faults) != (1 in found.rows[found.valid].tolist())
