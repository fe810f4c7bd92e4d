"""Which change of an alert is told to people, and which only shown."""

from collections.abc import Iterable

from alerts.state import AlertState, Computed
from catalogue.model import SEVERITIES

TIERS = (3, 10, 30, 100, 300, 1000)
FRESH_DAYS = 7

# Rules by number, not by baseline: a correction that makes one true is news however old the case is.
_BY_NUMBER = ("single_case", "first_ever", "k_in_window", "k_places")


def tier_of(count: int) -> int:
    """Return the highest tier that a seven-day count has reached, 0 below the first."""
    return max((tier for tier in TIERS if tier <= count), default=0)


def opening(episode: Computed, kin: Iterable[AlertState], today: int) -> str:
    """Return why an alert under a new name speaks, or an empty text.

    `kin` are the current alerts that already told of some of its days: late data gave the episode another first day,
    or split it. What was told under the old name is not told again under the new one.
    """
    told = list(kin)
    if told:
        known = {day for state in told for day in state.days}
        return _tier(episode, max(s.peak_7d for s in told), known, max(s.cases for s in told), today)
    if not _fresh(episode, frozenset(), 0, today):
        return ""
    return "opened" if episode.continues_first is None else "renewed"


def standing_again(episode: Computed, old: AlertState, kin: Iterable[AlertState], today: int) -> str:
    """Return why an alert speaks that no episode backed for a while and one backs again, or an empty text."""
    told = list(kin)
    if told:
        return opening(episode, told, today)
    if old.state == "WITHDRAWN" or episode.last_day > old.last_day:
        return "reopened" if _fresh(episode, frozenset(), 0, today) else ""
    return _tier(episode, old.peak_7d, frozenset(), old.cases, today)


def change(episode: Computed, old: AlertState, today: int) -> str:
    """Return why an alert that was current and still is speaks, or an empty text."""
    known = frozenset(old.days)
    if not _fresh(episode, known, old.cases, today):
        return ""
    if old.state == "ENDED" and not episode.ended:
        return "reopened"
    if _rank(episode.severity) > _rank(old.severity):
        return f"severity {episode.severity}"
    crossed = _tier(episode, old.peak_7d, known, old.cases, today)
    if crossed:
        return crossed
    return "new case" if episode.every_case and episode.cases > old.cases else ""


def _tier(episode: Computed, told_peak: int, known: Iterable[int], told_cases: int, today: int) -> str:
    reached = tier_of(episode.peak_7d)
    if reached > tier_of(told_peak) and _fresh(episode, frozenset(known), told_cases, today):
        return f"tier {reached}"
    return ""


def _fresh(episode: Computed, known: frozenset[int], told_cases: int, today: int) -> bool:
    """Return whether it is not too late to speak: backfill does not shout."""
    if today - episode.last_day <= FRESH_DAYS:
        return True
    if episode.revised_day is not None and today - episode.revised_day > FRESH_DAYS:
        return False
    grew = episode.cases > told_cases
    by_number = (set(e.alarm_days) for e in episode.evidence if e.speaks and e.method in _BY_NUMBER)
    # Where methods must agree, one of them may alarm between the days of the alert: of those nothing is told.
    return any((grew and days) or days - known for days in (found.intersection(episode.days) for found in by_number))


def _rank(severity: str) -> int:
    return [str(s) for s in SEVERITIES].index(severity)
