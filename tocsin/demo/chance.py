"""What no data set holds and the demo makes up: drawn from a seed, and marked in issuer and sender.

A record whose issuer begins with `ASSIGNED` is real, but some of its fields (port, flight, laboratory, place, base
date) were given to it here; one whose issuer begins with `GENERATED` is made up whole. tocsin/demo/SOURCES.md says
which fields. Issuer and sender stand in every table, so the mark goes wherever the record goes.
"""

from __future__ import annotations

import hashlib
from random import Random

SEED = 20200115
ASSIGNED = "DEMO-ASSIGNED"
GENERATED = "DEMO-GENERATED"

_KEY_ID = "demo"
"""No publisher's key has this id, so that nobody takes these for pseudonyms of identity numbers."""


def dice(*key: object) -> Random:
    """Return a generator of its own for each key, so that no draw depends on what was drawn before it."""
    return Random(f"{SEED} " + " ".join(map(str, key)))


def rounded(expected: float, draw: Random) -> int:
    """Return a whole number whose mean is the expected one."""
    return int(expected) + (draw.random() < expected % 1)


def pseudonym(*key: object) -> str:
    """Return what stands where a pseudonym would, for a person that the key names."""
    return f"{_KEY_ID}:{hashlib.sha256(' '.join(map(str, key)).encode()).hexdigest()[:32]}"
