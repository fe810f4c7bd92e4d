"""ClickHouse's errors: their code out of the engine's text, and the HTTP status that a server gives them."""

import re
from errno import ENOSPC
from http import HTTPStatus

_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ")

SYNTAX_ERROR = 62
READONLY = 164
NOT_IMPLEMENTED = 48
AUTHENTICATION_FAILED = 516
BAD_ARGUMENTS = 36
SESSION_IS_LOCKED = 373
LIMIT_EXCEEDED = 290
NOT_ENOUGH_SPACE = 243
UNKNOWN_EXCEPTION = 1002

_BY_STATUS: dict[HTTPStatus, tuple[int, ...]] = {
    HTTPStatus.UNAUTHORIZED: (194,),
    HTTPStatus.FORBIDDEN: (192, 193, 497, AUTHENTICATION_FAILED),
    # Unknown table, database, function, identifier, type, storage, format, setting, dictionary, column.
    HTTPStatus.NOT_FOUND: (16, 46, 47, 50, 56, 60, 73, 81, 115, 456, 482),
    HTTPStatus.REQUEST_TIMEOUT: (159,),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (223,),
    HTTPStatus.NOT_IMPLEMENTED: (NOT_IMPLEMENTED,),
    HTTPStatus.SERVICE_UNAVAILABLE: (202, 209, 439),
    # What the sender wrote cannot be parsed, typed or used.
    HTTPStatus.BAD_REQUEST: (
        *(6, 20, 26, 27, 33, 34, 35, BAD_ARGUMENTS, 38, 41, 42, 43, 44, 53, SYNTAX_ERROR, 69, 70, 72, 117, 130, 131),
        *(167, 168, 169, 190, 321, 349, 395, 457),
    ),
}
_STATUS = {code: status for status, codes in _BY_STATUS.items() for code in codes}


class ClickHouseError(Exception):
    """An error as ClickHouse words it.

    Parameters
    ----------
    message : str
        The engine's text, ``Code: n. DB::Exception: …`` somewhere in it.

    Attributes
    ----------
    code : int
        ClickHouse's error code; 1002 when the text has none.
    """

    def __init__(self, message: str) -> None:
        found = _CODE.search(message)
        self.code = int(found.group(1)) if found else UNKNOWN_EXCEPTION
        # What stands before the code names the embedding's own calls and not the query.
        super().__init__(message[found.start() :] if found else f"Code: {UNKNOWN_EXCEPTION}. DB::Exception: {message}")

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status of a server that answers with this error."""
        return _STATUS.get(self.code, HTTPStatus.INTERNAL_SERVER_ERROR)

    @property
    def no_space(self) -> bool:
        """Whether the disk of the data is full."""
        return self.code == NOT_ENOUGH_SPACE or f"errno: {ENOSPC}," in str(self)


def error(code: int, name: str, message: str) -> ClickHouseError:
    """Word an error of the front's own as the engine would."""
    return ClickHouseError(f"Code: {code}. DB::Exception: {message} ({name})")
