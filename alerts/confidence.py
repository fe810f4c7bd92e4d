"""How far an alert's own numbers bear it out: for the order in which people read, never for what they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alerts.state import Evidence

Level = Literal["high", "medium", "low"]

AGREEING_SHARE = 2 / 3
"""Of the methods able to judge, so many in alarm count as agreement; less than half of that as dissent."""

FAR_ABOVE = 2.0
"""Times the bound from which a count is far above it."""

TINY_P = 1e-6
"""A p-value of a deciding method below which the count is next to impossible by its baseline."""

SEVERAL_DAYS = 3
"""Alarm days from which an alarm is no matter of one day."""

FRESH_DAYS = 1
"""A single alarm day that lies no further back is still filling: reports of it come and are corrected."""

_ABLE = 3
_BY_NUMBER = ("single_case", "k_in_window", "first_ever", "k_places")


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing that speaks for an alert (`weight` 1) or against it (-1).

    `what` is ``agree``, ``alone``, ``far``, ``rare``, ``bare``, ``days``, ``fresh``, ``sources`` or ``no_baseline``;
    `n` and `of` are the numbers that belong to it, such as 5 of 7 methods.
    """

    what: str
    weight: int
    n: float = 0
    of: float = 0


@dataclass(frozen=True, slots=True)
class Confidence:
    """The sum of the grounds and what it is called: 2 and more high, 0 and 1 medium, less low."""

    level: Level
    points: int
    grounds: tuple[Ground, ...]


def confidence(
    evidence: Sequence[Evidence],
    alarm_days: int,
    last_day: int,
    today: int,
    sources: int = 1,
    *,
    every_case: bool = False,
) -> Confidence:
    """Return how far an alert's own numbers bear it out, and why.

    Each ground counts one: methods agree, or most of those able to judge do not alarm; the count lies far above the
    bounds that decide, or just at them; alarms stand on several days, or only on one that is still filling;
    several sources tell of the same event; no method has a baseline to compare with. Where every case alarms (plague,
    cholera) a bound says nothing and only days, sources and agreement are looked at.

    It is no probability and no judgement of risk, which people make after verification. It orders alerts of the same
    severity and is shown in words; no alert is hidden or closed by it.

    Parameters
    ----------
    evidence
        What each method said of the last alarm day.
    alarm_days
        How many days the alarm stood on.
    last_day, today
        Last alarm day and the civil day of the clock, days since any origin.
    sources
        Sources that tell of the event (`alerts.joined`).
    every_case
        Whether a single case is the rule that decides.

    Examples
    --------
    >>> def said(method, observed, upper, alarm):
    ...     return Evidence(method, "{}", method == "w8", 0, observed, 1.0, upper, None, None, alarm, "", ())
    >>> methods = [said("w8", 40, 9, True), said("c1", 12, 6, True), said("cusum", 12, 3, True)]
    >>> found = confidence(methods, alarm_days=4, last_day=20, today=20)
    >>> found.level, [ground.what for ground in found.grounds]
    ('high', ['agree', 'far', 'days'])
    """
    able = [one for one in evidence if not one.reason]
    grounds = [
        _agreement(able),
        None if every_case else _height(able),
        _duration(alarm_days, last_day, today),
        Ground("sources", 1, sources) if sources > 1 else None,
        _baseline(evidence, able),
    ]
    found = tuple(ground for ground in grounds if ground is not None)
    points = sum(ground.weight for ground in found)
    level: Level = "high" if points >= 2 else "medium" if points >= 0 else "low"
    return Confidence(level, points, found)


def _agreement(able: Sequence[Evidence]) -> Ground | None:
    alarming = sum(one.alarm for one in able)
    if len(able) < _ABLE:
        return None
    if alarming >= AGREEING_SHARE * len(able):
        return Ground("agree", 1, alarming, len(able))
    return Ground("alone", -1, alarming, len(able)) if 2 * alarming < AGREEING_SHARE * len(able) else None


def _height(able: Sequence[Evidence]) -> Ground | None:
    """Return whether the count is far above, or just at, the bounds that decide: those of a baseline where one does."""
    heard = [one for one in able if one.speaks and one.alarm and one.observed is not None and one.upper is not None]
    deciding = [one for one in heard if one.method not in _BY_NUMBER] or heard
    if not deciding:
        return None
    times = min((one.observed or 0.0) / max(one.upper or 0.0, 1.0) for one in deciding)
    tiny = any(one.p_value is not None and one.p_value < TINY_P for one in deciding)
    if times >= FAR_ABOVE:
        return Ground("far", 1, times)
    if tiny:
        return Ground("rare", 1)
    # Rules on whole cases name the highest count that is still quiet: one case less would have been quiet.
    # Where one case is the rule, one case is no near miss.
    bare = all(one.upper and one.upper >= 1 and (one.observed or 0.0) <= one.upper + 1 for one in deciding)
    return Ground("bare", -1, times) if bare else None


def _duration(alarm_days: int, last_day: int, today: int) -> Ground | None:
    if alarm_days >= SEVERAL_DAYS:
        return Ground("days", 1, alarm_days)
    return Ground("fresh", -1, alarm_days) if alarm_days == 1 and today - last_day <= FRESH_DAYS else None


def _baseline(evidence: Sequence[Evidence], able: Sequence[Evidence]) -> Ground | None:
    by_baseline = [one for one in evidence if one.method not in _BY_NUMBER]
    if by_baseline and not any(one.method not in _BY_NUMBER for one in able):
        return Ground("no_baseline", -1, len(by_baseline))
    return None
