"""Alarm days of one signal and area, grouped to episodes."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Episode:
    """Alarm days that belong together: one alert.

    `ended` is True where more than the quiet days have passed since the last alarm, or a later episode took over.
    `continues_first` is the first day of the episode that this one renews after the cap.
    """

    first: int
    last: int
    days: tuple[int, ...]
    ended: bool
    continues_first: int | None


def episodes(
    alarm_days: Sequence[int], gaps: Sequence[int], today: int, quiet: int = 14, cap: int = 56
) -> list[Episode]:
    """Group alarm days to episodes, oldest first; a pure function of its arguments.

    Two neighbouring alarm days belong together if they lie no further apart than the larger of their gaps. An
    episode holds alarm days of `cap` days at most; the next alarm day of its group begins one that renews it. It has
    ended when `quiet` whole days without an alarm lie behind it, and at once when a later episode begins, so that at
    most one episode of a series is open.

    Parameters
    ----------
    alarm_days
        Days on which a method that speaks alarms, days since any origin; strictly increasing.
    gaps
        For each alarm day the largest gap in days of the methods that alarm on it (`alerts.spans.gap_of`).
    today
        Civil day of the clock, same origin; alarm days do not lie behind it.
    quiet
        Whole days without an alarm after which an episode has ended.
    cap
        Days from the first alarm day that one episode may hold.

    Raises
    ------
    ValueError
        If the days are not strictly increasing, the lengths differ, or an alarm lies in the future.
    """
    if len(alarm_days) != len(gaps):
        raise ValueError("one gap for each alarm day")
    if any(later <= earlier for earlier, later in itertools.pairwise(alarm_days)):
        raise ValueError("alarm days must increase strictly")
    if alarm_days and alarm_days[-1] > today:
        raise ValueError("an alarm day lies behind today")
    found: list[tuple[list[int], int | None]] = []
    for i, day in enumerate(alarm_days):
        if found and day - alarm_days[i - 1] <= max(gaps[i - 1], gaps[i]):
            days, _ = found[-1]
            if day - days[0] < cap:
                days.append(day)
            else:
                found.append(([day], days[0]))
        else:
            found.append(([day], None))
    newest = len(found) - 1
    return [
        Episode(days[0], days[-1], tuple(days), i < newest or today - days[-1] > quiet, continues)
        for i, (days, continues) in enumerate(found)
    ]
