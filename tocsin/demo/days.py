"""The demo's span and its civil time."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2020, 1, 15)
LAST_DAY = date(2020, 5, 31)
END = datetime.combine(LAST_DAY, time(23, 59), tzinfo=SHANGHAI)
"""Nothing is released later."""


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment of a civil day in Asia/Shanghai."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=SHANGHAI)


def closing(day: date) -> datetime:
    """Return when figures of a whole day are told: late that day, or as the demo begins for days before it."""
    return at(day, 23, 40) if day >= FIRST_DAY else at(FIRST_DAY, 8)


def day_from(text: str) -> date | None:
    """Return the day that a table's cell holds, if it holds one."""
    return date.fromisoformat(text) if text else None


def days_between(first: date, last: date) -> list[date]:
    """Return all days, both ends included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
