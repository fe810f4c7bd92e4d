"""From accepted reports to changes of counts: which signals count a report, in which area, on which day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from catalogue.condition import columns_of, expression
from catalogue.model import Signal
from schemas.areas import areas
from schemas.sources import CASE_REPORTS, Source
from streams.civil_day import civil_days

Nodes = Callable[[pl.Series], NDArray[np.int32]]

_REMEMBERED = 100_000


class UnknownArea(ValueError):
    """An accepted report names an area that the table lacks: journal and program do not belong together."""


@dataclass(frozen=True, slots=True)
class Deltas:
    """Changes of counts; the arrays run along, one element for each report and signal that counts it.

    Attributes
    ----------
    signal, node, day
        Numbers of signal and area node, and days since 1970-01-01.
    weight
        1 for a report that now stands, -1 for one that no longer does.
    expanded
        Whether the report was expanded from a published count.
    entry
        The entry that brought the change, as the caller numbers them.
    """

    signal: NDArray[np.int32]
    node: NDArray[np.int32]
    day: NDArray[np.int32]
    weight: NDArray[np.int32]
    expanded: NDArray[np.bool_]
    entry: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.signal)

    def where(self, keep: NDArray[np.bool_]) -> "Deltas":
        """Return the elements that `keep` marks."""
        return Deltas(*(getattr(self, name)[keep] for name in self.__slots__))


_NONE = np.empty(0, np.int32)
_NOTHING = Deltas(_NONE, _NONE, _NONE, _NONE, np.empty(0, np.bool_), np.empty(0, np.int64))


class Fold:
    """Evaluates the conditions of all signals at once.

    Conditions read few columns with few values, so each distinct combination of values is evaluated once and its
    answer remembered; a report costs one look-up, however many signals there are.

    Parameters
    ----------
    signals
        In the order of their numbers in the cube; those of other sources count nothing here.
    source
        The type of record.
    nodes
        From a column of area codes to area nodes, -1 where unknown.
    """

    def __init__(self, signals: Sequence[Signal], nodes: Nodes | None = None, source: Source = CASE_REPORTS) -> None:
        self.source = source
        own = [(number, signal) for number, signal in enumerate(signals) if signal.source == source.name]
        self._numbers = np.array([number for number, _ in own], np.int32)
        self._conditions = [expression(signal.condition).alias(str(i)) for i, signal in own]
        self._columns = sorted(set().union(*(columns_of(signal.condition) for _, signal in own)))
        self._nodes = nodes or areas().indices
        self._answers: dict[tuple[object, ...], NDArray[np.int32]] = {}

    def deltas(
        self,
        after: pl.DataFrame,
        before: pl.DataFrame,
        after_entry: NDArray[np.int64],
        before_entry: NDArray[np.int64],
    ) -> Deltas:
        """Return what the rows that now stand add and the rows that they replaced take away.

        Parameters
        ----------
        after, before
            Records of the source; a retraction counts nowhere.
        after_entry, before_entry
            The entry of each row, handed through.

        Raises
        ------
        UnknownArea
            A row names an area that the table lacks.
        """
        if not len(self._numbers):
            return _NOTHING
        needed = ["action", "residence_area", "reported_at", "expanded_from_counts"]
        wanted = list(dict.fromkeys([*needed, *self._columns]))
        weight = np.concatenate([np.ones(after.height, np.int32), np.full(before.height, -1, np.int32)])
        rows = pl.concat([after.select(wanted), before.select(wanted)]).with_columns(
            pl.Series("_weight", weight),
            pl.Series("_entry", np.concatenate([after_entry, before_entry]), dtype=pl.Int64),
        )
        rows = rows.filter(pl.col("action") != "RETRACT")
        node = self._nodes(rows["residence_area"])
        if (node < 0).any():
            raise UnknownArea("an accepted report names an area that the table lacks")
        signals, lengths = self._counted(rows)
        at = np.repeat(np.arange(rows.height), lengths)
        return Deltas(
            signal=signals,
            node=node[at],
            day=civil_days(rows["reported_at"])[at],
            weight=rows["_weight"].to_numpy()[at],
            expanded=rows["expanded_from_counts"].to_numpy()[at],
            entry=rows["_entry"].to_numpy()[at],
        )

    def _counted(self, rows: pl.DataFrame) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the signals that count the rows, row after row, and how many there are for each."""
        if not rows.height:
            return np.empty(0, np.int32), np.empty(0, np.int64)
        values = rows.select(self._columns)
        distinct = values.unique(maintain_order=True)
        if distinct.height == rows.height:
            which = np.arange(rows.height)
        else:
            numbered = distinct.with_row_index("_which")
            joined = values.join(numbered, on=self._columns, how="left", nulls_equal=True, maintain_order="left")
            which = joined["_which"].to_numpy()
        answers = self._answer(distinct)
        lengths = np.array([len(answer) for answer in answers])
        flat = np.concatenate(answers)
        starts = np.cumsum(lengths) - lengths
        count = lengths[which]
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return flat[np.repeat(starts[which], count) + within], count

    def _answer(self, distinct: pl.DataFrame) -> list[NDArray[np.int32]]:
        if len(self._answers) > _REMEMBERED:
            self._answers.clear()
        keys = distinct.rows()
        fresh = [i for i, key in enumerate(keys) if key not in self._answers]
        if fresh:
            holds = distinct[fresh].select(self._conditions).to_numpy()
            for i, counted in zip(fresh, holds, strict=True):
                self._answers[keys[i]] = self._numbers[np.flatnonzero(counted)]
        return [self._answers[key] for key in keys]
