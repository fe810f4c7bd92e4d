"""The fold of the journals that detection keeps in memory: counts, and what changed since it last spoke."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from catalogue.counted import Counted
from catalogue.model import Signal
from catalogue.places import PLACES
from schemas.marker import Marker
from schemas.sources import sources as by_name
from schemas.topics import SOURCES
from streams.civil_day import civil_day
from streams.counting import Counting
from streams.fold import Deltas, Fold, Item
from streams.journal_batch import JournalBatch
from streams.journal_chain import JournalChain
from streams.known_first import Rows
from streams.placing import Nodes, Spaces
from streams.series import SeriesSpace
from streams.settling import Settling

ALL = Marker()
"""A marker that covers nothing: every entry is news."""


class Tally:
    """Folds journal entries to counts by signal, series and day.

    However entries are cut to batches and in whatever order the partitions come, the same entries give the same counts:
    a plain sum over them, but for the results of one patient, of which those count that a rule chooses from all.

    Parameters
    ----------
    signals
        What is counted, in the order of their numbers here.
    tree
        Areas and their series.
    partitions
        How many each journal has.
    sources
        Types of records that are folded, each with a journal of its own.
    known
        For each signal the marker up to which outputs already say what follows from the journal: entries within it
        change counts, but are no news. `ALL` makes everything news.
    nodes
        From area codes to nodes; the project's own table if not given.

    Attributes
    ----------
    parts
        The counts by space, `numbers` the signals of each by their numbers here.
    """

    def __init__(
        self,
        signals: Sequence[Signal],
        tree: SeriesSpace,
        partitions: int,
        known: Sequence[Marker] | None = None,
        nodes: Nodes | None = None,
        sources: Sequence[str] = SOURCES,
    ) -> None:
        self.signals = signals
        self.chains = {
            (name, partition): JournalChain(partition) for name in sources for partition in range(partitions)
        }
        self.reports = 0
        self._spaces = Spaces(tree, nodes)
        of_space: dict[str, list[int]] = {}
        for number, signal in enumerate(signals):
            of_space.setdefault(PLACES[signal.area].space, []).append(number)
        self.numbers = {space: np.array(numbers, np.int64) for space, numbers in of_space.items()}
        self.parts = {
            space: Counting([signals[number] for number in numbers], self._spaces.of[space])
            for space, numbers in of_space.items()
        }
        markers = list(known) if known is not None else [ALL] * len(signals)
        self._known = list(dict.fromkeys(markers))
        items = [item for part in self.parts.values() for item in _items(part.signals)]
        self._folds = {name: self._folds_of(name, items) for name in sources}
        self._known_of = {
            space: np.array([self._known.index(markers[number]) for number in numbers], np.int64)
            for space, numbers in of_space.items()
        }

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

    @property
    def nbytes(self) -> int:
        """Bytes that the counts hold."""
        return sum(part.counts.nbytes + part.beside.nbytes for part in self.parts.values())

    def apply(self, partition: int, values: Sequence[bytes], source: str = "case-reports") -> int:
        """Apply the next entries of one partition of a source's journal; return how many extended the chain.

        Raises
        ------
        schemas.chain.ChainBroken
            This state is wrong and has to be folded anew.
        schemas.wire.WireError, schemas.columns.BlockError, streams.placing.UnknownArea
            The journal holds what this program cannot read.
        """
        if not len(values):
            return 0
        batch = JournalBatch(values)
        keep = self.chains[source, partition].take(values, batch)
        record = by_name()[source]
        after, after_entry = batch.rows("after", keep, record)
        before, before_entry = batch.rows("before", keep, record)
        self.reports += after.height
        fresh = np.stack([_beyond(marker, batch) for marker in self._known])
        rows = Rows(after, before, after_entry, before_entry, fresh)
        for fold, settling in self._folds[source]:
            for some in settling.counting(rows, batch.topic[0], self._reached(source)) if settling else (rows,):
                for deltas in fold.deltas(*some[:4]):
                    self.parts[deltas.space].add(deltas, self._news(deltas, some.fresh))
        return int(keep.sum())

    def _reached(self, source: str) -> dict[int, int]:
        """Return by partition up to which offset a source is contained."""
        return {
            chain.partition: chain.to_offset
            for (name, _), chain in self.chains.items()
            if name == source and chain.topic is not None
        }

    def _folds_of(self, source: str, items: Sequence[Item]) -> list[tuple[Fold, Settling | None]]:
        """Return the folds of one source: one for each way in which repeats of a patient are taken."""
        own = [item for item in items if item.counted.source == source]
        found = []
        for days in dict.fromkeys(item.counted.repeat_days for item in own):
            alike = [item for item in own if item.counted.repeat_days == days]
            fold = Fold(alike, self._spaces, by_name()[source])
            found.append((fold, Settling(days, fold.needed, self._known) if days else None))
        return found

    def _news(self, deltas: Deltas, fresh: NDArray[np.bool_]) -> NDArray[np.bool_]:
        news: NDArray[np.bool_] = fresh[self._known_of[deltas.space][deltas.signal], deltas.entry]
        return news


def _items(signals: Sequence[Signal]) -> list[Item]:
    items = [Item(number, False, signal.counted) for number, signal in enumerate(signals)]
    for number, signal in enumerate(signals):
        if isinstance(signal.denominator, Counted):
            items.append(Item(number, True, signal.denominator))
    return items


def _beyond(marker: Mapping[tuple[str, int], int], batch: JournalBatch) -> NDArray[np.bool_]:
    """Return the entries that lie behind a marker."""
    reached = {topic: marker.get((topic, int(batch.partition[0])), 0) for topic in set(batch.topic)}
    return batch.from_offset >= np.array([reached[topic] for topic in batch.topic])
