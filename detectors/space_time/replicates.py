"""The largest ratio of each replicate, exactly, without a look at most of its cylinders."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.space_time.bundles import Bundles
from detectors.space_time.likelihood import LeastCounts, log_likelihood_ratio
from detectors.space_time.null_model import Floats, Integers, NullModel
from detectors.space_time.opening import Candidates, open_bundles

_COLUMNS = 448
"""Replicates × windows at a time: as measured, the counts of all counties then stay in the caches."""
_PILOT = 16
_OPENED_FIRST = 1024
_FIRST_FLOOR = 7.0
"""Of the pilot: what the maxima of thousands of places exceed nearly always."""
_LOWERED = 0.75
"""Each floor after the one before, for the replicates that stayed below it."""
_LOWER_THAN_ALL = 0.87
"""Of the least of the pilot's maxima the floor of the others: few replicates stay below it and are drawn again."""


class Replicates:
    """Monte Carlo maxima of the log likelihood ratio over all cylinders.

    What is expected in a cylinder is the same in every replicate, so each bundle of circles has a least count below
    which none of its cylinders reaches a floor. Counts of all bundles are one sparse product a level, for many
    replicates and windows at once; only the few bundles at or above their least count are opened. A replicate that
    does not reach the floor is looked at again with a lower one, so the maxima are exact whatever the floors.

    Parameters
    ----------
    bundles : Bundles
    model : NullModel
    seed : int
    """

    def __init__(self, bundles: Bundles, model: NullModel, seed: int) -> None:
        self._bundles = bundles
        self._model = model
        self._seed = seed
        self._least = LeastCounts(bundles.first, model.total)
        self._empty = bundles.start == bundles.stop
        self._at_once = max(1, _COLUMNS // len(model.windows))

    def batches(self, replicates: int) -> Iterator[Floats]:
        """The maxima of so many replicates in their order, some at a time."""
        first = min(_PILOT, replicates)
        pilot = self._of(range(first), _FIRST_FLOOR)
        yield pilot
        floor = float(pilot.min()) * _LOWER_THAN_ALL
        for at in range(first, replicates, self._at_once):
            yield self._of(range(at, min(replicates, at + self._at_once)), floor)

    def _of(self, numbers: Sequence[int], floor: float) -> Floats:
        best = self._above(numbers, floor)
        below = np.flatnonzero(best < floor)
        if below.size:
            lower = floor * _LOWERED if floor > 0.1 else 0.0
            best[below] = self._of([numbers[int(at)] for at in below], lower)
        return best

    def _above(self, numbers: Sequence[int], floor: float) -> Floats:
        """The maxima where they reach the floor; elsewhere what is below it."""
        best = np.zeros(len(numbers))
        counts, most = self._drawn(numbers)
        least = self._least.reaching(floor, most, counts.dtype)
        least[self._empty] = most + 1
        found = self._candidates(counts, least)
        if not found.level.size:
            return best
        replicate = found.column % len(numbers)
        bound = log_likelihood_ratio(
            found.cases, self._bundles.first[found.level, found.centre, found.window], self._model.total
        )
        # The margin outweighs the rounding of sums in another order: else the last bit would depend on the way here.
        bound *= 1 + 1e-12
        highest = np.zeros(len(numbers))
        np.maximum.at(highest, replicate, bound)
        # The most promising first: most of the others then stay below what their replicate has.
        first = np.flatnonzero(bound == highest[replicate])
        self._open(counts, found, first, replicate, best)
        turn = np.flatnonzero(bound > best[replicate])
        turn = turn[np.argsort(-bound[turn], kind="stable")]
        at, many = 0, _OPENED_FIRST
        while at < turn.size:
            some = turn[at : at + many]
            self._open(counts, found, some[bound[some] > best[replicate[some]]], replicate, best)
            at, many = at + many, many * 2
        return best

    def _open(self, counts: NDArray[Any], found: Candidates, some: Integers, replicate: Integers, best: Floats) -> None:
        """Raise the maxima by what some of the bundles hold."""
        opened = open_bundles(self._bundles, self._model, counts, found.where(some))
        np.maximum.at(best, replicate[some], opened.ratio)

    def _drawn(self, numbers: Sequence[int]) -> tuple[NDArray[Any], int]:
        """(M, W × R) counts, the replicates of a window side by side, as small as their sums can be held exactly."""
        drawn = [self._model.replicate(self._seed, number) for number in numbers]
        most = max(int(windows[:, -1].sum()) for windows in drawn)
        # One more must fit as well: the least count of what is out of reach.
        kind = np.uint16 if most + 1 < 1 << 16 else np.float32 if most + 1 <= 1 << 24 else np.float64
        counts = np.empty((*drawn[0].shape, len(drawn)), dtype=kind)
        for column, windows in enumerate(drawn):
            counts[:, :, column] = windows
        return counts.reshape(counts.shape[0], -1), most

    def _candidates(self, counts: NDArray[Any], least: NDArray[Any]) -> Candidates:
        """The bundles that hold at least the counts given for them."""
        centres, windows = least.shape[1:]
        replicates = counts.shape[1] // windows
        so_far = np.zeros((centres, counts.shape[1]), dtype=counts.dtype)
        levels, cells, cases = [], [], []
        for level, step in enumerate(self._bundles.steps):
            so_far += step @ counts
            reached = so_far.reshape(centres, windows, replicates) >= least[level][:, :, None]
            at = np.flatnonzero(reached)
            levels.append(np.full(at.size, level))
            cells.append(at)
            cases.append(so_far.ravel()[at].astype(np.int64))
        cell = np.concatenate(cells)
        centre, column = np.divmod(cell, counts.shape[1])
        return Candidates(np.concatenate(levels), centre, column // replicates, column, np.concatenate(cases))
