"""From the verdicts on one series to its episodes with everything that their alerts say."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.episodes import Episode, episodes
from alerts.spans import gap_of, observed_days, window_of
from alerts.state import EPOCH, Computed, Evidence
from catalogue.counted import Spread
from catalogue.model import SEVERITIES, Judging, MethodUse, Severity, Signal

_SEVEN = 7


@dataclass(frozen=True, slots=True)
class Judged:
    """What one method of a policy said of a run of days of one series.

    Where the rules changed inside the run of days, each version brings a `Judged` of its own, cut to its days.

    Attributes
    ----------
    use
        The method with its parameters.
    first_day
        Day of index 0 of every array, days since 1970-01-01.
    expected, upper, score
        float64 (T,), NaN where `reason` is not 0.
    p_value
        float64 (T,) or None where the method has none.
    alarm
        bool (T,): it alarms, on a seven-day count of at least the use's minimum.
    reason
        uint8 (T,), 0 where the day was judged.
    lookback
        Days before a judged day that can influence it; None where that is without bound.
    heard
        Whether its alarms can make the policy's: it speaks, or speaks where the others cannot.
    """

    use: MethodUse
    first_day: int
    expected: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    p_value: NDArray[np.float64] | None
    alarm: NDArray[np.bool_]
    reason: NDArray[np.uint8]
    lookback: int | None
    heard: bool

    @property
    def end_day(self) -> int:
        """Return the day after the last one judged."""
        return self.first_day + len(self.alarm)


def assemble(
    signal: Signal,
    area: str,
    level: str,
    counts: NDArray[np.int64],
    origin: int,
    judged: Sequence[Judged],
    alarm_days: Sequence[int],
    today: int,
    reason_names: Mapping[int, str],
    expanded: bool | NDArray[np.bool_] = False,
    beside: NDArray[np.int64] | None = None,
) -> list[Computed]:
    """Return the episodes of one series, oldest first; a pure function of its arguments.

    Parameters
    ----------
    signal
        The signal counted; its judging on an episode's last alarm day gives severity and clock.
    area, level
        Code and level of the series.
    counts
        Daily counts (T,), index 0 on day `origin`; days outside hold no case.
    origin
        Day of ``counts[0]``, days since 1970-01-01.
    judged
        Every method's word, speaking or not.
    alarm_days
        Days on which the policy alarms, ascending: the episodes are made of them. On each a method that is heard
        alarms.
    today
        Civil day of the clock; later days are ignored.
    reason_names
        Names of the codes in `Judged.reason`; code 0 is not looked up.
    expanded
        Whether the reports were expanded from published counts, for the series or by day (T,).
    beside
        Daily denominators (T,) of a signal that has them, as `counts`.
    """
    among = None if beside is None or signal.denominator is None else _Series.of(beside, origin)
    series = _Series.of(counts, origin)
    gaps: dict[int, int] = {}
    said = [[one.first_day + i for i in one.alarm.nonzero()[0].tolist()] for one in judged]
    gaps = {day: 0 for day in alarm_days if day <= today}
    for one, days in zip(judged, said, strict=True):
        if one.heard:
            gap = _facts(one.use).gap
            for day in gaps.keys() & days:
                gaps[day] = max(gap, gaps[day])
    found = episodes(list(gaps), list(gaps.values()), today)
    return [_computed(signal, area, level, series, e, judged, said, reason_names, expanded, among) for e in found]


@dataclass(frozen=True, slots=True)
class _Series:
    """Counts as plain lists: a nation's backfill asks for a million small sums, and numpy is slow at those."""

    counts: list[int]
    sums: list[int]
    origin: int

    @classmethod
    def of(cls, counts: NDArray[np.int64], origin: int) -> "_Series":
        array = np.asarray(counts, dtype=np.int64)
        return cls(array.tolist(), [0, *np.cumsum(array).tolist()], origin)

    def between(self, first: int, last: int) -> list[int]:
        low, high = max(first, self.origin), min(last + 1, self.origin + len(self.counts))
        if low >= high:
            return [0] * max(last - first + 1, 0)
        known = self.counts[low - self.origin : high - self.origin]
        return [0] * (low - first) + known + [0] * (last + 1 - high)

    def total(self, first: int, last: int) -> int:
        low, high = max(first - self.origin, 0), min(last + 1 - self.origin, len(self.counts))
        return self.sums[high] - self.sums[low] if low < high else 0

    def week(self, day: int) -> int:
        return self.total(day - _SEVEN + 1, day)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What follows from a use alone, worked out once."""

    use: MethodUse
    parameters: str
    gap: int
    window: int
    observed: int


_KNOWN_USES = 10_000
_known: dict[int, _Facts] = {}


def _facts(use: MethodUse) -> _Facts:
    facts = _known.get(id(use))
    if facts is None:
        if len(_known) >= _KNOWN_USES:
            _known.clear()
        method, parameters = use.method, use.parameters
        spans = gap_of(method, parameters), window_of(method, parameters), observed_days(method, parameters)
        # It holds the use itself, so that no other one can come to have its id.
        facts = _known[id(use)] = _Facts(use, use.parameters_json, *spans)
    return facts


def _computed(
    signal: Signal,
    area: str,
    level: str,
    series: _Series,
    episode: Episode,
    judged: Sequence[Judged],
    said: Sequence[Sequence[int]],
    reason_names: Mapping[int, str],
    expanded: bool | NDArray[np.bool_],
    among: _Series | None,
) -> Computed:
    judging = signal.judging_on(EPOCH + dt.timedelta(days=episode.last))
    by_method: dict[str, set[int]] = {}
    for one, days in zip(judged, said, strict=True):
        inside = (day for day in days if episode.first <= day <= episode.last)
        by_method.setdefault(one.use.method, set()).update(inside)
    in_force = [one for one in judged if one.first_day <= episode.last < one.end_day]
    evidence = tuple(
        _evidence(one, series, episode.last, tuple(sorted(by_method[one.use.method])), reason_names) for one in in_force
    )
    opening = [
        _facts(one.use).window for one, days in zip(judged, said, strict=True) if one.heard and episode.first in days
    ]
    cases_from = episode.first - max(opening) + 1
    reach = max((one.lookback for one in in_force if one.lookback is not None), default=0)
    baseline_from = min(cases_from, episode.last - reach)
    return Computed(
        signal=signal.id,
        disease=signal.disease,
        area=area,
        level=level,
        severity=_severity(judging, episode, judged, said),
        clock_hours=judging.clock_hours,
        every_case=judging.every_case,
        first_day=episode.first,
        last_day=episode.last,
        days=episode.days,
        ended=episode.ended,
        continues_first=episode.continues_first,
        cases=series.total(cases_from, episode.last),
        cases_7d=series.week(episode.last),
        peak_7d=max(series.week(day) for day in episode.days),
        evidence=evidence,
        baseline_from=baseline_from,
        baseline=tuple(series.between(baseline_from, episode.last)),
        expanded_from_counts=_expanded(expanded, series.origin, cases_from, episode.last),
        denominator_7d=_among(signal, among, episode.last),
    )


def _among(signal: Signal, among: _Series | None, day: int) -> int | None:
    """Return the denominator of the week that ends on a day; a number of places is one of windows already."""
    if among is None:
        return None
    return among.total(day, day) if isinstance(signal.denominator, Spread) else among.week(day)


def _severity(judging: Judging, episode: Episode, judged: Sequence[Judged], said: Sequence[Sequence[int]]) -> Severity:
    """Return the highest severity of the methods that are heard and alarm on one of the episode's days."""
    found = {
        one.use.severity or judging.severity
        for one, days in zip(judged, said, strict=True)
        if one.heard and not set(episode.days).isdisjoint(days)
    }
    return max(found, key=SEVERITIES.index)


def _evidence(
    one: Judged, series: _Series, day: int, alarm_days: tuple[int, ...], reason_names: Mapping[int, str]
) -> Evidence:
    i = day - one.first_day
    code = int(one.reason[i])
    facts = _facts(one.use)
    return Evidence(
        method=one.use.method,
        parameters=facts.parameters,
        speaks=one.heard,
        day=day,
        observed=float(series.total(day - facts.observed + 1, day)),
        expected=_number(one.expected[i]),
        upper=_number(one.upper[i]),
        score=_number(one.score[i]),
        p_value=None if one.p_value is None else _number(one.p_value[i]),
        alarm=day in alarm_days,
        reason=reason_names[code] if code else "",
        alarm_days=alarm_days,
    )


def _number(value: np.float64) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number


def _expanded(expanded: bool | NDArray[np.bool_], origin: int, first: int, last: int) -> bool:
    if isinstance(expanded, bool):
        return expanded
    low, high = max(first - origin, 0), min(last + 1 - origin, len(expanded))
    return bool(expanded[low:high].any()) if low < high else False
