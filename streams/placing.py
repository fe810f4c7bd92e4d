"""From records to the series in which they count, for every place of the catalogue."""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from catalogue.levels import Level
from catalogue.places import NATION, PLACES, SEPARATOR, UNKNOWN_ORIGIN
from schemas.areas import areas
from streams.open_space import OpenSpace
from streams.series import SeriesSpace, china

Nodes = Callable[[pl.Series], NDArray[np.int32]]
Space = SeriesSpace | OpenSpace


class UnknownArea(ValueError):
    """An accepted record names an area that the table lacks: journal and program do not belong together."""


class Spaces:
    """The series of every space, and the way of a record to them.

    Parameters
    ----------
    tree
        The areas.
    nodes
        From area codes to nodes of the tree, -1 where unknown; the project's own table if not given.
    """

    def __init__(self, tree: SeriesSpace, nodes: Nodes | None = None) -> None:
        self.of: dict[str, Space] = {"areas": tree}
        self._nodes = nodes or areas().indices
        for place in PLACES.values():
            if place.space not in self.of:
                self.of[place.space] = OpenSpace()

    def placed(self, place: str, source: str, rows: pl.DataFrame) -> list[NDArray[np.int32]]:
        """Return the nodes in which each row counts: arrays that run along the rows, -1 for nowhere.

        Parameters
        ----------
        place, source
            Which columns say it.
        rows
            Records of the source.

        Raises
        ------
        UnknownArea
            A row names an area that the table lacks.
        """
        space = self.of[PLACES[place].space]
        columns = [rows[name] for name in PLACES[place].columns[source]]
        if isinstance(space, SeriesSpace):
            return [self._areas(columns[0])]
        return [
            _numbered(space, codes, level)
            for level, codes in zip(PLACES[place].levels, self._codes(place, columns), strict=True)
        ]

    def _areas(self, codes: pl.Series) -> NDArray[np.int32]:
        nodes = self._nodes(codes)
        if (nodes < 0).any():
            raise UnknownArea("an accepted record names an area that the table lacks")
        return nodes

    def _codes(self, place: str, columns: list[pl.Series]) -> list[pl.Series]:
        """Return the code of every row at each level of a place."""
        first = columns[0]
        if place == "type":
            kind = columns[1].zip_with(columns[1].is_not_null(), columns[2])
            tree = china()
            narrow = pl.Series(tree.code, dtype=pl.String).gather(tree.touched[self._areas(first), -1])
            return [_joined(narrow, kind), _joined(pl.repeat(NATION, len(first), eager=True), kind)]
        if place == "conveyance":
            return [_joined(first, columns[1])]
        if place == "origin":
            first = first.fill_null(UNKNOWN_ORIGIN)
        whole = pl.repeat(NATION, len(first), eager=True).set(first.is_null(), None)
        return [first, whole]


def _joined(left: pl.Series, right: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"left": left, "right": right})
    return frame.select(pl.concat_str("left", "right", separator=SEPARATOR)).to_series()


def _numbered(space: OpenSpace, codes: pl.Series, level: Level) -> NDArray[np.int32]:
    distinct = codes.unique(maintain_order=True)
    numbers = pl.DataFrame({"code": distinct, "number": space.numbers(distinct.to_list(), level)})
    joined = pl.DataFrame({"code": codes}).join(numbers, on="code", how="left", nulls_equal=True, maintain_order="left")
    return joined["number"].to_numpy()
