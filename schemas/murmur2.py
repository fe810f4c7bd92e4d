"""Which partition a key belongs to: murmur2, as Kafka's Java clients compute it.

librdkafka's own default differs; publishers must set ``partitioner=murmur2_random``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.packed import Packed

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def _hash(key: bytes) -> int:
    length = len(key)
    h = (_SEED ^ length) & _MASK
    whole = length & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _M & _MASK
        k = (k ^ k >> 24) * _M & _MASK
        h = h * _M & _MASK ^ k
    if whole < length:
        h = (h ^ int.from_bytes(key[whole:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of one key; for whole batches `partitions_of` is faster.

    Parameters
    ----------
    key
        The message key, not empty (the Java client spreads empty-less, keyless messages at random).
    partitions
        Number of partitions of the topic.
    """
    return (_hash(key) & 0x7FFFFFFF) % partitions


def partitions_of(keys: Sequence[bytes] | Packed, partitions: int) -> NDArray[np.int32]:
    """Return the partition of every key, equal to `partition_of` of each.

    Parameters
    ----------
    keys
        Message keys.
    partitions
        Number of partitions of the topic.
    """
    packed = keys if isinstance(keys, Packed) else Packed.of(keys)
    starts, lengths = packed.starts, packed.lengths
    m = np.uint32(_M)
    h = np.uint32(_SEED) ^ lengths.astype(np.uint32)
    whole = lengths >> 2
    for step in range(int(whole.max(initial=0))):
        # Most keys have one length: then no row needs to be picked out.
        rows = slice(None) if int(whole.min()) > step else np.flatnonzero(whole > step)
        k = packed.words32[starts[rows] + 4 * step] * m
        k = (k ^ (k >> np.uint32(24))) * m
        h[rows] = h[rows] * m ^ k
    rest = (lengths & 3).astype(np.uint32)
    rows = np.flatnonzero(rest)
    tail = packed.words32[starts[rows] + 4 * whole[rows]]
    tail &= (np.uint32(1) << (np.uint32(8) * rest[rows])) - np.uint32(1)
    h[rows] = (h[rows] ^ tail) * m
    h = (h ^ (h >> np.uint32(13))) * m
    h ^= h >> np.uint32(15)
    return ((h & np.uint32(0x7FFFFFFF)) % np.uint32(partitions)).astype(np.int32)
