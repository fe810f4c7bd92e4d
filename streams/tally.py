"""The fold of the journal that detection keeps in memory: counts, and what changed since it last spoke."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalogue.model import Signal
from schemas.marker import Marker
from schemas.sources import sources as by_name
from schemas.topics import SOURCES
from streams.civil_day import civil_day
from streams.cube import Cube
from streams.fold import Deltas, Fold, Nodes
from streams.journal_batch import JournalBatch
from streams.journal_chain import JournalChain
from streams.series import SeriesSpace

NEVER = np.iinfo(np.int32).max
"""Earliest changed day of a series in which nothing changed."""

ALL = Marker()
"""A marker that covers nothing: every entry is news."""


@dataclass(slots=True)
class Changes:
    """What was applied since the last evaluation that was sent.

    Attributes
    ----------
    counts
        The change of every cell: present counts minus these are the counts of then.
    first_day : (signals, series) int32
        Earliest changed day of each series, `NEVER` where nothing changed.
    """

    counts: Cube
    first_day: NDArray[np.int32]


class Tally:
    """Folds journal entries to counts by signal, area and day.

    A plain sum over entries: however they are cut to batches and in whatever order the partitions come, the same
    entries give the same counts.

    Parameters
    ----------
    signals
        What is counted, in the order of their numbers here.
    space
        Areas and series.
    partitions
        How many each journal has.
    sources
        Types of records that are folded, each with a journal of its own.
    known
        For each signal the marker up to which outputs already say what follows from the journal: entries within it
        change counts, but are no news. `ALL` makes everything news.
    nodes
        From area codes to nodes; the project's own table if not given.
    """

    def __init__(
        self,
        signals: Sequence[Signal],
        space: SeriesSpace,
        partitions: int,
        known: Sequence[Marker] | None = None,
        nodes: Nodes | None = None,
        sources: Sequence[str] = SOURCES,
    ) -> None:
        self.signals = signals
        self.space = space
        self.counts = Cube(len(signals), space.nodes)
        self.expanded = Cube(len(signals), space.nodes)
        self.chains = {
            (name, partition): JournalChain(partition) for name in sources for partition in range(partitions)
        }
        self.reports = 0
        self._folds = {name: Fold(signals, nodes, by_name()[name]) for name in sources}
        markers = list(known) if known is not None else [ALL] * len(signals)
        self._known = list(dict.fromkeys(markers))
        self._known_of = np.array([self._known.index(marker) for marker in markers], np.int64)
        self.changes = self._no_changes()

    @property
    def marker(self) -> Marker:
        """Return how far the sources are contained."""
        chains = (chain for chain in self.chains.values() if chain.topic is not None)
        return Marker({(str(chain.topic), chain.partition): chain.to_offset for chain in chains})

    @property
    def clock(self) -> int | None:
        """Return the highest clock of the applied entries, None before the first."""
        return max((chain.clock for chain in self.chains.values() if chain.clock is not None), default=None)

    @property
    def today(self) -> int | None:
        """Return the civil day of the clock, days since 1970-01-01."""
        return None if self.clock is None else civil_day(self.clock)

    def apply(self, partition: int, values: Sequence[bytes], source: str = "case-reports") -> int:
        """Apply the next entries of one partition of a source's journal; return how many extended the chain.

        Raises
        ------
        schemas.chain.ChainBroken
            This state is wrong and has to be folded anew.
        schemas.wire.WireError, schemas.columns.BlockError, streams.fold.UnknownArea
            The journal holds what this program cannot read.
        """
        if not len(values):
            return 0
        batch = JournalBatch(values)
        keep = self.chains[source, partition].take(values, batch)
        fold = self._folds[source]
        after, after_entry = batch.rows("after", keep, fold.source)
        before, before_entry = batch.rows("before", keep, fold.source)
        self.reports += after.height
        deltas = fold.deltas(after, before, after_entry, before_entry)
        if len(deltas):
            self._add(deltas, batch)
        return int(keep.sum())

    def take_changes(self) -> Changes:
        """Return what changed, and begin to note anew."""
        taken, self.changes = self.changes, self._no_changes()
        return taken

    def _add(self, deltas: Deltas, batch: JournalBatch) -> None:
        self.counts.add(deltas.signal, deltas.node, deltas.day, deltas.weight)
        if deltas.expanded.any():
            some = deltas.where(deltas.expanded)
            self.expanded.add(some.signal, some.node, some.day, some.weight)
        fresh = np.stack([_beyond(marker, batch) for marker in self._known])
        news = deltas.where(fresh[self._known_of[deltas.signal], deltas.entry])
        if not len(news):
            return
        self.changes.counts.add(news.signal, news.node, news.day, news.weight)
        size = self.space.size
        cells = (news.signal.astype(np.int64) * size)[:, np.newaxis] + self.space.touched[news.node]
        days = np.broadcast_to(news.day[:, np.newaxis], cells.shape)
        np.minimum.at(self.changes.first_day.reshape(-1), cells.reshape(-1), days.reshape(-1))

    def _no_changes(self) -> Changes:
        shape = (len(self.signals), self.space.size)
        return Changes(Cube(len(self.signals), self.space.nodes), np.full(shape, NEVER, np.int32))


def _beyond(marker: Mapping[tuple[str, int], int], batch: JournalBatch) -> NDArray[np.bool_]:
    """Return the entries that lie behind a marker."""
    reached = {topic: marker.get((topic, int(batch.partition[0])), 0) for topic in set(batch.topic)}
    return batch.from_offset >= np.array([reached[topic] for topic in batch.topic])
