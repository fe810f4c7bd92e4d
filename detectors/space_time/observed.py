"""The likeliest cylinders of what was observed, one after the other without a shared location."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.space_time.bundles import Bundles
from detectors.space_time.geometry import Geometry
from detectors.space_time.likelihood import log_likelihood_ratio
from detectors.space_time.null_model import Floats, Integers, NullModel
from detectors.space_time.opening import Candidates, open_bundles

_OPENED_FIRST = 1024
_ROWS = 256


class Cylinder(NamedTuple):
    """A circle and the days up to the last."""

    centre: int
    locations: Integers
    """All within the circle, by distance."""
    days: int
    cases: int
    expected: float
    ratio: float


class _Found(NamedTuple):
    centre: int
    window: int
    place: int
    cases: int
    expected: float
    ratio: float


def likeliest(geometry: Geometry, bundles: Bundles, model: NullModel, many: int) -> Iterator[Cylinder]:
    """At most so many cylinders with more cases than expected, by falling ratio, none with a location of another.

    Each is the likeliest of all that hold no location of those before it; of equal ones the first that is found.
    """
    cases = _in_largest(bundles, model)
    bound = log_likelihood_ratio(cases, bundles.first, model.total)
    bound[bundles.start == bundles.stop] = 0.0
    taken = np.zeros(len(geometry), dtype=np.bool_)
    stops = bundles.stop[-1]
    for _ in range(many):
        found = _best(bundles, model, cases, bound, stops)
        if found is None:
            return
        order = geometry.order[found.centre]
        last = int(np.flatnonzero(order == model.members[bundles.members[found.place]])[0])
        last += int(geometry.ends[found.centre, last:].argmax())
        locations = order[: last + 1].astype(np.int64)
        days = model.windows.shortest + found.window
        yield Cylinder(found.centre, locations, days, found.cases, found.expected, found.ratio)
        taken[locations] = True
        stops = _stops(geometry, bundles, model, taken)
        bound[bundles.start >= stops] = 0.0


def _in_largest(bundles: Bundles, model: NullModel) -> Integers:
    """(L, N, W) cases in the largest circle of each bundle."""
    cases = np.empty(bundles.first.shape, dtype=np.int64)
    for level, step in enumerate(bundles.steps):
        cases[level] = step.astype(np.int64) @ model.observed
    return np.cumsum(cases, axis=0, out=cases)


def _best(bundles: Bundles, model: NullModel, cases: Integers, bound: Floats, stops: Integers) -> _Found | None:
    """The likeliest cylinder that ends before its centre's stop: bundles are opened while their bound is higher."""
    found: _Found | None = None
    where = np.flatnonzero(bound > 0)
    limits, many = bound.ravel()[where], _OPENED_FIRST
    while where.size:
        many = min(many * 2, where.size)
        top = np.sort(np.argpartition(-limits, many - 1)[:many])
        level, centre, window = np.unravel_index(where[top], bound.shape)
        given = Candidates(level, centre, window, window, cases[level, centre, window])
        opened = open_bundles(bundles, model, model.observed, given, stops[centre])
        at = int(opened.ratio.argmax())
        if opened.ratio[at] > (found.ratio if found else 0.0):
            circle = int(opened.place[at]), int(opened.cases[at]), float(opened.expected[at])
            found = _Found(int(centre[at]), int(window[at]), *circle, float(opened.ratio[at]))
        left = limits > (found.ratio if found else 0.0)
        left[top] = False
        where, limits = where[left], limits[left]
    return found


def _stops(geometry: Geometry, bundles: Bundles, model: NullModel, taken: NDArray[np.bool_]) -> Integers:
    """For each centre the place in `Bundles.members` before which a circle must end so as to hold nothing taken."""
    member = np.zeros(len(geometry), dtype=np.bool_)
    member[model.members] = True
    stops: Integers = bundles.start[0].copy()
    place = np.arange(geometry.order.shape[1])
    for row in range(0, len(geometry), _ROWS):
        block = slice(row, row + _ROWS)
        order = geometry.order[block]
        hit = taken[order]
        free = np.where(hit.any(axis=1), hit.argmax(axis=1), place.size)
        ends = geometry.ends[block] & (place < free[:, None])
        largest = np.where(ends.any(axis=1), place.size - ends[:, ::-1].argmax(axis=1), 0)
        stops[block] += np.count_nonzero(member[order] & (place < largest[:, None]), axis=1)
    return stops
