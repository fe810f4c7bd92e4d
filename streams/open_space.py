"""Series of what is no area: ports, origins, conveyances, types. They appear as records name them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalogue.levels import LEVELS, Level
from catalogue.places import NATION, SEPARATOR

_FIRST_ROOM = 64


class OpenSpace:
    """Numbers for series that are known only when a record names them; prefer `SeriesSpace` for the tree of areas.

    A record that counts in several series (its port, and all ports together) counts in each by itself, so every
    series is a node of its own and nothing has to be summed. The numbers depend on the order of arrival; nothing that
    is told does, for all is told by code.

    Attributes
    ----------
    code, number
        Code of each series, and back.
    alike
        By what stands behind the separator of a code (a type, a conveyance) the series of its places, without the
        nation's; nothing of codes that have none.
    nodes, size
        How many there is room for; grows by doubling, so that arrays over them are seldom made anew.
    first_node, last_node, touched, level
        As in `SeriesSpace`; of the room that is not used yet they say nothing.
    """

    def __init__(self) -> None:
        self.code: list[str] = []
        self.number: dict[str, int] = {}
        self.alike: dict[str, list[int]] = {}
        self.level = np.zeros(0, np.int8)
        self._make_room(_FIRST_ROOM)

    def _make_room(self, nodes: int) -> None:
        self.nodes = self.size = nodes
        self.first_node = np.arange(nodes, dtype=np.int32)
        self.last_node = self.first_node + np.int32(1)
        self.touched = self.first_node[:, np.newaxis]
        self.level = np.concatenate([self.level, np.zeros(nodes - len(self.level), np.int8)])

    def numbers(self, codes: Sequence[str | None], level: Level) -> NDArray[np.int32]:
        """Return the series of each code, new ones for those not seen before; -1 for None."""
        found = np.empty(len(codes), np.int32)
        for i, code in enumerate(codes):
            found[i] = -1 if code is None else self.number.get(code, -2)
            if found[i] == -2 and code is not None:
                found[i] = self._new(code, level)
        return found

    def _new(self, code: str, level: Level) -> int:
        number = len(self.code)
        if number == self.nodes:
            self._make_room(2 * self.nodes)
        self.code.append(code)
        self.number[code] = number
        self.level[number] = LEVELS.index(level)
        place, separator, kind = code.partition(SEPARATOR)
        if separator and place != NATION:
            self.alike.setdefault(kind, []).append(number)
        return number

    def level_name(self, series: int) -> Level:
        """Return the level by whose rules a series is judged."""
        return LEVELS[int(self.level[series])]
