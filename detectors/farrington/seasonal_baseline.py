"""Which past steps Farrington's methods learn from, by index or by calendar date."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detectors.farrington.grouped_design import Design

DateArray = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The rows of one judged step: how many steps back each lies, sorted by group, and the design that they make."""

    back: NDArray[np.int64]
    design: Design

    def key(self) -> tuple[bytes, tuple[int, ...], bytes]:
        """Equal for steps whose cells may be fitted together."""
        return self.back.tobytes(), self.design.starts, self.design.times.tobytes()


def years_before(day: np.datetime64, years: int) -> np.datetime64:
    """The same calendar date of an earlier year; 29 February becomes 1 March where it does not exist."""
    month = day.astype("datetime64[M]")
    earlier: np.datetime64 = (month - 12 * years).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return earlier


def weekday(days: DateArray) -> NDArray[np.int64]:
    """0 for Sunday … 6 for Saturday."""
    return np.asarray((days.astype("datetime64[D]").astype(np.int64) + 4) % 7)


def make(step: int, back: NDArray[np.int64], labels: NDArray[np.int64], dates: DateArray | None) -> Baseline:
    """A baseline from steps back and their groups, of which the highest is the judged step's own."""
    order = np.lexsort((-back, labels))
    back, labels = back[order], labels[order]
    starts = tuple(int(start) for start in np.flatnonzero(np.diff(labels, prepend=labels[0] - 1)))
    if dates is None:
        times = -back.astype(np.float64)
    else:
        unit = (dates[1] - dates[0]).astype(np.int64)
        times = (dates[step - back] - dates[step]).astype(np.int64) / unit
    return Baseline(back, Design(starts, times))


def windows(step: int, years: int, half_width: int, period: int, dates: DateArray | None) -> Baseline | None:
    """Farrington's: the same week of earlier years and those round it, as far as they exist.

    The trend counts steps, also where the dates are those of months, which are not equally long.
    """
    if dates is None:
        middles = period * np.arange(1, years + 1)
        back = (middles[:, np.newaxis] + np.arange(-half_width, half_width + 1)).ravel()
        back = back[back <= step]
    else:
        days = np.concatenate([_window_days(dates[step], year, half_width, period) for year in range(1, years + 1)])
        at = np.searchsorted(dates, days)
        found = (at < dates.size) & (dates[np.minimum(at, dates.size - 1)] == days)
        back = step - at[found]
        back = back[back > 0]
    if back.size < 3:
        return None
    return make(step, back, np.zeros(back.size, dtype=np.int64), None)


def _window_days(day: np.datetime64, year: int, half_width: int, period: int) -> DateArray:
    middle = years_before(day, year)
    around = np.arange(-half_width, half_width + 1)
    if period == 12:
        months = (middle.astype("datetime64[M]") + around).astype("datetime64[D]")
        return np.asarray(months + (day - day.astype("datetime64[M]").astype("datetime64[D]")))
    if period != 52:
        return np.asarray(middle + around)
    days = middle + 7 * around
    forward = (weekday(np.array([day]))[0] - weekday(days)) % 7
    backward = (weekday(days) - weekday(np.array([day]))[0]) % 7
    return np.asarray(days + np.where(forward < backward, forward, -backward))


def seasons(
    step: int, years: int, half_width: int, groups: int, excluded: int, period: int, dates: DateArray | None
) -> Baseline | None:
    """Noufaily's: all weeks since the earliest window, in groups of season; None where the history is too short."""
    points = _reference_points(step, years, period, dates)
    if points is None or points[-1] - half_width < 0 or points[0] != step:
        return None
    labels = np.zeros(step + 1 + half_width, dtype=np.int64)
    labels[step - half_width : step + 1] = groups
    for later, earlier in pairwise(points):
        labels[earlier - half_width : earlier + half_width + 1] = groups
        if groups > 1:
            between = later - 2 * half_width - 1 - earlier
            if between < groups - (2 * half_width + 1):
                raise ValueError(f"{groups} groups are too many for a season of {later - earlier} steps")
            length, rest = divmod(between, groups - 1)
            lengths = np.full(groups - 1, length)
            lengths[:rest] += 1
            left = earlier + half_width + 1
            labels[left : left + between] = np.repeat(np.arange(1, groups), lengths)
    labels = labels[: step + 1]
    labels[max(0, step - excluded) :] = 0
    rows = np.flatnonzero(labels)
    if not (labels[rows] == groups).any():
        return None
    return make(step, step - rows, labels[rows], dates)


def _reference_points(step: int, years: int, period: int, dates: DateArray | None) -> list[int] | None:
    if dates is None:
        points = [step - period * year for year in range(years + 1)]
        return points if points[-1] >= 0 else None
    day = dates[step]
    days = np.array([years_before(day, year) for year in range(years + 1)], dtype="datetime64[D]")
    if period == 52:
        nearer = days - (weekday(days) - weekday(days[:1])[0])
        other = nearer + np.where(nearer > days, -7, 7)
        days = np.where(np.abs(nearer - days) > np.abs(other - days), other, nearer)
    at = np.searchsorted(dates, days)
    if (at >= dates.size).any() or (dates[np.minimum(at, dates.size - 1)] != days).any():
        return None
    return [int(point) for point in at]
