"""The series that are judged: every area's total, and what is known of an area but of none below it."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from catalogue.levels import LEVELS, Level
from schemas.areas import areas

COUNTY = 3
"""Depth of a county in the area table; 0 is the nation."""

UNKNOWN_BELOW = "u"
"""Suffix of the code of the cases whose area is known no further than this one."""


class SeriesSpace:
    """Numbers for the series of one signal, and which of them a report in an area belongs to.

    Series 0 … n-1 are the totals of the n area nodes in depth-first order. Behind them each node above the county
    has a series of the reports that name just it ("420100u"): for the counties' rules that is one more place.

    Parameters
    ----------
    codes
        Six-digit code of each node, depth first.
    depth
        0 nation … 3 county, of each node.
    parent
        Index of the node above; the root's own index or -1.
    end
        The subtree of node i is the nodes i … end[i]-1.

    Attributes
    ----------
    first_node, last_node : (series,) int32
        The nodes whose own counts make the series: first_node … last_node-1.
    touched : (nodes, 5) int32
        The series that a report in a node belongs to; where there are fewer than five, one is repeated.
    level : (series,) int8
        Index into ``catalogue.model.LEVELS``.
    """

    def __init__(
        self, codes: list[str], depth: NDArray[np.int_], parent: NDArray[np.int_], end: NDArray[np.int_]
    ) -> None:
        nodes = len(codes)
        self.nodes = nodes
        above = np.flatnonzero(depth < COUNTY)
        self.size = nodes + len(above)
        self.code = [*codes, *(codes[i] + UNKNOWN_BELOW for i in above)]
        self.number = {code: i for i, code in enumerate(self.code)}
        own = np.concatenate([np.arange(nodes), above])
        self.first_node = own.astype(np.int32)
        self.last_node = np.concatenate([end, above + 1]).astype(np.int32)
        self.level = np.zeros(self.size, np.int8)
        self.level[:nodes] = COUNTY - depth
        self.touched = np.empty((nodes, 5), np.int32)
        at = np.arange(nodes)
        for step in range(4):
            self.touched[:, step] = at
            at = np.where(parent[at] < 0, at, parent[at])
        self.touched[:, 4] = np.arange(nodes)
        self.touched[above, 4] = nodes + np.arange(len(above))

    def level_name(self, series: int) -> Level:
        """Return the level by whose rules a series is judged."""
        return LEVELS[int(self.level[series])]


@cache
def china() -> SeriesSpace:
    """Return the series of the area table that the project ships."""
    table = areas()
    return SeriesSpace(
        [str(code) for code in table.code],
        np.asarray(table.level, np.int_),
        np.asarray(table.parent, np.int_),
        np.asarray(table.end, np.int_),
    )
