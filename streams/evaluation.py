"""One evaluation: what the applied entries changed, judged from the earliest change to today, as what is to be said."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alerts.state import AlertState, Moment, Position
from streams.aggregate_rows import Labels, differ, present, rows, tombstones
from streams.alerting import Alerting, Work
from streams.cube import Cube
from streams.judge import Judgement, batches, judge
from streams.overlay import Overlay
from streams.plan import ORIGIN, Plan
from streams.tally import NEVER, Changes, Tally
from streams.told import Place, Told

_CELLS = 1 << 18
_FEW = 200
_LONG_DAYS = 150
_KEPT_ROWS = 100_000


@dataclass(slots=True)
class Outcome:
    """What an evaluation has to say; valid for the counts at its moment's marker.

    Attributes
    ----------
    moment
        Clock, today, catalogue and marker.
    events
        New revisions of alerts, in the order to emit them.
    frames
        Rows of aggregates that changed, without those that were spilled.
    series, rows : int
        How many series were judged, and how many rows there are in all.
    """

    moment: Moment
    events: list[AlertState] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    series: int = 0
    rows: int = 0


class Evaluation:
    """Judges what changed since the last one that was sent.

    Nothing that was emitted is kept: the rows of then are the verdicts on the counts of then, which are the present
    ones minus what changed since. Both are judged, and where they differ a row is sent.

    Parameters
    ----------
    tally
        The counts. Its changes are taken only by `settle`.
    plan
        The rules, for the tally's signals.
    told
        The emitted alerts.
    catalogue
        Version of the catalogue.
    judged_to
        For each signal the last day that outputs cover, None where they cover nothing.
    overlay
        Rows that outputs hold beyond the tally's known marker.
    cells
        Counts judged at once.
    """

    def __init__(
        self,
        tally: Tally,
        plan: Plan,
        told: Told,
        catalogue: str,
        judged_to: Sequence[int | None] | None = None,
        overlay: Overlay | None = None,
        cells: int = _CELLS,
    ) -> None:
        self._tally = tally
        self._plan = plan
        self._told = told
        self._catalogue = catalogue
        self._cells = cells
        self._judged_to: list[int | None] = list(judged_to or [None] * len(tally.signals))
        self._overlay = overlay or Overlay()
        self._leads = np.array([plan.lead(number) for number in range(len(tally.signals))], np.int64)
        self._labels = Labels.of(tally.signals, tally.space)
        self._numbers = {signal.id: number for number, signal in enumerate(tally.signals)}
        self._alerting = Alerting(tally.signals, tally.space, plan, tally.counts, tally.expanded, told)

    def moment(self) -> Moment | None:
        """Return the present moment, None before the first entry."""
        clock, today, marker = self._tally.clock, self._tally.today, self._tally.marker
        if clock is None or today is None:
            return None
        positions = tuple(Position(topic, partition, to) for (topic, partition), to in marker.items())
        return Moment(clock, today, self._catalogue, positions, marker.marker_id())

    def evaluate(self, spill: Callable[[pl.DataFrame], None] | None = None) -> Outcome | None:
        """Return what is to be said now; None before the first entry. Changes nothing, so that it can be repeated.

        Parameters
        ----------
        spill
            Takes rows that are too many to be kept; without it all are in the outcome.
        """
        moment = self.moment()
        if moment is None:
            return None
        outcome = Outcome(moment)
        work = self._work(self._tally.changes, moment.today)
        outcome.series = len(work)
        leads = self._leads[work.signal]
        for members in batches(work.since.astype(np.int64), work.last.astype(np.int64), leads, self._cells):
            part = work.part(members)
            judgement, frames = self._judged(part, int(leads[members].max()))
            outcome.events += self._alerting.events(judgement, part, moment)
            outcome.frames += [frame for frame in frames if frame.height]
            outcome.rows += sum(frame.height for frame in frames)
            if spill is not None and sum(frame.height for frame in outcome.frames) > _KEPT_ROWS:
                spill(pl.concat(outcome.frames))
                outcome.frames.clear()
        return outcome

    def settle(self, outcome: Outcome) -> None:
        """Take it that an outcome was sent, whole."""
        self._tally.take_changes()
        for state in outcome.events:
            self._told.note(state)
        self._judged_to = [outcome.moment.today] * len(self._judged_to)
        self._overlay = Overlay()

    def _work(self, changes: Changes, today: int) -> Work:
        """Return what to judge: changed series, and on a new day those that still move and those with open alerts."""
        space = self._tally.space
        first = changes.first_day.copy()
        for number in range(len(self._tally.signals)):
            judged_to = self._judged_to[number]
            if judged_to is None or judged_to >= today:
                continue
            horizon = self._plan.horizon(number)
            seen_from = ORIGIN if horizon is None else judged_to + 1 - horizon
            nodes = self._tally.counts.active(number, seen_from, today)
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
            place = (self._tally.signals[number].id, space.code[at_series])
            gap = self._plan.gap(number, int(space.level[at_series]))
            since[row] = self._told.since(place, int(days[row]), gap)
        work = Work(signals.astype(np.int32), series.astype(np.int32), days, since, np.full_like(days, today))
        if len(work) and today - int(since.min()) > _LONG_DAYS:
            self._cut_short(work, changes, today)
        return work

    def _cut_short(self, work: Work, changes: Changes, today: int) -> None:
        """Let each series end where after its last count nothing is remembered any more."""
        space = self._tally.space
        starts = np.flatnonzero(np.diff(work.signal, prepend=-1))
        for start, stop in zip(starts, [*starts[1:], len(work)], strict=True):
            number = int(work.signal[start])
            horizon = self._plan.horizon(number)
            if horizon is None:
                continue
            of_signal = slice(start, stop)
            nodes = space.first_node[work.series[of_signal]], space.last_node[work.series[of_signal]]
            since = int(work.since[of_signal].min()) - horizon
            counted = self._tally.counts.last_days(number, *nodes, since, today)
            changed = changes.counts.last_days(number, *nodes, since, today)
            last = np.maximum(counted, changed) + horizon
            work.last[of_signal] = np.clip(last, work.since[of_signal], today)

    def _known(self, places: Iterable[Place]) -> Iterator[tuple[tuple[int, int], Place]]:
        """Yield the numbers of those places whose signal and area there still are."""
        for place in places:
            signal, series = self._numbers.get(place[0]), self._tally.space.number.get(place[1])
            if signal is not None and series is not None:
                yield (signal, series), place

    def _with_alerts(self, signals: NDArray[np.int64], series: NDArray[np.int64]) -> list[int]:
        """Return the rows whose series ever had an alert, or all if they are few."""
        if len(signals) < _FEW:
            return list(range(len(signals)))
        told = np.zeros((len(self._tally.signals), self._tally.space.size), np.bool_)
        for at, _ in self._known(self._told.places()):
            told[at] = True
        rows: list[int] = np.flatnonzero(told[signals, series]).tolist()
        return rows

    def _judged(self, work: Work, lead: int) -> tuple[Judgement, list[pl.DataFrame]]:
        end = int(work.last.max())
        start = int(work.since.min())
        counts = self._totals(self._tally.counts, work, start - lead, end)
        new = self._judge(work, counts, start, lead, self._tally.counts)
        days = np.arange(start, end + 1)
        asked = days >= work.first[:, np.newaxis]
        now = present(new) & asked
        before = np.zeros_like(now)
        changed = np.ones_like(now)
        rows_before = self._rows_before(work)
        if len(rows_before):
            then = work.part(rows_before)
            since_then = self._totals(self._tally.changes.counts, then, start - lead, end)
            counts_then = counts[rows_before] - since_then
            judged_to = np.array([self._judged_to[number] for number in then.signal], np.int64)
            known = (counts_then != 0).any(axis=1)
            rows_before, then, judged_to = rows_before[known], then.part(np.flatnonzero(known)), judged_to[known]
            if len(rows_before):
                old = self._judge(then, counts_then[known], start, lead, self._tally.counts, self._tally.changes.counts)
                covered = asked[rows_before] & (days <= judged_to[:, np.newaxis])
                before[rows_before] = present(old) & covered
                changed[rows_before] = ~before[rows_before] | differ(new, old, rows_before, np.arange(len(then)))
        forced = self._overlay.cells(work, self._tally.signals, self._tally.space, start, end) & asked
        said = rows(new, now & (changed | forced), work.signal, work.series, self._labels)
        unsaid = tombstones(new, (before | forced) & ~now, work.signal, work.series, self._labels)
        frames = [said, unsaid]
        return new, [self._overlay.without_said(frame) for frame in frames] if forced.any() else frames

    def _rows_before(self, work: Work) -> NDArray[np.int64]:
        """Return the series of which rows were emitted in the days that are judged again."""
        judged_to = np.array([-NEVER if day is None else day for day in self._judged_to], np.int64)
        return np.flatnonzero(work.first <= judged_to[work.signal])

    def _judge(
        self, work: Work, counts: NDArray[np.int64], start: int, lead: int, whole: Cube, minus: Cube | None = None
    ) -> Judgement:
        last = start - lead + counts.shape[1] - 1

        def history(members: NDArray[np.int64]) -> NDArray[np.int64]:
            part = work.part(members)
            known = self._totals(whole, part, ORIGIN, last)
            return known if minus is None else known - self._totals(minus, part, ORIGIN, last)

        level = self._tally.space.level[work.series]
        return judge(self._plan, counts, start - lead, start, work.signal, level, history)

    def _totals(self, cube: Cube, work: Work, first: int, last: int) -> NDArray[np.int64]:
        space = self._tally.space
        out = np.empty((len(work), last - first + 1), np.int64)
        starts = np.flatnonzero(np.diff(work.signal, prepend=-1))
        for start, stop in zip(starts, [*starts[1:], len(work)], strict=True):
            series = work.series[start:stop]
            nodes = space.first_node[series], space.last_node[series]
            out[start:stop] = cube.totals(int(work.signal[start]), *nodes, first, last)
        return out
