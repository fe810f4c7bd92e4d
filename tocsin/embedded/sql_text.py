"""Just enough of ClickHouse's lexis to route a statement: its first word, where an INSERT's data begin, how many it is.

The engine parses; nothing here decides what a statement means or whether it is allowed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.embedded.clickhouse_errors import SYNTAX_ERROR, error

_TOKEN = re.compile(
    rb"""(?P<blank>\s+|--[^\n]*|\#[!\ ][^\n]*|/\*.*?\*/)
       | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
       | (?P<quoted>'(?:[^'\\]|\\.|'')*' | `(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*"
                    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
       | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)

READS = frozenset({"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"})
"""First words of statements that change nothing."""

STREAMS = frozenset({"SELECT", "WITH", "FROM"})
"""First words of statements whose result the engine can hand out block by block."""


@dataclass(frozen=True)
class Statement:
    """One statement as it came.

    Parameters
    ----------
    text : str
        The SQL without an INSERT's data and without its FORMAT clause.
    word : str
        First word in upper case (``(`` in front of a SELECT is passed over).
    data : bytes or None
        What an INSERT brings along, None for everything else.
    data_format : str
        The format of `data`.
    result_format : str
        The name in a FORMAT clause at the end, if there is one.
    """

    text: str
    word: str
    data: bytes | None = None
    data_format: str = ""
    result_format: str = ""


def statement(body: bytes) -> Statement:
    """Cut one statement out of a request.

    Raises
    ------
    ClickHouseError
        Empty, not UTF-8, or more than one statement.
    """
    word = ""
    depth = 0
    format_at = -1  # where the word FORMAT stood, if it was the last word
    result_format = ""
    in_settings = False
    for kind, token, start, end in _tokens(body):
        if kind == "quoted":
            format_at = -1
        elif kind == "sign":
            format_at = -1
            depth += {b"(": 1, b")": -1}.get(token, 0)
            if token == b";" and not depth:
                if any(rest != b";" for _, rest, _, _ in _tokens(body, end)):
                    raise error(SYNTAX_ERROR, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)")
                body = body[:start]
                break
        elif kind == "word":
            upper = token.decode().upper()
            word = word or upper
            if word == "INSERT" and not depth:
                if upper in STREAMS:
                    word = "INSERT SELECT"  # nothing follows it; look only for a second statement
                elif format_at >= 0:
                    return Statement(_text(body[:format_at]), word, _data(body, end), token.decode())
                elif upper == "VALUES":
                    return Statement(_text(body[:start]), word, body[end:], "Values")
            if not depth:
                # Only SETTINGS may follow the clause; anything else was a column or an alias of that name.
                if format_at >= 0:
                    result_format = token.decode()
                elif upper != "SETTINGS" and not in_settings:
                    result_format = ""
                in_settings = in_settings or (upper == "SETTINGS" and bool(result_format))
                format_at = start if upper == "FORMAT" else -1
    if not word:
        raise error(SYNTAX_ERROR, "SYNTAX_ERROR", "Syntax error: Empty query")
    if word == "INSERT":
        return Statement(_text(body), word, b"", "Values")
    return Statement(_text(body), word, result_format=result_format)


def without_literals(sql: str) -> str:
    """Return the statement with quoted text blanked, so that words can be looked for."""
    return b"".join(
        b"''" if kind == "quoted" else token for kind, token, _, _ in _tokens(sql.encode(), blanks=True)
    ).decode(errors="replace")


def quoted(value: str) -> str:
    """A string literal of ClickHouse."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    """A quoted identifier of ClickHouse."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _tokens(body: bytes, start: int = 0, *, blanks: bool = False) -> Iterator[tuple[str, bytes, int, int]]:
    for found in _TOKEN.finditer(body, start):
        kind = found.lastgroup if found.lastgroup != "tag" else "quoted"
        if kind is not None and (blanks or kind != "blank"):
            yield kind, found.group(), found.start(), found.end()


def _text(body: bytes) -> str:
    try:
        return body.decode().strip()
    except UnicodeDecodeError:
        raise error(SYNTAX_ERROR, "SYNTAX_ERROR", "Syntax error: the query is not UTF-8") from None


def _data(body: bytes, end: int) -> bytes:
    """An INSERT's data begin behind the format's name, blanks and one line end."""
    while end < len(body) and body[end : end + 1] in (b" ", b"\t", b"\r", b";"):
        end += 1
    return body[end + 1 :] if body[end : end + 1] == b"\n" else body[end:]
