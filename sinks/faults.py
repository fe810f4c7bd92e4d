"""What can interrupt a sink, by what is to be done about it."""

import re

from clickhouse_connect.driver.exceptions import ClickHouseError
from urllib3.exceptions import HTTPError

TRANSPORT_ERRORS = (ClickHouseError, HTTPError, OSError)
"""Everything by which a request to ClickHouse can fail."""


class Stopped(Exception):
    """The process is to end; nothing is wrong."""


class Refold(Exception):
    """What is in memory no longer agrees with the tables: start again from what they hold."""


class ProgressDoubted(Refold):
    """Progress does not fit the topic: start again from the topic's beginning, with the rows that the tables hold."""


class Diverged(Exception):
    """The tables hold rows of a topic's history that no longer exists: empty them and fold again."""


class ForeignRows(RuntimeError):
    """The tables hold rows of another topic of the same name; only a human may have them dropped."""


class PartitionMismatch(RuntimeError):
    """A topic has another number of partitions than configured; keys are bound to it, so nothing would fit."""


class DatabaseFault(RuntimeError):
    """ClickHouse refuses a statement that will never be right: a fault of ours or of the set-up."""


_CODE = re.compile(r"\bCode: (\d+)")
_SAID = {241: "memory limit exceeded", 243: "no space left"}

# Table or database does not exist.
_GONE = {60, 81}
# Unknown column, parse, type, syntax, unknown setting, read-only, access, authentication.
_OURS = {16, 20, 26, 27, 43, 46, 47, 53, 62, 115, 117, 164, 192, 193, 194, 497, 516}


def _code(error: BaseException) -> int | None:
    found = _CODE.search(str(error))
    return int(found.group(1)) if found else None


def worded(error: BaseException) -> str:
    """Return what kind of error it was, for a log: ClickHouse's code, never its text, which holds values."""
    code = _code(error)
    if code is None:
        return type(error).__name__
    return f"code {code}, {_SAID[code]}" if code in _SAID else f"code {code}"


def raise_if_lasting(error: BaseException) -> None:
    """Return if the request may be tried again later; raise what to do otherwise.

    Raises
    ------
    Refold
        The tables are gone: somebody dropped them, or this is an empty ClickHouse.
    DatabaseFault
        To try again is useless.
    """
    code = _code(error)
    if code in _GONE:
        raise Refold("the tables are gone") from error
    if code in _OURS:
        raise DatabaseFault(f"ClickHouse refuses with code {code}") from error
