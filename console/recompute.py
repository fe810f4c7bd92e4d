"""From recounted days to the episodes that they make: the catalogue's rules run again over one series."""

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from alerts.assembly import Judged, assemble
from alerts.state import EPOCH, Computed
from catalogue.levels import Level
from catalogue.model import BESIDE, SHARES, Signal
from catalogue.model import Policy as Stated
from detectors import Counts, Detector, Member, Policy, PolicyVerdicts, Reason, Verdicts, build, judge_beside
from detectors.policies.policy import week_sums

_ORIGIN = dt.date(2000, 1, 3)
"""First day that a method without bounded memory looks at."""

_WEEK = 7

_REASONS = {int(reason): reason.name.lower() for reason in Reason}


def _day(day: dt.date) -> int:
    return (day - EPOCH).days


def judge(
    method: str,
    detector: Detector,
    counts: Mapping[dt.date, int],
    first: dt.date,
    last: dt.date,
    beside: Mapping[dt.date, int] | None = None,
) -> Verdicts:
    """Return a method's verdicts on the days `first` … `last`, with as much history as it looks at.

    Parameters
    ----------
    method, detector
        Its name in the catalogue, and the method.
    counts
        Cases by day; days that are not in it had none.
    first, last
        Days judged, both included.
    beside
        Denominators by day, for the methods that look at them; days that are not in it have 0.
    """
    start = _ORIGIN if detector.lookback is None else first - dt.timedelta(days=detector.lookback)
    dates = np.arange(_day(start), _day(last) + 1).astype("datetime64[D]")
    known, judged_from = _series(counts, start, last), (first - start).days
    if method in BESIDE:
        return judge_beside(detector, known, _series(beside or {}, start, last), judged_from, share=method in SHARES)
    return detector.judge(known, first=judged_from, dates=dates)


def _series(counts: Mapping[dt.date, int], start: dt.date, last: dt.date) -> NDArray[np.int64]:
    series = np.zeros((1, (last - start).days + 1), dtype=np.int64)
    for day, cases in counts.items():
        if start <= day <= last:
            series[0, (day - start).days] = cases
    return series


def _verdicts(
    policy: Policy,
    counts: Mapping[dt.date, int],
    beside: Mapping[dt.date, int] | None,
    first: dt.date,
    last: dt.date,
) -> PolicyVerdicts:
    said = {m.name: judge(m.name, m.detector, counts, first, last, beside) for m in policy.members}
    before = policy.window - 1
    known = _series(counts, first - dt.timedelta(days=before), last)
    return policy.combine(said, week_sums(Counts(known), before, policy.window))


def _judged(stated: Stated, policy: Policy, verdicts: PolicyVerdicts, first: dt.date) -> Iterator[Judged]:
    for use, member in zip(stated.uses, policy.members, strict=True):
        said = verdicts.members[member.name]
        yield Judged(
            use=use,
            first_day=_day(first),
            expected=said.expected[0],
            upper=said.upper[0],
            score=said.score[0],
            p_value=None if said.p_value is None else said.p_value[0],
            alarm=verdicts.heard[member.name][0],
            reason=said.reason[0],
            lookback=member.detector.lookback,
            heard=use.method in stated.heard,
        )


def _policy(stated: Stated) -> Policy:
    members = [Member(build(use.method, use.parameters), use.speaks, use.minimum) for use in stated.uses]
    return Policy(members, stated.agree, stated.minimum, stated.fallback)


def episodes_of(
    signal: Signal,
    area: str,
    level: Level,
    counts: Mapping[dt.date, int],
    today: dt.date,
    beside: Mapping[dt.date, int] | None = None,
) -> list[Computed]:
    """Return the episodes of one series with everything that their alerts say.

    Parameters
    ----------
    signal
        Its dated rules; each day is judged by those in force on it.
    area, level
        The series.
    counts
        Cases by day; days that are not in it had none.
    today
        Civil day of the clock.
    beside
        Denominators by day, for a signal that has them.
    """
    days = [day for day, cases in counts.items() if cases and day <= today]
    if not days:
        return []
    begin = max(min(days), _ORIGIN)
    judged: list[Judged] = []
    alarm_days: list[int] = []
    for judging in signal.judgings:
        first = max(begin, judging.valid_from) if judging.valid_from else begin
        last = min(today, judging.valid_to) if judging.valid_to else today
        stated = judging.levels.get(level)
        if first <= last and stated is not None:
            policy = _policy(stated)
            verdicts = _verdicts(policy, counts, beside, first, last)
            judged += _judged(stated, policy, verdicts, first)
            alarm_days += (np.flatnonzero(verdicts.alarm[0]) + _day(first)).tolist()
    # Tests of the week in which the first case fell came before it.
    origin = begin - dt.timedelta(days=_WEEK - 1)
    known = _series(counts, origin, today)[0]
    among = None if beside is None else _series(beside, origin, today)[0]
    return assemble(signal, area, level, known, _day(origin), judged, alarm_days, _day(today), _REASONS, beside=among)
