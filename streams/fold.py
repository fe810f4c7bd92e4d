"""From accepted records to changes of counts: which signals count a record, in which series, on which day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from catalogue.condition import columns_of, expression, flat
from catalogue.counted import RECORDS, Counted
from catalogue.places import DAYS, PLACES
from schemas.sources import CASE_REPORTS, Source
from streams.civil_day import civil_days
from streams.placing import Spaces

_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is counted.

    Attributes
    ----------
    signal
        Number of its signal among those of the same space.
    beside
        Whether it is the signal's denominator and not its count.
    counted
        What counts, where and when.
    """

    signal: int
    beside: bool
    counted: Counted

    @property
    def space(self) -> str:
        """Return the space of its series."""
        return PLACES[self.counted.area].space


@dataclass(frozen=True, slots=True)
class Deltas:
    """Changes of counts of one space; the arrays run along, one element for each record and series that counts it.

    Attributes
    ----------
    space, beside
        Which series, and whether it is denominators that change.
    signal, node, day
        Numbers of signal and node, and days since 1970-01-01.
    weight
        1 for a record that now stands, -1 for one that no longer does; times its amount.
    expanded
        Whether the record was expanded from a published count.
    entry
        The entry that brought the change, as the caller numbers them.
    """

    space: str
    beside: bool
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
        arrays = (getattr(self, name)[keep] for name in self.__slots__[2:])
        return Deltas(self.space, self.beside, *arrays)


class Fold:
    """Evaluates all conditions over the records of one source at once.

    Conditions read few columns with few values, so each distinct combination of values is evaluated once and its
    answer remembered; a record costs one look-up, however many signals there are.

    Parameters
    ----------
    items
        What is counted, all of this source.
    spaces
        The series.
    source
        The type of record.

    Attributes
    ----------
    needed
        The columns that are read.
    """

    def __init__(self, items: Sequence[Item], spaces: Spaces, source: Source = CASE_REPORTS) -> None:
        self.source = source
        self._spaces = spaces
        self._conditions = [
            expression(item.counted.condition, source.name).alias(str(i)) for i, item in enumerate(items)
        ]
        self._columns = sorted(set().union(*(columns_of(item.counted.condition) for item in items)))
        self._signal = np.array([item.signal for item in items], np.int32)
        layouts = [(item.beside, item.counted.area, item.counted.day, item.counted.amount) for item in items]
        self._layouts = list(dict.fromkeys(layouts))
        self._layout_of = np.array([self._layouts.index(layout) for layout in layouts], np.int64)
        named = [PLACES[area].columns[source.name] for _, area, _, _ in self._layouts]
        days = [DAYS[day][source.name] for _, _, day, _ in self._layouts]
        amounts = [amount for *_, amount in self._layouts if amount != RECORDS]
        needed = ["action", "expanded_from_counts", *(name for names in named for name in names), *days, *amounts]
        self.needed = list(dict.fromkeys([*needed, *self._columns]))
        self._answers: dict[tuple[object, ...], NDArray[np.int32]] = {}

    def __len__(self) -> int:
        return len(self._conditions)

    def deltas(
        self,
        after: pl.DataFrame,
        before: pl.DataFrame,
        after_entry: NDArray[np.int64],
        before_entry: NDArray[np.int64],
    ) -> list[Deltas]:
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
        weight = np.concatenate([np.ones(after.height, np.int32), np.full(before.height, -1, np.int32)])
        rows = pl.concat([after.select(self.needed), before.select(self.needed)]).with_columns(
            pl.Series("_weight", weight),
            pl.Series("_entry", np.concatenate([after_entry, before_entry]), dtype=pl.Int64),
        )
        rows = rows.filter(pl.col("action") != "RETRACT")
        if not rows.height:
            return []
        items, lengths = self._counted(rows)
        at = np.repeat(np.arange(rows.height), lengths)
        found: list[Deltas] = []
        for number, layout in enumerate(self._layouts):
            mine = self._layout_of[items] == number
            if mine.any():
                found += self._laid_out(rows, layout, self._signal[items[mine]], at[mine])
        return found

    def _laid_out(
        self, rows: pl.DataFrame, layout: tuple[bool, str, str, str], signal: NDArray[np.int32], at: NDArray[np.int64]
    ) -> list[Deltas]:
        """Return the changes that some rows make in the series of one place."""
        beside, area, day, amount = layout
        firsts = np.diff(at, prepend=-1) != 0
        used, within = at[firsts], np.cumsum(firsts) - 1
        some = rows[used] if len(used) < rows.height else rows
        weight = some["_weight"].to_numpy()
        if amount != RECORDS:
            weight = (weight * some[amount].fill_null(0).to_numpy()).astype(np.int32)
        days = _days(some[DAYS[day][self.source.name]])
        expanded, entry = some["expanded_from_counts"].to_numpy(), some["_entry"].to_numpy()
        found = []
        for nodes in self._spaces.placed(area, self.source.name, some):
            node = nodes[within]
            deltas = Deltas(
                space=PLACES[area].space,
                beside=beside,
                signal=signal,
                node=node,
                day=days[within],
                weight=weight[within],
                expanded=expanded[within],
                entry=entry[within],
            )
            nowhere = node < 0
            found.append(deltas.where(~nowhere) if nowhere.any() else deltas)
        return found

    def _counted(self, rows: pl.DataFrame) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the items that count the rows, row after row, and how many there are for each."""
        values = flat(rows.select(self._columns))
        distinct = values.unique(maintain_order=True)
        if distinct.height == rows.height:
            which = np.arange(rows.height)
        else:
            numbered = distinct.with_row_index("_which")
            joined = values.join(numbered, on=self._columns, how="left", nulls_equal=True, maintain_order="left")
            which = joined["_which"].to_numpy()
        answers = self._answer(distinct)
        lengths = np.array([len(answer) for answer in answers])
        flat_answers = np.concatenate(answers)
        starts = np.cumsum(lengths) - lengths
        count = lengths[which]
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return flat_answers[np.repeat(starts[which], count) + within], count

    def _answer(self, distinct: pl.DataFrame) -> list[NDArray[np.int32]]:
        if len(self._answers) > _REMEMBERED:
            self._answers.clear()
        keys = distinct.rows()
        fresh = [i for i, key in enumerate(keys) if key not in self._answers]
        if fresh:
            holds = distinct[fresh].select(self._conditions).to_numpy()
            for i, counting in zip(fresh, holds, strict=True):
                self._answers[keys[i]] = np.flatnonzero(counting).astype(np.int32)
        return [self._answers[key] for key in keys]


def _days(column: pl.Series) -> NDArray[np.int32]:
    if column.dtype == pl.Date:
        return column.cast(pl.Int32).to_numpy()
    return civil_days(column)
