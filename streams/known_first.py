"""What outputs already tell of comes first: the order in which a count that is no plain sum takes its rows.

At start the journals are read one partition after the other, so that entries which nothing was said of yet come before
others that outputs know. A sum does not mind. But which of a patient's results count depends on what stands already:
taken in that order, what the known entries changed would not be what was said of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.marker import Marker


class Rows(NamedTuple):
    """Rows of a run of entries of one partition.

    Attributes
    ----------
    after, before
        Records that now stand, and that no longer do.
    after_entry, before_entry
        The entry of each row, a column of `fresh`.
    fresh : (markers, entries) bool
        Whether an entry lies behind a marker.
    """

    after: pl.DataFrame
    before: pl.DataFrame
    after_entry: NDArray[np.int64]
    before_entry: NDArray[np.int64]
    fresh: NDArray[np.bool_]

    def of(self, entries: NDArray[np.bool_]) -> "Rows":
        """Return the rows of some entries."""
        after, before = entries[self.after_entry], entries[self.before_entry]
        return Rows(
            self.after.filter(pl.Series(after)),
            self.before.filter(pl.Series(before)),
            self.after_entry[after],
            self.before_entry[before],
            self.fresh,
        )


class KnownFirst:
    """Holds rows back until all that the markers contain was handed on, smaller markers first.

    Parameters
    ----------
    markers
        How far outputs know the journals, each once; of two the one contains the other.
    """

    def __init__(self, markers: Sequence[Marker]) -> None:
        self._markers = sorted(markers, key=lambda marker: sum(marker.values()))
        self._turn = 0
        self._waiting: list[list[Rows]] = [[] for _ in range(len(markers) + 1)]

    def ready(self, rows: Rows, topic: str, reached: Mapping[int, int]) -> Iterator[Rows]:
        """Take rows and return those, of now or before, whose turn it is.

        Parameters
        ----------
        rows
            With one row of `fresh` for each marker.
        topic
            Source topic of their journal.
        reached
            By partition the source offset up to which its rows were given, these included.
        """
        last = len(self._markers)
        if self._turn == last:
            yield rows
            return
        turns = rows.fresh.sum(axis=0)
        for turn in np.unique(turns).tolist():
            self._waiting[turn].append(rows.of(turns == turn))
        while True:
            yield from self._waiting[self._turn]
            self._waiting[self._turn].clear()
            if self._turn == last or not _contains(reached, self._markers[self._turn], topic):
                return
            self._turn += 1


def _contains(reached: Mapping[int, int], marker: Marker, topic: str) -> bool:
    own = ((partition, to) for (name, partition), to in marker.items() if name == topic)
    return all(reached.get(partition, 0) >= to for partition, to in own)
