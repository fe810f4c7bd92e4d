"""The chain rule: what extends the chain is applied, what does not is ignored by all alike."""

import pytest

from schemas.chain import Chain, ChainBroken, LinkChain, genesis, value_id


def test_only_the_child_of_the_head_is_applied() -> None:
    start = genesis("id", 0)
    chain = Chain(start, 0)
    assert chain.offer(b"first", start, 0, 10)
    assert (chain.head, chain.next_offset) == (value_id(b"first"), 10)
    assert not chain.offer(b"late", start, 0, 7)
    assert (chain.head, chain.next_offset) == (value_id(b"first"), 10)
    assert chain.offer(b"second", value_id(b"first"), 10, 10)
    assert chain.next_offset == 10


@pytest.mark.parametrize(("start", "end"), [(9, 20), (11, 20), (10, 9)])
def test_the_right_parent_with_a_wrong_range_means_refold(start: int, end: int) -> None:
    chain = Chain(genesis("id", 0), 10)
    with pytest.raises(ChainBroken):
        chain.offer(b"entry", genesis("id", 0), start, end)
    assert (chain.head, chain.next_offset) == (genesis("id", 0), 10)


def test_chains_begin_apart() -> None:
    assert len({genesis("a", 0), genesis("a", 1), genesis("b", 0), genesis("b", 1)}) == 4
    assert len(genesis("a", 0)) == 16


def test_links_without_ranges() -> None:
    chain = LinkChain(genesis("id", 2))
    assert chain.offer(b"one", genesis("id", 2))
    assert not chain.offer(b"two", genesis("id", 2))
    assert chain.offer(b"two", value_id(b"one"))
