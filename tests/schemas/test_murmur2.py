"""murmur2 as Java's clients compute it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.murmur2 import partition_of, partitions_of

# Known values of the Java client's hash, from its own tests, as signed 32-bit integers.
JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "signed"), JAVA.items())
def test_known_hashes(key: bytes, signed: int) -> None:
    modulus = 1 << 20
    assert partition_of(key, modulus) == (signed & 0x7FFFFFFF) % modulus


@given(st.lists(st.binary(max_size=40)), st.integers(1, 50))
def test_whole_batches_equal_single_keys(keys: list[bytes], partitions: int) -> None:
    assert partitions_of(keys, partitions).tolist() == [partition_of(key, partitions) for key in keys]
