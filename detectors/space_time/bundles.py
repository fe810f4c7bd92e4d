"""The circles of a scan, in bundles: what a bundle cannot reach, none of its circles need be asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from detectors.space_time.geometry import Geometry
from detectors.space_time.null_model import Floats, Integers, NullModel

_WIDTH = 1.5
"""How much the circles of a bundle may differ: in standard deviations of the cases expected in the longest window where
many are, as a ratio where few are. Narrower bundles are more of them, wider ones are opened more often: as measured."""
_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Bundles:
    """The nested circles round each of N centres, cut into at most L bundles.

    A circle is its centre and the place of its last member in `members`; bundle `j` of centre `i` adds the members
    `start[j, i]` … `stop[j, i]` - 1 to those before it.

    Attributes
    ----------
    members : (P,) int32
        For one centre after the other the members by distance, as rows of the model.
    ends : (P,) bool
        Whether a circle ends there.
    start, stop : (L, N) int64
        Places in `members`; equal where the centre has no such bundle.
    first, last : (L, N, W) float64
        Cases expected in the smallest and the largest circle of the bundle, in each window.
    steps : L sparse (N, M) arrays
        The members that each bundle adds.
    """

    members: NDArray[np.int32]
    ends: NDArray[np.bool_]
    start: Integers
    stop: Integers
    first: Floats
    last: Floats
    steps: tuple[sparse.csr_array, ...]

    @classmethod
    def of(cls, geometry: Geometry, model: NullModel, max_share: float) -> "Bundles":
        """Cut the circles that hold at most `max_share` of the model's population."""
        members, ends, start, stop = _cut(geometry, model, max_share)
        levels, centres = start.shape
        size, width = model.weights.shape
        first, last = np.zeros((levels, centres, width)), np.zeros((levels, centres, width))
        steps, so_far = [], np.zeros((centres, width))
        smallest = _next_true(ends)
        for level in range(levels):
            step = _incidence(members, start[level], stop[level], size)
            filled = start[level] < stop[level]
            until = start[level].copy()
            until[filled] = smallest[start[level, filled]] + 1
            first[level] = so_far + _incidence(members, start[level], until, size).astype(np.float64) @ model.weights
            so_far += step.astype(np.float64) @ model.weights
            last[level] = so_far
            steps.append(step)
        first *= model.scale
        last *= model.scale
        return cls(members, ends, start, stop, first, last, tuple(steps))


def _cut(
    geometry: Geometry, model: NullModel, max_share: float
) -> tuple[NDArray[np.int32], NDArray[np.bool_], Integers, Integers]:
    """The members round each centre within the limits, and where the bundles begin and stop."""
    row_of = np.full(len(geometry), -1, dtype=np.int32)
    row_of[model.members] = np.arange(model.members.size, dtype=np.int32)
    parts, ended, numbers = [], [], []
    # A share is a sum of roundings: a limit that is met exactly is met.
    limit = max_share * (1 + 1e-12)
    for row in range(0, len(geometry), _ROWS):
        for order, ends in zip(geometry.order[row : row + _ROWS], geometry.ends[row : row + _ROWS], strict=True):
            rows = row_of[order]
            places = np.flatnonzero(rows >= 0)
            rows = rows[places]
            # A member ends a circle if some location from it to before the next member does: the others add nothing.
            ends_until = np.concatenate(([0], np.cumsum(ends)))
            after = np.append(places[1:], ends.size)
            end = ends_until[after] > ends_until[places]
            end &= np.cumsum(model.share[rows]) <= limit
            kept = int(np.flatnonzero(end)[-1]) + 1 if end.any() else 0
            rows, end = rows[:kept], end[:kept]
            level = _levels(np.cumsum(model.weights[rows, -1]) * model.scale)
            level = level[_next_true(end)]
            parts.append(rows)
            ended.append(end)
            numbers.append(np.cumsum(np.diff(level, prepend=level[:1]) > 0))
    sizes = np.array([part.size for part in parts])
    offsets = np.cumsum(sizes) - sizes
    levels = max((int(number[-1]) + 1 for number in numbers if number.size), default=0)
    stop = np.empty((levels, len(geometry)), dtype=np.int64)
    for centre, number in enumerate(numbers):
        stop[:, centre] = offsets[centre] + np.searchsorted(number, np.arange(levels), side="right")
    start = np.concatenate((offsets[None, :], stop[:-1])) if levels else stop
    return np.concatenate(parts), np.concatenate(ended), start, stop


def _levels(expected: Floats) -> Integers:
    """Number the bundle of each circle: as wide as `_WIDTH` says, for few cases and for many."""
    numbers = (np.log(np.maximum(expected, 1e-9)) + 2 * np.sqrt(expected)) / _WIDTH
    return np.asarray(np.floor(numbers).astype(np.int64))


def _next_true(flags: NDArray[np.bool_]) -> Integers:
    """The place of the first True at or after each place; the last flag must be True."""
    places = np.where(flags, np.arange(flags.size), flags.size)
    return np.asarray(np.minimum.accumulate(places[::-1])[::-1])


def ragged(start: Integers, stop: Integers) -> Integers:
    """All places `start[q]` … `stop[q]` - 1, one range after the other."""
    sizes = stop - start
    return np.repeat(start - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))


def _incidence(members: NDArray[np.int32], start: Integers, stop: Integers, size: int) -> sparse.csr_array:
    columns = members[ragged(start, stop)]
    pointers = np.concatenate(([0], np.cumsum(stop - start))).astype(np.int32)
    return sparse.csr_array((np.ones(columns.size, dtype=np.uint16), columns, pointers), shape=(start.size, size))
