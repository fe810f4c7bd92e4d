"""HL7's timestamps: ``20200310085500.123+0800``, as precise as the sender likes."""

import re
from datetime import UTC, datetime, timedelta, timezone

_TIMESTAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:(\d{2})(?:\.(\d{1,4}))?)?)?([+-]\d{4})?")
_SINCE = datetime(2000, 1, 1, tzinfo=UTC)


class NoMoment(ValueError):
    """Not a timestamp; its only argument is the reason, as in docs/rejections.md."""


def zone_of(text: str) -> timezone | None:
    """Return the zone that a timestamp names, None if it names none."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None or found[8] is None:
        return None
    sign = -1 if found[8][0] == "-" else 1
    return timezone(sign * timedelta(hours=int(found[8][1:3]), minutes=int(found[8][3:])))


def moment(text: str, default: timezone | None) -> datetime | None:
    """Return the instant of a timestamp, None of an empty one.

    Parameters
    ----------
    text
        At least year, month and day; what is left out is zero.
    default
        Zone of timestamps that name none: that of the message's own.

    Raises
    ------
    NoMoment
        The text is no timestamp, or has no zone.
    """
    if not text:
        return None
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise NoMoment("not_a_timestamp")
    zone = zone_of(text) or default
    if zone is None:
        raise NoMoment("timestamp_without_zone")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    fraction = int((found[7] or "0").ljust(6, "0"))
    try:
        return datetime(year, month, day, hour, minute, second, fraction, tzinfo=zone)
    except ValueError:
        raise NoMoment("not_a_timestamp") from None


def spelled(instant: datetime) -> str:
    """Return an instant as a timestamp with milliseconds, in UTC."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y%m%d%H%M%S}.{utc.microsecond // 1000:03d}+0000"


def revision(instant: datetime) -> int:
    """Return the revision of a result whose status changed then: HL7 counts none, but its clock goes one way.

    Seconds since 2000, so that a later message stands above an earlier one, in whatever order they come.
    """
    return int((instant - _SINCE).total_seconds())


def moment_of(number: int) -> datetime:
    """Return the instant whose `revision` is this number."""
    return _SINCE + timedelta(seconds=number)
