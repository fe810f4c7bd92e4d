"""Following one journal partition: which entries extend the chain, and how far they reach."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.chain import Chain, ChainBroken, genesis, value_id
from streams.journal_batch import JournalBatch

_LOG = logging.getLogger(__name__)


class JournalChain:
    """Position of a reader in the journal of one source partition.

    Parameters
    ----------
    partition
        Number of the partition.
    chain
        Where to go on; None is the beginning.

    Attributes
    ----------
    topic : str or None
        Source topic, known from the first entry on.
    to_offset : int
        Source position up to which everything was applied.
    clock : int or None
        Highest clock of the applied entries, milliseconds UTC.
    ignored : int
        Entries that extended nothing: a dead writer's.
    """

    def __init__(self, partition: int, chain: Chain | None = None) -> None:
        self.partition = partition
        self.topic: str | None = None
        self.clock: int | None = None
        self.ignored = 0
        self._chain = chain

    @property
    def to_offset(self) -> int:
        return self._chain.next_offset if self._chain else 0

    def take(self, values: Sequence[bytes], batch: JournalBatch) -> NDArray[np.bool_]:
        """Return which of the next entries are to be applied, and move behind them.

        Parameters
        ----------
        values
            The messages' values, in the order of the log.
        batch
            The same, decoded.

        Raises
        ------
        ChainBroken
            An entry has the right parent and another start or partition: this reader's state is wrong, refold.
        """
        if not len(values):
            return np.zeros(0, np.bool_)
        if self._chain is None:
            self._chain = Chain(genesis(batch.topic_id[0], self.partition), 0)
        keep = self._take_all(values, batch)
        if keep is None:
            keep = np.array(
                [
                    self._chain.offer(value, parent, int(start), int(stop))
                    for value, parent, start, stop in zip(
                        values, batch.parent, batch.from_offset, batch.to_offset, strict=True
                    )
                ]
            )
        if (batch.partition[keep] != self.partition).any():
            raise ChainBroken(f"an entry of another partition in the journal of partition {self.partition}")
        if keep.any():
            self.topic = batch.topic[int(np.flatnonzero(keep)[-1])]
            newest = int(batch.clock[keep].max())
            self.clock = newest if self.clock is None else max(self.clock, newest)
        strangers = int((~keep).sum())
        if strangers:
            self.ignored += strangers
            _LOG.warning("%d entries of partition %d extend nothing: a dead writer's", strangers, self.partition)
        return keep

    def _take_all(self, values: Sequence[bytes], batch: JournalBatch) -> NDArray[np.bool_] | None:
        """Take all at once where they follow one another without a flaw, which is nearly always."""
        chain = self._chain
        assert chain is not None
        starts, stops = batch.from_offset, batch.to_offset
        flawless = (
            batch.parent[0] == chain.head
            and int(starts[0]) == chain.next_offset
            and bool((starts[1:] == stops[:-1]).all())
            and bool((stops >= starts).all())
        )
        if not flawless:
            return None
        ids = [value_id(value) for value in values]
        if batch.parent[1:] != ids[:-1]:
            return None
        chain.head = ids[-1]
        chain.next_offset = int(stops[-1])
        return np.ones(len(values), np.bool_)
