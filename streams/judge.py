"""Judging many series at once: each method use in one call over all the series and days that share it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from catalogue.model import AGGREGATED
from detectors import Counts, Reason, Verdicts, judge_beside
from detectors.policies.agreement import Word
from streams.plan import ORIGIN, WEEK, Plan, Use, Voice

NOT_IN_FORCE = 255
"""Reason code of a day on which a method is not in force; the codes of `detectors.Reason` lie below."""

Int64s = NDArray[np.int64]
Rows = Int64s | slice
Spans = Iterable[tuple[int, int, int]]
History = Callable[[Int64s], Int64s]

_SPANS = [2, 9, 33, 67, 101, 151, 226, 340, 510, 765, 1150, 2300, 4600, 9200]


@dataclass(slots=True)
class Sheet:
    """What one method says of a batch of series, (series, days); NaN and `NOT_IN_FORCE` where it is not in force.

    `alarm` is what is heard: the detector's alarm on a seven-day count of at least the use's minimum.
    """

    expected: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    p_value: NDArray[np.float64]
    alarm: NDArray[np.bool_]
    reason: NDArray[np.uint8]

    @classmethod
    def blank(cls, series: int, days: int) -> "Sheet":
        """Return a sheet on which nothing is in force."""
        shape = (series, days)
        expected, upper, score, p_value = (np.full(shape, np.nan) for _ in range(4))
        reason = np.full(shape, NOT_IN_FORCE, np.uint8)
        return cls(expected, upper, score, p_value, np.zeros(shape, np.bool_), reason)


@dataclass(slots=True)
class Judgement:
    """The verdicts of all methods on a batch of series.

    Attributes
    ----------
    counts : (series, lead + days) int64
        Daily counts; the first `lead` columns are history only.
    lead : int
        Column of `counts` on which the first judged day stands.
    first_day : int
        First judged day, days since 1970-01-01.
    week : (series, days) int64
        Count of the seven days that end on each judged day.
    sheets : dict
        By method name; methods in force nowhere are absent.
    voice : (series, days) bool
        Whether the policy in force alarms: its methods' words, put together by its agreement.
    beside : (series, lead + days) int64 or None
        Denominators of the counts; 0 for series without, None where there are none at all.
    with_rows : (series,) bool
        Series of which a day is told for its denominator alone.
    """

    counts: Int64s
    lead: int
    first_day: int
    week: Int64s
    sheets: dict[str, Sheet] = field(default_factory=dict)
    voice: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    beside: Int64s | None = None
    with_rows: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def today_beside(self) -> Int64s | None:
        """Return the denominators of the judged days."""
        return None if self.beside is None else self.beside[:, self.lead :]

    def today_counts(self) -> Int64s:
        """Return the counts of the judged days."""
        return self.counts[:, self.lead :]

    def any_alarm(self) -> NDArray[np.bool_]:
        """Return where the policy alarms, or any method that aggregates show, whether it speaks or not."""
        alarms = self.voice.copy()
        for method in AGGREGATED:
            if method in self.sheets:
                alarms |= self.sheets[method].alarm
        return alarms


def judge(
    plan: Plan,
    counts: Int64s,
    first_column_day: int,
    first_day: int,
    signal: NDArray[np.int32],
    level: NDArray[np.int8],
    history: History,
    beside: Int64s | None = None,
) -> Judgement:
    """Judge some series from one day on.

    Parameters
    ----------
    plan
        Which methods are in force.
    counts : (series, T)
        Daily counts to the last day judged.
    first_column_day
        Day of the first column; at least the largest `plan.lead` of the signals before `first_day`.
    first_day
        First day judged.
    signal, level : (series,)
        Numbers of each series' signal and level. Equal neighbours save calls.
    history
        Gives, for row numbers, the daily counts from `ORIGIN` to the last day; asked only where a method remembers
        all.
    beside : (series, T)
        Denominators of the counts, for the methods that look at them.
    """
    lead = first_day - first_column_day
    last_day = first_column_day + counts.shape[1] - 1
    days = last_day - first_day + 1
    result = Judgement(counts, lead, first_day, _week_sums(counts, lead), beside=beside)
    result.voice = np.zeros((len(counts), days), np.bool_)

    def terms(signal: int, level: int) -> Spans:
        return [(term.use.number, term.first, term.last) for term in plan.terms(signal, level)]

    def turns(signal: int, level: int) -> Spans:
        return [(turn.voice.number, turn.first, turn.last) for turn in plan.turns(signal, level)]

    for number, first, last, rows in _together(terms, signal, level, first_day, last_day):
        use = plan.uses[number]
        sheet = result.sheets.get(use.stated.method)
        if sheet is None:
            sheet = result.sheets[use.stated.method] = Sheet.blank(len(counts), days)
        verdicts = _verdicts(use, counts, beside, first_column_day, first, last, rows, history)
        _write(sheet, result, use, verdicts, rows, slice(first - first_day, last - first_day + 1))
    for number, first, last, rows in _together(turns, signal, level, first_day, last_day):
        _speak(result, plan.voices[number], rows, slice(first - first_day, last - first_day + 1))
    return result


def _together(
    spans: Callable[[int, int], Spans],
    signal: NDArray[np.int32],
    level: NDArray[np.int8],
    first_day: int,
    last_day: int,
) -> list[tuple[int, int, int, Rows]]:
    """Return (number, first day, last day, rows): the series that share something on some days, for one call."""
    together: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    key = signal.astype(np.int64) * 8 + level
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(key)], strict=True):
        for number, begin, end in spans(int(signal[start]), int(level[start])):
            first, last = max(begin, first_day), min(end, last_day)
            if first <= last:
                together.setdefault((number, first, last), []).append((int(start), int(stop)))
    calls: list[tuple[int, int, int, Rows]] = []
    for (number, first, last), runs in together.items():
        touching = all(before[1] == after[0] for before, after in pairwise(runs))
        rows: Rows = slice(runs[0][0], runs[-1][1])
        if not touching:
            rows = np.concatenate([np.arange(a, b) for a, b in runs])
        calls.append((number, first, last, rows))
    return calls


def _verdicts(
    use: Use,
    counts: Int64s,
    beside: Int64s | None,
    first_column_day: int,
    first: int,
    last: int,
    rows: Rows,
    history: History,
) -> Verdicts:
    if use.lookback is None:
        numbers = np.arange(len(counts))[rows]
        known, start = history(numbers)[:, : last - ORIGIN + 1], ORIGIN
    else:
        start = first - use.lookback
        columns = slice(start - first_column_day, last - first_column_day + 1)
        known = counts[rows, columns]
        if use.beside:
            among = np.zeros_like(known) if beside is None else beside[rows, columns]
            return judge_beside(use.detector, known, among, first - start, share=use.share)
    dates = np.arange(start, last + 1).astype("datetime64[D]")
    return use.detector.judge(Counts(known), first=max(first - start, 0), dates=dates)


def _write(sheet: Sheet, result: Judgement, use: Use, verdicts: Verdicts, rows: Rows, columns: slice) -> None:
    if use.lookback is None:  # days before the origin are not judged: there the sheet stays blank
        columns = slice(columns.stop - verdicts.alarm.shape[1], columns.stop)
    sheet.expected[rows, columns] = verdicts.expected
    sheet.upper[rows, columns] = verdicts.upper
    sheet.score[rows, columns] = verdicts.score
    sheet.reason[rows, columns] = verdicts.reason
    if verdicts.p_value is not None:
        sheet.p_value[rows, columns] = verdicts.p_value
    heard = verdicts.alarm
    if use.stated.minimum > 1:
        heard = heard & (result.week[rows, columns] >= use.stated.minimum)
    sheet.alarm[rows, columns] = heard


def _speak(result: Judgement, voice: Voice, rows: Rows, columns: slice) -> None:
    """Put together what the methods of a voice say of some series and days."""
    words = {}
    for method in voice.heard:
        sheet = result.sheets[method]
        words[method] = Word(sheet.alarm[rows, columns], sheet.reason[rows, columns] == Reason.JUDGED)
    result.voice[rows, columns] = voice.agreement.decide(words, voice.methods, result.week[rows, columns]).alarm


def _week_sums(counts: Int64s, lead: int) -> Int64s:
    within = counts[:, lead + 1 - WEEK :]
    sums = np.zeros((within.shape[0], within.shape[1] + 1), np.int64)
    np.cumsum(within, axis=1, out=sums[:, 1:])
    return sums[:, WEEK:] - sums[:, :-WEEK]


def batches(first: Int64s, last: Int64s, leads: Int64s, cells: int) -> list[Int64s]:
    """Cut series to batches of similar days, so that little is judged in vain and a batch stays in the cache.

    Parameters
    ----------
    first, last
        Days to judge of each series, both included.
    leads
        Days of history that each needs besides.
    cells
        Counts that a batch may hold.

    Returns
    -------
    list of arrays
        Numbers of the series of each batch, ascending within it.
    """
    spans = last - first + 1
    grade = ((first >> 7) * 64 + np.digitize(spans, _SPANS)) * 64 + np.digitize(leads, _SPANS)
    found: list[Int64s] = []
    for each in np.unique(grade):
        members = np.flatnonzero(grade == each)
        size = max(1, cells // int(leads[members].max() + last[members].max() - first[members].min() + 1))
        found += [members[i : i + size] for i in range(0, len(members), size)]
    return found
