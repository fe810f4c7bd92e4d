"""One patient's repeats counted once: which of the laboratory results that stand are counted.

Who is tested again within a month is still one patient with one infection, or without one; what labs publish are
results. Of the positive results of one patient for one pathogen the first counts, then the next one that comes so many
days after the last counted one, and so on; of the negative ones likewise. First is who was reported on the earlier
day, then whose issuer and number come first. A result without a patient's pseudonym repeats those of the same specimen.
Indeterminate, invalid and cancelled results and retractions do not count at all.

Which results count is a pure function of those that stand, in whatever order they came. But it is no sum: what one
result changes depends on those before it. So the changes of some entries, added up, are what these entries bring only
if they were settled before all others.
"""

import secrets
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.kept_rows import KeptRows, Slots
from streams.place_table import NOWHERE, Numbers, PlaceTable
from streams.repeat_rule import Units, counted

Int64s = NDArray[np.int64]

DAYS = 30
CLASSES = ("POSITIVE", "NEGATIVE")

_KEYED = ("issuer", "result_id", "patient", "specimen_id", "pathogen", "result", "status", "action", "reported_at")
_ONLY_KEYED = ("patient", "specimen_id")
_ORDERED = ("_check", "reported_at", "issuer", "result_id")
_MANY = np.uint64(1 << 63)

_PERSON = pl.when(pl.col("patient").is_not_null()).then(pl.concat_str([pl.lit("p"), "patient"]))
_KEY = pl.concat_str(
    [_PERSON.otherwise(pl.concat_str([pl.lit("s"), "issuer", pl.lit("\x1f"), "specimen_id"])), "pathogen", "result"],
    separator="\x1f",
)
_COUNTABLE = pl.col("result").is_in(CLASSES) & (pl.col("status") != "CANCELLED") & (pl.col("action") != "RETRACT")


class Settled(NamedTuple):
    """What a change of the results that stand changes about those that count.

    Attributes
    ----------
    after, before
        Results that now count, and that no longer do; one whose content changed is in both.
    after_entry, before_entry
        The entry that caused it.
    """

    after: pl.DataFrame
    before: pl.DataFrame
    after_entry: Int64s
    before_entry: Int64s


class _Changes(NamedTuple):
    """Results that now stand (weight 1) or no longer do (-1), of which at most one entry concerns a key.

    `number` is the key's: two keys may share it, and then differ by the column ``_check``.
    """

    rows: pl.DataFrame
    weight: Int64s
    entry: Int64s
    number: Numbers

    def at(self, which: NDArray[np.bool_]) -> "_Changes":
        return _Changes(self.rows.filter(pl.Series(which)), self.weight[which], self.entry[which], self.number[which])


class Repeats:
    """Keeps the results that stand and tells which of them count.

    Parameters
    ----------
    days
        A result within fewer days after a counted one of its key does not count.
    columns
        What the answers hold of each result; all that is given except the patient's pseudonym and the specimen if
        left out. Each takes memory, so name those that somebody reads.

    Raises
    ------
    ValueError
        `days` is not at least 1.
    """

    def __init__(self, days: int = DAYS, columns: Sequence[str] | None = None) -> None:
        if days < 1:
            raise ValueError(f"days must be at least 1, not {days}")
        self._days = days
        self._columns = None if columns is None else list(columns)
        self._heads = PlaceTable()
        self._groups: list[Slots | None] = [None]
        self._unused: list[int] = []
        self._kept: KeptRows | None = None
        # Nobody can choose results whose keys share a number.
        self._seeds = secrets.randbits(63), secrets.randbits(63)

    def __len__(self) -> int:
        return 0 if self._kept is None else len(self._kept)

    def settled(self, after: pl.DataFrame, before: pl.DataFrame, after_entry: Int64s, before_entry: Int64s) -> Settled:
        """Take in what now stands and what no longer does, and return what that changes about the counted ones.

        Entries of one call are taken in their order: all changes up to an entry, added up, are the results that count
        after it.

        Parameters
        ----------
        after, before
            Laboratory results of the same columns.
        after_entry, before_entry
            The entry of each row, ascending with the log.

        Raises
        ------
        streams.repeat_rule.UnknownResult
            What no longer stands never stood, or what now stands did already.
        """
        if self._columns is None:
            self._columns = [name for name in after.columns if name not in _ONLY_KEYED]
        names = list(dict.fromkeys([*_KEYED, *self._columns]))
        rows = pl.concat([after.select(names), before.select(names)]).with_columns(
            pl.Series("_weight", np.repeat([1, -1], [after.height, before.height]), dtype=pl.Int64),
            pl.Series("_entry", np.concatenate([after_entry, before_entry]), dtype=pl.Int64),
        )
        rows = _net(rows.filter(_COUNTABLE))
        number, check = (rows.select(_KEY.hash(seed).alias("_check")).to_series() for seed in self._seeds)
        changes = _Changes(
            rows.select(*names, check),
            rows["_weight"].to_numpy(),
            rows["_entry"].to_numpy(),
            _narrowed(number.to_numpy()),
        )
        if self._kept is None:
            stored = list(dict.fromkeys([*_ORDERED, *self._columns]))
            schema = {name: changes.rows.schema[name] for name in stored}
            self._kept = KeptRows({**schema, "_counts": pl.Boolean()}, "result_id")
        found = [one for wave in _waves(changes) for one in self._wave(wave, self._kept, self._columns)]
        nothing = changes.rows.clear().select(self._columns)
        return Settled(
            pl.concat([nothing, *(one.after for one in found)]),
            pl.concat([nothing, *(one.before for one in found)]),
            np.concatenate([np.empty(0, np.int64), *(one.after_entry for one in found)]),
            np.concatenate([np.empty(0, np.int64), *(one.before_entry for one in found)]),
        )

    def _wave(self, changes: _Changes, kept: KeptRows, columns: list[str]) -> Iterator[Settled]:
        heads = self._heads.find(changes.number)
        first = (heads == NOWHERE) & (changes.weight > 0) & ~_repeated(changes.number)
        if first.any():
            new = changes.at(first)
            slots = kept.put(_stored(new.rows, kept, np.ones(first.sum(), np.bool_)))
            self._heads.set(new.number, slots.astype(np.uint64) + np.uint64(1))
            answer = new.rows.select(columns)
            yield Settled(answer, answer.clear(), new.entry, np.empty(0, np.int64))
        if not first.all():
            yield self._met(changes.at(~first), kept, columns)

    def _met(self, changes: _Changes, kept: KeptRows, columns: list[str]) -> Settled:
        """Settle the changes of keys of which something stands, or of which several results come at once."""
        keys, example, key = np.unique(changes.number, return_index=True, return_inverse=True)
        held, held_key = self._release(self._heads.find(keys))
        units = Units.of(kept.take(held, _ORDERED), held, held_key, changes.rows, changes.weight, key)
        stands = (units.added >= 0) | ((units.slot >= 0) & (units.removed < 0))
        counts = np.zeros(stands.size, np.bool_)
        counts[stands] = counted(units.group[stands], units.day[stands], self._days)
        known = units.slot >= 0
        did_count = np.zeros(stands.size, np.bool_)
        did_count[known] = kept.take(units.slot[known], ["_counts"])["_counts"].to_numpy()

        leaves = did_count & ((units.removed >= 0) | ~counts)
        comes = counts & (units.added >= 0)
        returns = counts & ~did_count & ~comes
        entry = changes.entry[example][units.key]
        answer = Settled(
            pl.concat(
                [changes.rows[units.added[comes]].select(columns), kept.take(units.slot[returns], columns)],
            ),
            kept.take(units.slot[leaves], columns),
            np.concatenate([entry[comes], entry[returns]]),
            entry[leaves],
        )

        replaced, new = known & (units.added >= 0), ~known & (units.added >= 0)
        kept.drop(units.slot[known & ~stands])
        rows = changes.rows[units.added[replaced]]
        kept.write(units.slot[replaced], _stored(rows, kept, counts[replaced]).drop("issuer", "result_id"))
        units.slot[new] = kept.put(_stored(changes.rows[units.added[new]], kept, counts[new]))
        same = known & stands & ~replaced
        kept.write(units.slot[same], pl.DataFrame({"_counts": counts[same]}))
        self._heads.set(keys, self._gather(units.slot[stands], units.key[stands], keys.size))
        return answer

    def _release(self, heads: Numbers) -> tuple[Slots, Int64s]:
        """Return the slots of some keys and to which of them each belongs; groups are no longer held."""
        many = (heads & _MANY) != 0
        numbers = (heads[many] ^ _MANY).astype(np.int64).tolist()
        groups = [group for number in numbers if (group := self._groups[number]) is not None]
        for number in numbers:
            self._groups[number] = None
        self._unused += numbers
        one = np.flatnonzero(~many & (heads != NOWHERE))
        slots = [(heads[one] - np.uint64(1)).astype(np.int64), *groups]
        lengths = [len(group) for group in groups]
        return np.concatenate(slots), np.concatenate([one, np.repeat(np.flatnonzero(many), lengths)])

    def _gather(self, slots: Slots, key: Int64s, keys: int) -> Numbers:
        """Return the heads of keys whose slots, ascending by key, are given."""
        size = np.bincount(key, minlength=keys)
        start = np.cumsum(size) - size
        heads = np.zeros(keys, np.uint64)
        one = size == 1
        heads[one] = slots[start[one]].astype(np.uint64) + np.uint64(1)
        for at in np.flatnonzero(size > 1).tolist():
            if not self._unused:
                self._unused.append(len(self._groups))
                self._groups.append(None)
            number = self._unused.pop()
            self._groups[number] = slots[start[at] : start[at] + size[at]].copy()
            heads[at] = np.uint64(number) | _MANY
        return heads


def _narrowed(numbers: Numbers) -> Numbers:
    """Return numbers that the table of places takes: not zero."""
    return np.maximum(numbers, np.uint64(1))


def _stored(rows: pl.DataFrame, kept: KeptRows, counts: NDArray[np.bool_]) -> pl.DataFrame:
    return rows.with_columns(pl.Series("_counts", counts)).select(list(kept.schema))


def _net(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the changes without what came and went within one entry."""
    twice = rows.select("_entry", "issuer", "result_id").is_duplicated()
    if not twice.any():
        return rows
    content = [name for name in rows.columns if name != "_weight"]
    sums = rows.filter(twice).group_by(content, maintain_order=True).agg(pl.col("_weight").sum())
    return pl.concat([rows.filter(~twice), sums.filter(pl.col("_weight") != 0).select(rows.columns)])


def _waves(changes: _Changes) -> Iterator[_Changes]:
    """Cut changes so that of each key one entry's stand together, earlier entries first."""
    if not _repeated(changes.number).any():
        yield changes
        return
    order = np.lexsort((changes.entry, changes.number))
    another = np.diff(changes.number[order], prepend=np.uint64(0)) != 0
    later = np.diff(changes.entry[order], prepend=-1) != 0
    steps = np.cumsum(later & ~another)
    rank = np.empty(order.size, np.int64)
    rank[order] = steps - steps[np.maximum.accumulate(np.where(another, np.arange(order.size), 0))]
    for turn in range(int(rank.max()) + 1):
        yield changes.at(rank == turn)


def _repeated(numbers: Numbers) -> NDArray[np.bool_]:
    order = np.argsort(numbers, kind="stable")
    equal = numbers[order][1:] == numbers[order][:-1]
    repeated = np.zeros(numbers.size, np.bool_)
    repeated[order[1:][equal]] = True
    repeated[order[:-1][equal]] = True
    return repeated
