"""Counts of the signals that share their series, and what changed in them since detection last spoke."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalogue.model import Signal
from streams.cube import Cube
from streams.fold import Deltas
from streams.placing import Space

NEVER = np.iinfo(np.int32).max
"""Earliest changed day of a series in which nothing changed."""


@dataclass(slots=True)
class Changes:
    """What was applied since the last evaluation that was sent.

    Attributes
    ----------
    counts, beside
        The change of every cell: present counts (or denominators) minus these are those of then.
    first_day : (signals, series) int32
        Earliest changed day of each series, `NEVER` where nothing changed.
    """

    counts: Cube
    beside: Cube
    first_day: NDArray[np.int32]


class Counting:
    """Counts by signal, node and day of one space: a plain sum over changes.

    Parameters
    ----------
    signals
        Those whose series are of this space, in the order of their numbers here.
    space
        Their series.

    Attributes
    ----------
    counts, beside, expanded
        Cases, denominators, and of the cases those that were expanded from published counts.
    changes
        Since `take_changes`.
    """

    def __init__(self, signals: Sequence[Signal], space: Space) -> None:
        self.signals = signals
        self.space = space
        self.counts, self.beside, self.expanded = (Cube(len(signals), space.nodes) for _ in range(3))
        self.changes = self._no_changes()

    def add(self, deltas: Deltas, news: NDArray[np.bool_]) -> None:
        """Add changes; those that `news` marks are noted as changed since detection last spoke."""
        self.fit()
        (self.beside if deltas.beside else self.counts).add(deltas.signal, deltas.node, deltas.day, deltas.weight)
        if deltas.expanded.any() and not deltas.beside:
            some = deltas.where(deltas.expanded)
            self.expanded.add(some.signal, some.node, some.day, some.weight)
        fresh = deltas if news.all() else deltas.where(news)
        if not len(fresh):
            return
        changed = self.changes.beside if deltas.beside else self.changes.counts
        changed.add(fresh.signal, fresh.node, fresh.day, fresh.weight)
        size = self.space.size
        cells = (fresh.signal.astype(np.int64) * size)[:, np.newaxis] + self.space.touched[fresh.node]
        days = np.broadcast_to(fresh.day[:, np.newaxis], cells.shape)
        np.minimum.at(self.changes.first_day.reshape(-1), cells.reshape(-1), days.reshape(-1))

    def take_changes(self) -> Changes:
        """Return what changed, and begin to note anew."""
        taken, self.changes = self.changes, self._no_changes()
        return taken

    def fit(self) -> None:
        """Make room for the series that the space has gained."""
        for cube in (self.counts, self.beside, self.expanded, self.changes.counts, self.changes.beside):
            cube.grow(self.space.nodes)
        known = self.changes.first_day
        if known.shape[1] < self.space.size:
            self.changes.first_day = np.full((len(self.signals), self.space.size), NEVER, np.int32)
            self.changes.first_day[:, : known.shape[1]] = known

    def _no_changes(self) -> Changes:
        counts, beside = (Cube(len(self.signals), self.space.nodes) for _ in range(2))
        return Changes(counts, beside, np.full((len(self.signals), self.space.size), NEVER, np.int32))
