"""Opening bundles: which of its circles is the best, and how good."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.space_time.bundles import Bundles
from detectors.space_time.likelihood import log_likelihood_ratio
from detectors.space_time.null_model import Floats, Integers, NullModel

_CELLS = 1 << 20
"""Circles looked at together: what keeps the working memory small."""


class Candidates(NamedTuple):
    """Q bundles of circles, each with a window and a column of counts."""

    level: Integers
    centre: Integers
    window: Integers
    column: Integers
    cases: Integers
    """In the largest circle of the bundle."""

    def where(self, which: NDArray[Any]) -> "Candidates":
        """Some of them."""
        return Candidates(*(part[which] for part in self))


class Best(NamedTuple):
    """The best circle of each of Q bundles; the ratio is 0 where none has more cases than expected."""

    ratio: Floats
    place: Integers
    """Of the circle's last member in `Bundles.members`."""
    cases: Integers
    expected: Floats


def open_bundles(
    bundles: Bundles, model: NullModel, counts: NDArray[Any], given: Candidates, stop: Integers | None = None
) -> Best:
    """The best circle in each of some bundles.

    Parameters
    ----------
    counts : (M, columns)
        Cases of each member.
    stop : (Q,) int64, optional
        Places in `Bundles.members` before which a circle must end, where that is before the bundle's own end.
    """
    begin, until = bundles.start[given.level, given.centre], bundles.stop[given.level, given.centre]
    size = given.level.size
    best = Best(np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size))
    # Bundles of about the same size together, so that little of a block is padding.
    sizes = until - begin
    turn = np.argsort(sizes, kind="stable")
    at = 0
    while at < size:
        rows = max(1, _CELLS // max(1, int(sizes[turn[min(size, at + 1024) - 1]])))
        some = turn[at : at + min(rows, 1024)]
        at += some.size
        place = begin[some, None] + np.arange(int(sizes[some].max(initial=1)))
        inside = place < until[some, None]
        np.minimum(place, bundles.members.size - 1, out=place)
        member = bundles.members[place]
        added = np.where(inside, counts[member, given.column[some, None]], 0).astype(np.int64)
        cases = given.cases[some, None] - added.sum(axis=1, keepdims=True) + np.cumsum(added, axis=1)
        weights = model.weights[member, given.window[some, None]]
        level, centre, window = given.level[some], given.centre[some], given.window[some]
        before = np.where(level > 0, bundles.last[level - 1, centre, window], 0.0)
        expected = before[:, None] + np.cumsum(weights, axis=1) * model.scale
        admitted = inside & bundles.ends[place]
        if stop is not None:
            admitted &= place < stop[some, None]
        ratio = np.where(admitted, log_likelihood_ratio(cases, expected, model.total), 0.0)
        row, top = np.arange(some.size), ratio.argmax(axis=1)
        best.ratio[some] = ratio[row, top]
        best.place[some] = place[row, top]
        best.cases[some] = cases[row, top]
        best.expected[some] = expected[row, top]
    return best
