"""Counts by signal, area and day, in memory: dense blocks of days, made where something was counted."""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int32]
Indices = NDArray[np.int32]

BLOCK_DAYS = 64
_BLOCK_BITS = 6
_FEW = 24


class Cube:
    """The reports' own counts at the area that they name; totals of larger areas are summed when asked for.

    Adding is a plain sum, so the order of additions leaves no trace: that is what makes the state a pure function of
    the journal. One block of 64 days takes 256 bytes a node, 0.9 MB for the nation.

    Parameters
    ----------
    signals, nodes
        How many of each; both are addressed by number.
    """

    def __init__(self, signals: int, nodes: int) -> None:
        self.signals = signals
        self.nodes = nodes
        self._blocks: list[dict[int, Counts]] = [{} for _ in range(signals)]

    @property
    def nbytes(self) -> int:
        """Bytes that the blocks hold."""
        return sum(block.nbytes for blocks in self._blocks for block in blocks.values())

    def grow(self, nodes: int) -> None:
        """Make room for more nodes; those there are keep their numbers."""
        more = nodes - self.nodes
        if more <= 0:
            return
        self.nodes = nodes
        for blocks in self._blocks:
            for number, block in blocks.items():
                blocks[number] = np.concatenate([block, np.zeros((more, BLOCK_DAYS), np.int32)])

    def add(self, signal: Indices, node: Indices, day: Indices, weight: Indices) -> None:
        """Add `weight` cases to each cell; the four arrays run along and may name a cell more than once.

        Parameters
        ----------
        signal, node
            Numbers of signal and area node.
        day
            Days since 1970-01-01.
        weight
            Cases to add, negative to take away.
        """
        if not len(signal):
            return
        number = day >> _BLOCK_BITS
        key = (signal.astype(np.int64) << 32) + number
        order = np.argsort(key, kind="stable")
        key = key[order]
        cell = ((node.astype(np.int64) << _BLOCK_BITS) + (day & (BLOCK_DAYS - 1)))[order]
        weight = weight[order]
        starts = np.flatnonzero(np.diff(key, prepend=key[0] - 1))
        for start, stop in zip(starts, [*starts[1:], len(key)], strict=True):
            at = order[start]
            block = self._blocks[signal[at]].get(int(number[at]))
            if block is None:
                block = np.zeros((self.nodes, BLOCK_DAYS), np.int32)
                self._blocks[signal[at]][int(number[at])] = block
            np.add.at(block.reshape(-1), cell[start:stop], weight[start:stop])

    def totals(self, signal: int, first_node: Indices, last_node: Indices, first: int, last: int) -> Counts:
        """Return the daily counts of some series, (series, last-first+1).

        Parameters
        ----------
        signal
            Number of the signal.
        first_node, last_node
            Each series sums the own counts of the nodes first_node … last_node-1.
        first, last
            Days, both included.
        """
        out = np.zeros((len(first_node), last - first + 1), np.int32)
        single = np.flatnonzero(last_node - first_node == 1)
        broad = np.flatnonzero(last_node - first_node != 1)
        for block, cut, columns in self._parts(signal, first, last):
            if len(single):
                out[single, columns] = block[first_node[single], cut]
            if len(broad) > _FEW:
                sums = np.zeros((self.nodes + 1, cut.stop - cut.start), np.int32)
                np.cumsum(block[:, cut], axis=0, out=sums[1:])
                out[broad, columns] = sums[last_node[broad]] - sums[first_node[broad]]
            else:
                for row in broad:
                    out[row, columns] = block[first_node[row] : last_node[row], cut].sum(axis=0)
        return out

    def active(self, signal: int, first: int, last: int) -> Indices:
        """Return the nodes with any own count from day `first` to day `last`, both included."""
        seen = np.zeros(self.nodes, np.bool_)
        for block, cut, _ in self._parts(signal, first, last):
            seen |= block[:, cut].any(axis=1)
        return np.flatnonzero(seen).astype(np.int32)

    def last_days(self, signal: int, first_node: Indices, last_node: Indices, first: int, last: int) -> Indices:
        """Return for some series the last day with a count from day `first` to `last`, `first` - 1 where there is none.

        Parameters are those of `totals`.
        """
        of_node = np.full(self.nodes + 1, first - 1, np.int32)
        for block, cut, columns in self._parts(signal, first, last):
            counted = block[:, cut] != 0
            some = np.flatnonzero(counted.any(axis=1))
            back = counted[some, ::-1].argmax(axis=1)
            of_node[some] = (first + columns.stop - 1 - back).astype(np.int32)
        bounds = np.stack([first_node, last_node], axis=1).reshape(-1)
        latest: Indices = np.maximum.reduceat(of_node, bounds)[::2]
        return latest

    def _parts(self, signal: int, first: int, last: int) -> list[tuple[Counts, slice, slice]]:
        """Return the blocks that overlap the days, with the columns within them and within the result."""
        parts = []
        blocks = self._blocks[signal]
        for number in range(first >> _BLOCK_BITS, (last >> _BLOCK_BITS) + 1):
            block = blocks.get(number)
            if block is None:
                continue
            origin = number << _BLOCK_BITS
            start, stop = max(first, origin), min(last + 1, origin + BLOCK_DAYS)
            parts.append((block, slice(start - origin, stop - origin), slice(start - first, stop - first)))
        return parts
