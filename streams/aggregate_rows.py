"""Rows of aggregates: what is said of one signal, area and day, and which of them have to be said now."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from catalogue.levels import LEVELS
from catalogue.model import AGGREGATED, Signal
from detectors import Reason
from streams.judge import NOT_IN_FORCE, Judgement, Sheet
from streams.placing import Space

Cells = NDArray[np.bool_]

REASONS = {int(reason): "" if reason == Reason.JUDGED else reason.name.lower() for reason in Reason}
"""Text of each reason code; empty where the day was judged."""

KEY = ("signal", "area", "day")

WITH_P_VALUE = ("w8", "beta_binomial")
"""Methods of which rows and alerts show the p-value."""

_NUMBERS = ("expected", "upper", "score")
_REASON_TEXTS = pl.Series([*REASONS.values(), None], dtype=pl.String)
_REASON_AT = np.full(256, len(REASONS), np.uint32)
_REASON_AT[list(REASONS)] = np.arange(len(REASONS))
_BLANK = Sheet.blank(1, 1)


class Labels:
    """The names behind the numbers of signals and series.

    Parameters
    ----------
    signals, space
        What is numbered; a space may gain series later.
    """

    def __init__(self, signals: Sequence[Signal], space: Space) -> None:
        self.signal = pl.Series([signal.id for signal in signals], dtype=pl.String)
        self.disease = pl.Series([signal.disease for signal in signals], dtype=pl.String)
        self.beside = pl.Series([signal.denominator is not None for signal in signals], dtype=pl.Boolean)
        self._space = space
        self._known = -1

    @property
    def area(self) -> pl.Series:
        """Return the code of every series."""
        self._learn()
        return self._area

    @property
    def level(self) -> pl.Series:
        """Return the level of every series."""
        self._learn()
        return self._level

    def _learn(self) -> None:
        known = len(self._space.code)
        if known == self._known:
            return
        self._area = pl.Series(self._space.code, dtype=pl.String)
        self._level = pl.Series([LEVELS[level] for level in self._space.level[:known]], dtype=pl.String)
        self._known = known


def present(judgement: Judgement) -> Cells:
    """Return the cells that have a row: something was counted or tested, or a method alarms."""
    cells: Cells = (judgement.today_counts() != 0) | judgement.any_alarm()
    beside = judgement.today_beside()
    if beside is not None:
        cells |= (beside != 0) & judgement.with_rows[:, np.newaxis]
    return cells


def differ(new: Judgement, old: Judgement, row: NDArray[np.int64], old_row: NDArray[np.int64]) -> Cells:
    """Return the cells, (len(row), days), of which two judgements say different things.

    Parameters
    ----------
    new, old
        Judgements of the same days.
    row, old_row
        The series of each to compare, in pairs.
    """
    changed: Cells = new.today_counts()[row] != old.today_counts()[old_row]
    changed |= new.week[row] != old.week[old_row]
    changed |= new.voice[row] != old.voice[old_row]
    ours_beside, theirs_beside = new.today_beside(), old.today_beside()
    if ours_beside is not None and theirs_beside is not None:
        changed |= ours_beside[row] != theirs_beside[old_row]
    for method in AGGREGATED:
        if method not in old.sheets:
            continue
        ours, theirs = new.sheets[method], old.sheets[method]
        changed |= ours.alarm[row] != theirs.alarm[old_row]
        changed |= ours.reason[row] != theirs.reason[old_row]
        for name in (*_NUMBERS, "p_value"):
            a, b = getattr(ours, name)[row], getattr(theirs, name)[old_row]
            changed |= (a != b) & ~(np.isnan(a) & np.isnan(b))
    return changed


def rows(
    judgement: Judgement, cells: Cells, signal: NDArray[np.int32], series: NDArray[np.int32], labels: Labels
) -> pl.DataFrame:
    """Return the rows of some cells, columns as in ``aggregate_row.avsc``.

    Parameters
    ----------
    judgement
        Says what stands in the rows.
    cells : (series, days)
        Which ones.
    signal, series
        Numbers of each series of the judgement.
    labels
        The names behind them.
    """
    at, day = np.nonzero(cells)
    columns = _heads(judgement, at, day, signal, series, labels)
    columns["count"] = pl.Series(judgement.today_counts()[at, day])
    columns["count_7d"] = pl.Series(judgement.week[at, day])
    columns["alarm"] = pl.Series(judgement.voice[at, day])
    beside = judgement.today_beside()
    columns["denominator"] = _none(len(at))
    if beside is not None:
        columns["denominator"] = pl.Series(beside[at, day]).set(~labels.beside.gather(pl.Series(signal[at])), None)
    for method in AGGREGATED:
        _put(columns, method, judgement.sheets.get(method), at, day)
    return pl.DataFrame(columns)


def tombstones(
    judgement: Judgement, cells: Cells, signal: NDArray[np.int32], series: NDArray[np.int32], labels: Labels
) -> pl.DataFrame:
    """Return rows that take back what was said of some cells: count 0, no alarm, and no method's word.

    They hold nothing that could change afterwards, so that one suffices for ever.
    """
    at, day = np.nonzero(cells)
    columns = _heads(judgement, at, day, signal, series, labels)
    columns["count"] = pl.Series(np.zeros(len(at), np.int64))
    columns["count_7d"] = pl.Series([None] * len(at), dtype=pl.Int64)
    columns["alarm"] = pl.Series(np.zeros(len(at), np.bool_))
    columns["denominator"] = _none(len(at))
    for method in AGGREGATED:
        _put(columns, method, None, at, day)
    return pl.DataFrame(columns)


def _heads(
    judgement: Judgement,
    at: NDArray[np.int64],
    day: NDArray[np.int64],
    signal: NDArray[np.int32],
    series: NDArray[np.int32],
    labels: Labels,
) -> dict[str, pl.Series]:
    which_signal, which_series = pl.Series(signal[at]), pl.Series(series[at])
    return {
        "signal": labels.signal.gather(which_signal),
        "disease": labels.disease.gather(which_signal),
        "area": labels.area.gather(which_series),
        "level": labels.level.gather(which_series),
        "day": pl.Series((judgement.first_day + day).astype(np.int32)).cast(pl.Date),
    }


def _put(
    columns: dict[str, pl.Series], method: str, sheet: Sheet | None, at: NDArray[np.int64], day: NDArray[np.int64]
) -> None:
    if sheet is None:
        sheet, at, day = _BLANK, np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    for name in _NUMBERS:
        columns[f"{method}_{name}"] = pl.Series(getattr(sheet, name)[at, day], nan_to_null=True)
    reason = sheet.reason[at, day]
    alarm = pl.Series(sheet.alarm[at, day])
    unsaid = reason == NOT_IN_FORCE
    columns[f"{method}_alarm"] = alarm.set(pl.Series(unsaid), None) if unsaid.any() else alarm
    columns[f"{method}_reason"] = _REASON_TEXTS.gather(pl.Series(_REASON_AT[reason]))
    if method in WITH_P_VALUE:
        columns[f"{method}_p_value"] = pl.Series(sheet.p_value[at, day], nan_to_null=True)


def _none(rows: int) -> pl.Series:
    return pl.Series([None] * rows, dtype=pl.Int64)
