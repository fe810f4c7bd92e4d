"""In how many places something was found within some days."""

import numpy as np
from numpy.typing import NDArray

from catalogue.places import NATION, SEPARATOR
from streams.cube import Cube
from streams.open_space import OpenSpace


def places(
    space: OpenSpace,
    counts: Cube,
    minus: Cube | None,
    signal: int,
    series: NDArray[np.int32],
    first: int,
    last: int,
    window: int,
) -> NDArray[np.int64]:
    """Return for some series and each day in how many places there was a count in the `window` days that end on it.

    A series of the whole country ("000000/GII.17") has the places of the same kind; any other is one place itself.

    Parameters
    ----------
    space
        Series by code.
    counts, minus
        Counts, and those to take away from them, or None.
    signal, series
        Numbers.
    first, last
        Days, both included.
    window
        Days.
    """
    out = np.empty((len(series), last - first + 1), np.int64)
    for row, number in enumerate(series.tolist()):
        place, _, kind = space.code[number].partition(SEPARATOR)
        members = np.array(space.alike.get(kind, []) if place == NATION else [number], np.int32)
        nodes = space.first_node[members], space.last_node[members]
        found = counts.totals(signal, *nodes, first - window + 1, last).astype(np.int64)
        if minus is not None:
            found -= minus.totals(signal, *nodes, first - window + 1, last)
        sums = np.zeros((len(members), found.shape[1] + 1), np.int64)
        np.cumsum(found, axis=1, out=sums[:, 1:])
        out[row] = ((sums[:, window:] - sums[:, :-window]) > 0).sum(axis=0)
    return out
