"""Areas by GB/T 2260 code: a tree of nation, provinces, prefectures and counties in depth-first order.

The subtree of node ``i`` is ``i .. end[i] - 1``, so the sum over a subtree is a difference of two cumulative sums.
Codes that are no longer in force stay in the tree, with `valid_to`: old reports keep them.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

LEVELS = ("nation", "province", "prefecture", "county")
_SPELLING = re.compile("[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}")
NATION, PROVINCE, PREFECTURE, COUNTY = range(4)


@dataclass(frozen=True, slots=True)
class AreaTable:
    """Every area node; all arrays have one element a node, in depth-first order.

    Attributes
    ----------
    code
        Six digits, as Python strings.
    level
        0 nation, 1 province, 2 prefecture, 3 county; names in `LEVELS`.
    parent
        Index of the node above; the nation has -1.
    end
        One past the last node of the subtree.
    name_zh, name_en
        Python strings; a county's English name is its Chinese one.
    lon, lat
        Degrees; good for a point on a map of the country, not for distances below a kilometre.
    population
        Census of 2020; NaN where the census has no row under the code.
    valid_from, valid_to
        ``datetime64[D]``, both included, NaT is open.
    """

    code: NDArray[np.object_]
    level: NDArray[np.uint8]
    parent: NDArray[np.int32]
    end: NDArray[np.int32]
    name_zh: NDArray[np.object_]
    name_en: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    population: NDArray[np.float64]
    valid_from: NDArray[np.datetime64]
    valid_to: NDArray[np.datetime64]
    _of_number: NDArray[np.int16]
    """Node of each number 0 .. 999999, -1 where there is none."""
    _has_townships: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.code)

    def index(self, code: str) -> int:
        """Return the node of one code; prefer `indices` for a column.

        Parameters
        ----------
        code
            2, 4, 6 or 9 digits. Shorter ones may be padded with zeros or not. Nine digits are a township, which
            stands for its county.

        Raises
        ------
        KeyError
            No such area; the message does not repeat the code.
        """
        found = int(self.indices(pl.Series([code], dtype=pl.String))[0])
        if found < 0:
            raise KeyError("unknown area code")
        return found

    def indices(self, codes: pl.Series) -> NDArray[np.int32]:
        """Return the node of each code of a string column, -1 where it is unknown or null.

        Takes what `index` takes.
        """
        # The two usual spellings at once. Signs and the like leave fewer digits, hence a number below every code.
        number = codes.cast(pl.Int32, strict=False).fill_null(-1).to_numpy()
        length = codes.str.len_bytes().fill_null(0).to_numpy()
        usual = (length == 6) & (number > 0)
        township = (length == 9) & (number > 0)
        six_digits = np.where(township, number // 1000, np.where(usual, number, 0))
        nodes = np.where(usual | township, self._of_number[six_digits], -1).astype(np.int32)
        nodes[township & (number % 1000 != 0) & ~self._has_townships[nodes]] = -1
        usual |= township
        others = np.flatnonzero(~usual)
        if len(others):
            nodes[others] = [self._spelled_otherwise(code) for code in codes.gather(others).to_list()]
        return nodes

    def _spelled_otherwise(self, code: str | None) -> int:
        if code is None or not _SPELLING.fullmatch(code):
            return -1
        node = int(self._of_number[int(code[:6].ljust(6, "0"))])
        is_township = code[6:] not in ("", "000")
        return node if not is_township or (node >= 0 and self._has_townships[node]) else -1

    def at_level(self, level: int) -> NDArray[np.int32]:
        """Return the nodes of one level, in order."""
        return np.flatnonzero(self.level == level).astype(np.int32)


@dataclass(frozen=True, slots=True)
class AreaAlias:
    """What a code that is no GB/T 2260 code in force meant in a published series.

    Attributes
    ----------
    area
        Smallest real area that contains it.
    kind
        retired, special (a zone), division (army corps), imported, visitor, prison, transferred or unpublished.
    origin
        Origin category that follows from it (as on the card), or None.
    used_from, used_to
        First and last date seen under this code.
    """

    alias: str
    name_zh: str
    area: str
    kind: str
    origin: int | None
    used_from: date
    used_to: date


def _rows(file: str) -> list[dict[str, str]]:
    return list(csv.DictReader((files("schemas") / "tables" / file).read_text("utf-8").splitlines()))


@cache
def areas() -> AreaTable:
    """Return the one table of areas, read at first use (tens of milliseconds)."""
    rows = _rows("areas.csv")
    code = [row["code"] for row in rows]
    level = np.array([LEVELS.index(row["level"]) for row in rows], np.uint8)
    number = np.array([int(c) for c in code])
    parent = np.full(len(rows), -1, np.int32)
    end = np.full(len(rows), len(rows), np.int32)
    open_nodes: list[int] = []
    for i in range(len(rows)):
        while open_nodes and level[open_nodes[-1]] >= level[i]:
            end[open_nodes.pop()] = i
        if open_nodes:
            parent[i] = open_nodes[-1]
        open_nodes.append(i)
    of_number = np.full(1_000_000, -1, np.int16)
    of_number[number] = np.arange(len(rows))
    childless = end == np.arange(len(rows)) + 1
    table = AreaTable(
        code=np.array(code, dtype=object),
        level=level,
        parent=parent,
        end=end,
        name_zh=np.array([row["name_zh"] for row in rows], dtype=object),
        name_en=np.array([row["name_en"] for row in rows], dtype=object),
        lon=np.array([float(row["lon"]) for row in rows]),
        lat=np.array([float(row["lat"]) for row in rows]),
        population=np.array([float(row["population"] or "nan") for row in rows]),
        valid_from=np.array([row["valid_from"] or "NaT" for row in rows], "datetime64[D]"),
        valid_to=np.array([row["valid_to"] or "NaT" for row in rows], "datetime64[D]"),
        _of_number=of_number,
        # Dongguan and the like have townships directly under the prefecture.
        _has_townships=childless & (level >= PREFECTURE),
    )
    for column in (table.level, table.parent, table.end, table.lon, table.lat, table.population):
        column.setflags(write=False)  # one table for the whole process: a writer would change it for all
    return table


@cache
def area_aliases() -> Mapping[str, AreaAlias]:
    """Return what the invented and retired codes of the published city series of 2020 stand for."""
    return MappingProxyType(
        {
            row["alias"]: AreaAlias(
                alias=row["alias"],
                name_zh=row["name_zh"],
                area=row["area"],
                kind=row["kind"],
                origin=int(row["origin"]) if row["origin"] else None,
                used_from=date.fromisoformat(row["used_from"]),
                used_to=date.fromisoformat(row["used_to"]),
            )
            for row in _rows("area_aliases.csv")
        }
    )
