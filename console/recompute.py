"""From recounted days to the episodes that they make: the catalogue's rules run again over one series."""

import datetime as dt
from collections.abc import Mapping

import numpy as np

from alerts.assembly import Judged, assemble
from alerts.state import EPOCH, Computed
from catalogue.model import Level, MethodUse, Signal
from detectors import Detector, Reason, Verdicts, build

_ORIGIN = dt.date(2000, 1, 3)
"""First day that a method without bounded memory looks at."""

_REASONS = {int(reason): reason.name.lower() for reason in Reason}


def _day(day: dt.date) -> int:
    return (day - EPOCH).days


def judge(detector: Detector, counts: Mapping[dt.date, int], first: dt.date, last: dt.date) -> Verdicts:
    """Return a method's verdicts on the days `first` … `last`, with as much history as it looks at.

    Parameters
    ----------
    detector
        The method.
    counts
        Cases by day; days that are not in it had none.
    first, last
        Days judged, both included.
    """
    start = _ORIGIN if detector.lookback is None else first - dt.timedelta(days=detector.lookback)
    series = np.zeros((last - start).days + 1, dtype=np.int64)
    for day, cases in counts.items():
        if start <= day <= last:
            series[(day - start).days] = cases
    dates = np.arange(_day(start), _day(last) + 1).astype("datetime64[D]")
    return detector.judge(series[np.newaxis, :], first=(first - start).days, dates=dates)


def _judged(use: MethodUse, counts: Mapping[dt.date, int], first: dt.date, last: dt.date) -> Judged:
    detector = build(use.method, use.parameters)
    verdicts = judge(detector, counts, first, last)
    return Judged(
        use=use,
        first_day=_day(first),
        expected=verdicts.expected[0],
        upper=verdicts.upper[0],
        score=verdicts.score[0],
        p_value=None if verdicts.p_value is None else verdicts.p_value[0],
        alarm=verdicts.alarm[0],
        reason=verdicts.reason[0],
        lookback=detector.lookback,
    )


def episodes_of(
    signal: Signal, area: str, level: Level, counts: Mapping[dt.date, int], today: dt.date
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
    """
    days = [day for day, cases in counts.items() if cases and day <= today]
    if not days:
        return []
    begin = max(min(days), _ORIGIN)
    judged = []
    for judging in signal.judgings:
        first = max(begin, judging.valid_from) if judging.valid_from else begin
        last = min(today, judging.valid_to) if judging.valid_to else today
        if first <= last:
            judged += [_judged(use, counts, first, last) for use in judging.levels.get(level, ())]
    series = np.zeros((today - begin).days + 1, dtype=np.int64)
    for day in days:
        series[(day - begin).days] = counts[day]
    return assemble(signal, area, level, series, _day(begin), judged, _day(today), _REASONS)
