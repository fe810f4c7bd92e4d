"""The rule of repeats over many keys at once, and what stands of the keys that a batch concerns."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.civil_day import civil_days

Int64s = NDArray[np.int64]

_DAY_BITS = 34
_LARGEST_DAY = 1 << 32
_ORDER = ("_key", "_check", "_day", "issuer", "result_id")


class UnknownResult(ValueError):
    """A result no longer stands that never stood, or stands twice: this state is wrong and has to be folded anew."""


def counted(group: Int64s, day: Int64s, days: int) -> NDArray[np.bool_]:
    """Return which results count: the first of each group, then the next at least `days` after a counted one.

    Parameters
    ----------
    group, day
        Ascending by group and, within it, by day.
    """
    counts = np.zeros(group.size, np.bool_)
    place = (group << _DAY_BITS) + day + _LARGEST_DAY
    now = np.flatnonzero(np.diff(group, prepend=-1))
    while now.size:
        counts[now] = True
        following = np.searchsorted(place, place[now] + days)
        inside = following < group.size
        now, following = now[inside], following[inside]
        now = following[group[following] == group[now]]
    return counts


@dataclass(slots=True)
class Units:
    """The results of some keys, those that stood and those that a batch brings or takes, in the order of the rule.

    Attributes
    ----------
    key, group
        Which key's number, ascending; which key: numbers may be shared.
    day
        Civil day.
    slot, added, removed
        Where the result stood, and the row of the batch that adds or removes it; -1 where there is none.
    """

    key: Int64s
    group: Int64s
    day: Int64s
    slot: Int64s
    added: Int64s
    removed: Int64s

    @classmethod
    def of(
        cls, held: pl.DataFrame, slot: Int64s, held_key: Int64s, rows: pl.DataFrame, weight: Int64s, key: Int64s
    ) -> Self:
        """Bring together what is held, in slots, and the rows of a batch, which come or go by their weight.

        Both frames have the columns issuer, result_id, reported_at and ``_check``.

        Raises
        ------
        UnknownResult
            A row removes what is not held, or adds what is.
        """
        both = pl.concat([held, rows.select(held.columns)])
        both = both.select(
            "_check",
            "issuer",
            "result_id",
            pl.Series("_day", civil_days(both["reported_at"]), dtype=pl.Int64),
            pl.Series("_key", np.concatenate([held_key, key]), dtype=pl.Int64),
            pl.Series("_role", np.concatenate([np.zeros(slot.size, np.int64), weight]), dtype=pl.Int64),
            pl.Series("_at", np.concatenate([slot, np.arange(rows.height)]), dtype=pl.Int64),
        ).sort(_ORDER)
        new = [pl.col(name) != pl.col(name).shift() for name in _ORDER]
        begins = both.select(
            unit=pl.any_horizontal(new).fill_null(True), group=pl.any_horizontal(new[:2]).fill_null(True)
        )
        first = np.flatnonzero(begins["unit"].to_numpy())
        unit = np.cumsum(begins["unit"].to_numpy()) - 1
        role, at = both["_role"].to_numpy(), both["_at"].to_numpy()
        places = []
        for asked in (0, 1, -1):
            if np.bincount(unit[role == asked], minlength=1).max() > 1:
                raise UnknownResult("a result stands twice, or goes twice")
            place = np.full(first.size, -1, np.int64)
            place[unit[role == asked]] = at[role == asked]
            places.append(place)
        stood, added, removed = places
        if ((removed >= 0) & (stood < 0)).any() or ((added >= 0) & (stood >= 0) & (removed < 0)).any():
            raise UnknownResult("a result goes that did not stand, or stands already")
        return cls(
            both["_key"].to_numpy()[first],
            np.cumsum(begins["group"].to_numpy())[first],
            both["_day"].to_numpy()[first],
            stood,
            added,
            removed,
        )
