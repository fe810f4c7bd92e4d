"""How far the sources were judged: the vector of source positions by which any two stages are compared."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any


class Marker(Mapping[tuple[str, int], int]):
    """Sorted mapping of (topic, partition) to the source offset up to which everything is contained.

    Parameters
    ----------
    positions
        End offsets, exclusive. Immutable from here on.
    """

    __slots__ = ("_positions",)

    def __init__(self, positions: Mapping[tuple[str, int], int] | Iterable[tuple[tuple[str, int], int]] = ()) -> None:
        given: dict[tuple[str, int], int] = dict(positions)
        self._positions = dict(sorted(given.items()))

    def __getitem__(self, chain: tuple[str, int]) -> int:
        return self._positions[chain]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marker) and self._positions == other._positions

    def __hash__(self) -> int:
        return hash(tuple(self._positions.items()))

    def __repr__(self) -> str:
        return f"Marker({str(self)!r})"

    def __str__(self) -> str:
        """Return the canonical text, as ``case-reports/0=12,case-reports/1=40``."""
        return ",".join(f"{topic}/{partition}={to}" for (topic, partition), to in self._positions.items())

    def marker_id(self) -> str:
        """Return the short name of this marker: blake2b of the canonical text, 16 hexadecimal digits."""
        return blake2b(str(self).encode(), digest_size=8).hexdigest()

    def covers(self, other: "Marker") -> bool:
        """Return whether every position of `other` is reached here; one that is missing here counts as 0."""
        return all(self._positions.get(chain, 0) >= to for chain, to in other.items())

    def advanced(self, topic: str, partition: int, to_offset: int) -> "Marker":
        """Return a marker with one position set."""
        return Marker({**self._positions, (topic, partition): to_offset})

    def to_avro(self) -> list[dict[str, Any]]:
        """Return the array of positions that internal events carry."""
        return [{"topic": topic, "partition": part, "to_offset": to} for (topic, part), to in self._positions.items()]

    @classmethod
    def from_avro(cls, positions: Iterable[Mapping[str, Any]]) -> "Marker":
        """Return the marker of an internal event's array of positions."""
        return cls({(p["topic"], p["partition"]): p["to_offset"] for p in positions})

    @classmethod
    def parse(cls, text: str) -> "Marker":
        """Return the marker that a canonical text names.

        Raises
        ------
        ValueError
            The text is no list of ``topic/partition=offset``.
        """
        positions = {}
        for part in text.split(",") if text else ():
            chain, _, to = part.rpartition("=")
            topic, _, partition = chain.rpartition("/")
            if not topic:
                raise ValueError("a marker reads topic/partition=offset,...")
            positions[topic, int(partition)] = int(to)
        return cls(positions)
