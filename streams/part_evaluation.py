"""What the applied entries changed in one space, judged from the earliest change to today, as what is to be said."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alerts.state import AlertState, Moment
from catalogue.counted import Spread
from streams.aggregate_rows import Labels, differ, present, rows, tombstones
from streams.alerting import Alerting, Work
from streams.counting import NEVER, Changes, Counting
from streams.cube import Cube
from streams.judge import Judgement, batches, judge
from streams.open_space import OpenSpace
from streams.overlay import Overlay
from streams.plan import ORIGIN, Plan
from streams.spread import places
from streams.told import Place, Told

_FEW = 200
_LONG_DAYS = 150


class PartEvaluation:
    """Judges what changed in the signals of one space since the last evaluation that was sent.

    Nothing that was emitted is kept: the rows of then are the verdicts on the counts of then, which are the present
    ones minus what changed since. Both are judged, and where they differ a row is sent.

    Parameters
    ----------
    part
        The counts. Its changes are taken only by `settle`.
    told
        The emitted alerts.
    judged_to
        For each signal the last day that outputs cover, None where they cover nothing.
    overlay
        Rows that outputs hold beyond the known marker.
    cells
        Counts judged at once.
    """

    def __init__(
        self, part: Counting, told: Told, judged_to: Sequence[int | None], overlay: Overlay, cells: int
    ) -> None:
        self._part = part
        self._plan = Plan(part.signals)
        self._told = told
        self._cells = cells
        self._judged_to = list(judged_to)
        self._overlay = overlay
        self._leads = np.array([self._plan.lead(number) for number in range(len(part.signals))], np.int64)
        self._labels = Labels(part.signals, part.space)
        self._numbers = {signal.id: number for number, signal in enumerate(part.signals)}
        self._alerting = Alerting(part, self._plan, told)
        kinds = [signal.denominator for signal in part.signals]
        self._has_beside = np.array([kind is not None for kind in kinds])
        self._spread = {number: kind.window for number, kind in enumerate(kinds) if isinstance(kind, Spread)}

    def judged(self, moment: Moment) -> Iterator[tuple[int, list[AlertState], list[pl.DataFrame]]]:
        """Yield for each batch of changed series how many they are, the new revisions of their alerts, and their rows.

        Changes nothing, so that it can be repeated.
        """
        self._part.fit()
        work = self._work(self._part.changes, moment.today)
        leads = self._leads[work.signal]
        for members in batches(work.since.astype(np.int64), work.last.astype(np.int64), leads, self._cells):
            some = work.part(members)
            judgement, frames = self._judged(some, int(leads[members].max()))
            events = self._alerting.events(judgement, some, moment)
            yield len(some), events, [frame for frame in frames if frame.height]

    def settle(self, today: int) -> None:
        """Take it that everything up to a day was sent."""
        self._part.take_changes()
        self._judged_to = [today] * len(self._judged_to)
        self._overlay = Overlay()

    def _work(self, changes: Changes, today: int) -> Work:
        """Return what to judge: changed series, and on a new day those that still move and those with open alerts."""
        space = self._part.space
        first = changes.first_day.copy()
        for number in range(len(self._part.signals)):
            judged_to = self._judged_to[number]
            if judged_to is None or judged_to >= today:
                continue
            horizon = self._plan.horizon(number)
            seen_from = ORIGIN if horizon is None else judged_to + 1 - horizon
            nodes = self._part.counts.active(number, seen_from, today)
            moving = np.unique(space.touched[nodes])
            first[number, moving] = np.minimum(first[number, moving], judged_to + 1)
        for at, _ in self._known(self._told.open_places()):
            judged_to = self._judged_to[at[0]]
            if judged_to is not None and judged_to < today:
                first[at] = min(first[at], judged_to + 1)
        if None in self._judged_to:
            for at, place in self._known(self._told.places()):
                if self._judged_to[at[0]] is None:
                    first[at] = min(first[at], *(state.first_day for state in self._told.of(place).values()))
        self._overlay.stretch(first, self._numbers, space.number)
        signals, series = np.nonzero(first <= today)
        days = first[signals, series]
        since = days.copy()
        for row in self._with_alerts(signals, series):
            number, at_series = int(signals[row]), int(series[row])
            place = (self._part.signals[number].id, space.code[at_series])
            gap = self._plan.gap(number, int(space.level[at_series]))
            since[row] = self._told.since(place, int(days[row]), gap)
        work = Work(signals.astype(np.int32), series.astype(np.int32), days, since, np.full_like(days, today))
        if len(work) and today - int(since.min()) > _LONG_DAYS:
            self._cut_short(work, changes, today)
        return work

    def _cut_short(self, work: Work, changes: Changes, today: int) -> None:
        """Let each series end where after its last count nothing is remembered any more."""
        space = self._part.space
        for start, stop in _runs(work.signal):
            number = int(work.signal[start])
            horizon = self._plan.horizon(number)
            if horizon is None:
                continue
            of_signal = slice(start, stop)
            nodes = space.first_node[work.series[of_signal]], space.last_node[work.series[of_signal]]
            since = int(work.since[of_signal].min()) - horizon
            counted = self._part.counts.last_days(number, *nodes, since, today)
            changed = changes.counts.last_days(number, *nodes, since, today)
            last = np.maximum(counted, changed) + horizon
            if self._has_beside[number]:
                for cube in (self._part.beside, changes.beside):
                    last = np.maximum(last, cube.last_days(number, *nodes, since, today))
            work.last[of_signal] = np.clip(last, work.since[of_signal], today)

    def _known(self, places: Iterable[Place]) -> Iterator[tuple[tuple[int, int], Place]]:
        """Yield the numbers of those places whose signal and area there still are."""
        for place in places:
            signal, series = self._numbers.get(place[0]), self._part.space.number.get(place[1])
            if signal is not None and series is not None:
                yield (signal, series), place

    def _with_alerts(self, signals: NDArray[np.int64], series: NDArray[np.int64]) -> list[int]:
        """Return the rows whose series ever had an alert, or all if they are few."""
        if len(signals) < _FEW:
            return list(range(len(signals)))
        told = np.zeros((len(self._part.signals), self._part.space.size), np.bool_)
        for at, _ in self._known(self._told.places()):
            told[at] = True
        rows: list[int] = np.flatnonzero(told[signals, series]).tolist()
        return rows

    def _judged(self, work: Work, lead: int) -> tuple[Judgement, list[pl.DataFrame]]:
        end = int(work.last.max())
        start = int(work.since.min())
        part = self._part
        counts = self._totals(part.counts, work, start - lead, end)
        beside = self._beside(work, start - lead, end)
        new = self._judge(work, counts, beside, start, lead)
        days = np.arange(start, end + 1)
        asked = days >= work.first[:, np.newaxis]
        now = present(new) & asked
        before = np.zeros_like(now)
        changed = np.ones_like(now)
        rows_before = self._rows_before(work)
        if len(rows_before):
            then = work.part(rows_before)
            counts_then = counts[rows_before] - self._totals(part.changes.counts, then, start - lead, end)
            beside_then = self._beside(then, start - lead, end, part.changes)
            judged_to = np.array([self._judged_to[number] for number in then.signal], np.int64)
            known = (counts_then != 0).any(axis=1)
            if beside_then is not None:
                known |= (beside_then != 0).any(axis=1)
            rows_before, then, judged_to = rows_before[known], then.part(np.flatnonzero(known)), judged_to[known]
            if len(rows_before):
                of_then = None if beside_then is None else beside_then[known]
                old = self._judge(then, counts_then[known], of_then, start, lead, part.changes.counts)
                covered = asked[rows_before] & (days <= judged_to[:, np.newaxis])
                before[rows_before] = present(old) & covered
                changed[rows_before] = ~before[rows_before] | differ(new, old, rows_before, np.arange(len(then)))
        forced = self._overlay.cells(work, part.signals, part.space, start, end) & asked
        said = rows(new, now & (changed | forced), work.signal, work.series, self._labels)
        unsaid = tombstones(new, (before | forced) & ~now, work.signal, work.series, self._labels)
        frames = [said, unsaid]
        return new, [self._overlay.without_said(frame) for frame in frames] if forced.any() else frames

    def _rows_before(self, work: Work) -> NDArray[np.int64]:
        """Return the series of which rows were emitted in the days that are judged again."""
        judged_to = np.array([-NEVER if day is None else day for day in self._judged_to], np.int64)
        return np.flatnonzero(work.first <= judged_to[work.signal])

    def _judge(
        self,
        work: Work,
        counts: NDArray[np.int64],
        beside: NDArray[np.int64] | None,
        start: int,
        lead: int,
        minus: Cube | None = None,
    ) -> Judgement:
        last = start - lead + counts.shape[1] - 1

        def history(members: NDArray[np.int64]) -> NDArray[np.int64]:
            some = work.part(members)
            known = self._totals(self._part.counts, some, ORIGIN, last)
            return known if minus is None else known - self._totals(minus, some, ORIGIN, last)

        level = self._part.space.level[work.series]
        judgement = judge(self._plan, counts, start - lead, start, work.signal, level, history, beside)
        judgement.with_rows = self._has_beside[work.signal] & ~np.isin(work.signal, list(self._spread))
        return judgement

    def _beside(self, work: Work, first: int, last: int, minus: Changes | None = None) -> NDArray[np.int64] | None:
        """Return the denominators of some series, None where no signal among them has one."""
        if not self._has_beside[work.signal].any():
            return None
        out = np.zeros((len(work), last - first + 1), np.int64)
        for start, stop in _runs(work.signal):
            number, some = int(work.signal[start]), work.part(np.arange(start, stop))
            if number in self._spread:
                counted = self._part.counts, minus.counts if minus else None
                days = first, last, self._spread[number]
                space = self._part.space
                assert isinstance(space, OpenSpace)  # the catalogue lets only types have places
                out[start:stop] = places(space, *counted, number, some.series, *days)
            elif self._has_beside[number]:
                out[start:stop] = self._totals(self._part.beside, some, first, last)
                if minus is not None:
                    out[start:stop] -= self._totals(minus.beside, some, first, last)
        return out

    def _totals(self, cube: Cube, work: Work, first: int, last: int) -> NDArray[np.int64]:
        space = self._part.space
        out = np.empty((len(work), last - first + 1), np.int64)
        for start, stop in _runs(work.signal):
            series = work.series[start:stop]
            nodes = space.first_node[series], space.last_node[series]
            out[start:stop] = cube.totals(int(work.signal[start]), *nodes, first, last)
        return out


def _runs(signal: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
    """Yield the first and last-but-one place of each run of equal signals."""
    starts = np.flatnonzero(np.diff(signal, prepend=-1))
    yield from zip(starts.tolist(), [*starts[1:].tolist(), len(signal)], strict=True)
