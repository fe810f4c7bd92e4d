"""From the judgement of a batch of series to the alert events that it calls for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.assembly import Judged, assemble
from alerts.state import AlertState, Moment
from alerts.transitions import transitions
from streams.aggregate_rows import REASONS, WITH_P_VALUE
from streams.counting import Counting
from streams.cube import Cube
from streams.judge import NOT_IN_FORCE, Judgement
from streams.plan import Plan
from streams.told import Told

_REASONS = {**REASONS, NOT_IN_FORCE: "not_in_force"}


@dataclass(frozen=True, slots=True)
class Work:
    """Some series that have to be judged; the arrays run along.

    Attributes
    ----------
    signal, series
        Numbers.
    first : int32
        Earliest day on which a row of aggregates may have changed.
    since : int32
        Day from which the series' episodes are worked out, at most `first`.
    last : int32
        Last day that need be judged: after it nothing is counted and no method remembers a count.
    """

    signal: NDArray[np.int32]
    series: NDArray[np.int32]
    first: NDArray[np.int32]
    since: NDArray[np.int32]
    last: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.signal)

    def part(self, members: NDArray[np.int64]) -> "Work":
        """Return some of them."""
        return Work(*(getattr(self, name)[members] for name in self.__slots__))


class Alerting:
    """Works out the alerts of judged series.

    Parameters
    ----------
    part
        What is watched, where, and the present counts.
    plan
        By which rules.
    told
        What was emitted.
    """

    def __init__(self, part: Counting, plan: Plan, told: Told) -> None:
        self._signals = part.signals
        self._space = part.space
        self._plan = plan
        self._counts = part.counts
        self._expanded = part.expanded
        self._told = told

    def events(self, judgement: Judgement, work: Work, moment: Moment) -> list[AlertState]:
        """Return the new revisions of the alerts of some judged series, in the order to emit them."""
        days = np.arange(judgement.first_day, judgement.first_day + judgement.voice.shape[1])
        asked = days[np.newaxis, :] >= work.since[:, np.newaxis]
        loud = np.any(judgement.voice & asked, axis=1)
        found: list[AlertState] = []
        for row in range(len(work)):
            place = (self._signals[work.signal[row]].id, self._space.code[work.series[row]])
            concerned = self._told.concerned(place, int(work.since[row]), int(work.first[row]))
            if loud[row] or concerned:
                found += self._of_series(judgement, work, row, concerned, moment)
        return found

    def _of_series(
        self, judgement: Judgement, work: Work, row: int, concerned: list[AlertState], moment: Moment
    ) -> list[AlertState]:
        signal, series = int(work.signal[row]), int(work.series[row])
        origin = judgement.first_day - judgement.lead
        computed = assemble(
            self._signals[signal],
            self._space.code[series],
            self._space.level_name(series),
            judgement.counts[row],
            origin,
            self._judged(judgement, row, signal, series, int(work.since[row])),
            self._alarm_days(judgement, row, int(work.since[row])),
            moment.today,
            _REASONS,
            self._totals(self._expanded, signal, series, origin, moment.today) > 0,
            None if judgement.beside is None else judgement.beside[row],
        )

        def counts_between(first: int, last: int) -> list[int]:
            counts: list[int] = self._totals(self._counts, signal, series, first, last).tolist()
            return counts

        return transitions(concerned, computed, moment, counts_between)

    def _judged(self, judgement: Judgement, row: int, signal: int, series: int, since: int) -> list[Judged]:
        found = []
        end = judgement.first_day + judgement.voice.shape[1] - 1
        for term in self._plan.terms(signal, int(self._space.level[series])):
            first, last = max(term.first, since), min(term.last, end)
            if first > last:
                continue
            sheet = judgement.sheets[term.use.stated.method]
            cut = slice(first - judgement.first_day, last - judgement.first_day + 1)
            has_p_value = term.use.stated.method in WITH_P_VALUE
            found.append(
                Judged(
                    use=term.use.stated,
                    first_day=first,
                    expected=sheet.expected[row, cut],
                    upper=sheet.upper[row, cut],
                    score=sheet.score[row, cut],
                    p_value=sheet.p_value[row, cut] if has_p_value else None,
                    alarm=sheet.alarm[row, cut],
                    reason=sheet.reason[row, cut],
                    lookback=term.use.lookback,
                    heard=term.use.heard,
                )
            )
        return found

    @staticmethod
    def _alarm_days(judgement: Judgement, row: int, since: int) -> list[int]:
        """Return the days from `since` on which a series' policy alarms."""
        skipped = max(since - judgement.first_day, 0)
        days: list[int] = (np.flatnonzero(judgement.voice[row, skipped:]) + judgement.first_day + skipped).tolist()
        return days

    def _totals(self, cube: Cube, signal: int, series: int, first: int, last: int) -> NDArray[np.int32]:
        one = slice(series, series + 1)
        totals = cube.totals(signal, self._space.first_node[one], self._space.last_node[one], first, last)
        return totals.reshape(-1)
