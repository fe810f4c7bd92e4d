"""The design of Farrington's regressions: a level for each seasonal group of rows and one slope over all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
LANES = 8
"""Cells are filled up to a multiple of this, so that no sum over rows ever runs over a single column."""
BUSY = 1e5
"""Above such counts the deviance is summed term by term: its closed form would cancel."""


def filled(which: Integers) -> Integers:
    """Cells filled up with the last one to a multiple of `LANES`."""
    return np.concatenate([which, np.repeat(which[-1:], -which.size % LANES)])


def sums_of(rows: Floats, starts: tuple[int, ...]) -> Floats:
    """(n, C) → (parts, C): the sum of each part of the rows, always from its first row to its last."""
    sizes = np.diff(starts, append=rows.shape[0])
    if (sizes == sizes[0]).all():
        return np.asarray(np.add.reduce(rows.reshape(len(starts), int(sizes[0]), -1), axis=1))
    out = np.empty((len(starts), rows.shape[1]))
    for part, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        np.add.reduce(rows[start : start + size], axis=0, out=out[part])
    return out


@dataclass(frozen=True, slots=True)
class Runs:
    """Rows of one group whose times follow each other by 1, sorted by group and length.

    Runs of one group and length are a class: `class_starts` are the first runs of the classes, `class_lengths` their
    lengths, and `group_starts` the first classes of the groups.
    """

    firsts: Floats
    class_starts: tuple[int, ...]
    class_lengths: Integers
    group_starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """Rows sorted by group: `starts` of the groups (the last one is predicted), and the time x of each row."""

    starts: tuple[int, ...]
    times: Floats

    @property
    def sizes(self) -> Integers:
        """Rows of each group."""
        return np.diff(self.starts, append=self.times.size)

    @property
    def group(self) -> Integers:
        """The group of each row."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)

    def sums(self, rows: Floats) -> Floats:
        """(n, C) → (groups, C)."""
        return sums_of(rows, self.starts)

    def spread(self, levels: Floats) -> Floats:
        """(groups, C) → (n, C)."""
        return np.repeat(levels, self.sizes, axis=0)

    def runs(self) -> Runs | None:
        """The rows as runs; None where these are too short to save anything."""
        group = self.group
        follows = (np.diff(self.times) == 1) & (np.diff(group) == 0)
        starts = np.flatnonzero(np.concatenate([[True], ~follows]))
        if 3 * starts.size > self.times.size:
            return None
        lengths = np.diff(starts, append=self.times.size)
        order = np.lexsort((lengths, group[starts]))
        starts, lengths = starts[order], lengths[order]
        of = group[starts]
        classes = np.flatnonzero(np.concatenate([[True], (np.diff(of) != 0) | (np.diff(lengths) != 0)]))
        groups = np.flatnonzero(np.concatenate([[True], np.diff(of[classes]) != 0]))
        return Runs(self.times[starts], tuple(classes.tolist()), lengths[classes], tuple(groups.tolist()))


@dataclass(slots=True)
class Counted:
    """Counts of C cells (n, C), offsets of the linear predictor if any, and what every fit of them needs.

    `complete` are the cells of which every row is known, `busy` those with very high counts.
    """

    counts: Floats
    offset: Floats | None
    logs: Floats
    start: Floats
    complete: Flags
    busy: Flags

    @classmethod
    def of(cls, counts: Floats, offset: Floats | None, known: Floats) -> "Counted":
        """With the logarithm of the counts (0 where there is none) and that of R's starting means."""
        complete, busy = known.min(axis=0) > 0, counts.max(axis=0) > BUSY
        return cls(counts, offset, np.log(np.maximum(counts, 1)), np.log(counts + 0.1), complete, busy)

    def some(self, which: Integers) -> "Counted":
        """A part of the cells."""
        return Counted(
            np.ascontiguousarray(self.counts[:, which]),
            None if self.offset is None else np.ascontiguousarray(self.offset[:, which]),
            np.ascontiguousarray(self.logs[:, which]),
            np.ascontiguousarray(self.start[:, which]),
            self.complete[which],
            self.busy[which],
        )


@dataclass(slots=True)
class Prior:
    """Prior weights (n, C), 0 for a row that is not known.

    All known rows of a cell weigh its `scale` (C), except those at `row` and `cell`, which weigh `lacking` less.
    """

    rows: Floats
    scale: Floats
    row: Integers
    cell: Integers
    lacking: Floats

    @classmethod
    def plain(cls, known: Floats) -> "Prior":
        """Every known row weighs 1."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(known, np.ones(known.shape[1]), nothing, nothing, np.zeros(0))
