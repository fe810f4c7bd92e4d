"""What the read-only credential may ask, beyond what the engine's readonly mode and missing grants refuse themselves.

The engine in this embedding leaves gaps on a readonly session: the scalar function `file` reads any file, INTO OUTFILE
writes one, KILL QUERY ends the writer's insert, `python` looks into this process, `sqlite` makes files before it is
refused, and SET ROLE takes a laid-down role up again. So a question is parsed *by the engine* (its own syntax tree,
never a pattern of ours on the text), and only questions are let through whose every part is known to be harmless.
"""

import re
from collections.abc import Mapping

from tocsin.embedded.clickhouse_engine import Session
from tocsin.embedded.clickhouse_errors import READONLY, ClickHouseError, error
from tocsin.embedded.sql_text import without_literals

# Settings of the session itself. Time and memory bound one question; threads bound what it takes from the writer.
LIMITS: Mapping[str, float] = {
    "max_execution_time": 30,
    "max_memory_usage": 1_000_000_000,
    "max_threads": 2,
    "max_result_bytes": 500_000_000,
    "max_rows_to_read": 2_000_000_000,
}
# What a client may ask for in the address without being refused: how the answer is written (but not a schema file).
_WRITING = re.compile(
    r"output_format_(?!schema$)\w+|date_time_output_format|session_timezone|format_csv_delimiter|extremes|join_use_nulls"
    r"|send_progress_in_http_headers|http_headers_progress_interval_ms|http_write_exception_in_output_format"
)
# Readers of clients send these as a matter of course; they change nothing here.
_PASSED_OVER = frozenset({"readonly", "log_comment", "log_queries", "connect_timeout", "receive_timeout"})

_KINDS = frozenset(
    {"SelectWithUnionQuery", "SelectQuery", "SelectIntersectExceptQuery", "DescribeQuery", "Explain"}
    | {"ShowTables", "ShowColumns", "ShowIndexes", "ShowFunctions", "ShowSetting", "ShowEngineQuery"}
    | {"ShowCreateTableQuery", "ShowCreateViewQuery", "ShowCreateDatabaseQuery", "ShowProcesslistQuery"}
    | {"ExistsTableQuery", "ExistsViewQuery", "ExistsDatabaseQuery"}
)
_TABLE_FUNCTIONS = frozenset(
    {"numbers", "numbers_mt", "zeros", "zeros_mt", "generateseries", "generate_series", "generaterandom", "primes"}
    | {"values", "format", "view", "null", "merge"}
)
# Ordinary functions that leave the process: a file, another host, a library, a model's service.
_FUNCTIONS = re.compile(r"file|hascolumnintable|catboostevaluate|ai[a-z]\w*|filesystem\w+|getserver\w+")


def guarded(session: Session) -> frozenset[str]:
    """List every table function of this engine, lower case, that a dashboard has no use for.

    Taken from the engine and not from a list of ours, so that one that a new version brings is refused too.
    """
    names = session.run("SELECT lower(name) FROM system.table_functions").decode().split()
    return frozenset(names) - _TABLE_FUNCTIONS


def restrict(session: Session, asked: Mapping[str, str]) -> None:
    """Make the session read-only and limited, for good.

    Parameters
    ----------
    session : Session
        A fresh one.
    asked : mapping
        Settings of the request's address: how to write the answer is honoured, a limit is taken if it is the tighter.

    Raises
    ------
    ClickHouseError
        READONLY, for any other setting.
    """
    limits = dict(LIMITS)
    writing = {}
    for name, value in asked.items():
        if name in LIMITS:
            limits[name] = _tighter(name, value)
        elif _WRITING.fullmatch(name):
            writing[name] = value
        elif name not in _PASSED_OVER:
            raise error(READONLY, "READONLY", f"Cannot modify '{name}' setting in readonly mode.")
    session.set(writing)
    session.run("SET ROLE NONE")
    session.set({**{name: f"{value:g}" if value < 1e6 else str(int(value)) for name, value in limits.items()}})
    session.set({"readonly": "1"})


def check(session: Session, sql: str, parameters: Mapping[str, str], refused_tables: frozenset[str]) -> None:
    """Let the engine parse a question and refuse it unless all of it is harmless.

    Parameters
    ----------
    session : Session
        Restricted already.
    sql, parameters : str, mapping
        The question.
    refused_tables : frozenset of str
        From `guarded`.

    Raises
    ------
    ClickHouseError
        READONLY naming what is refused, or the engine's own syntax error.
    """
    # formatQuery parses without running anything, refuses a second statement, and gives comments and quoting one form.
    text = session.run("SELECT formatQuerySingleLine({q:String})", parameters={"q": _escaped(sql)}).decode().strip()
    if re.search(r"\bINTO\s+OUTFILE\b", without_literals(text), re.IGNORECASE):
        raise _refused("INTO OUTFILE")
    tree = session.run(f"EXPLAIN AST {text}", parameters=parameters).decode().splitlines()
    nodes = [line.strip().split(" ") for line in tree if not line.lstrip().startswith("Literal ")]
    kinds = [nodes[0][0]]
    if kinds[0] == "Explain" and len(nodes) > 1:
        kinds.append(nodes[1][0])
        if kinds[1] == "Set":  # EXPLAIN's own options stand before what it explains
            kinds[1] = nodes[2][0]
    for kind in kinds:
        if kind not in _KINDS:
            raise _refused(f"this statement ({kind})")
    for node in nodes:
        if node[0] == "Function":
            name = " ".join(node[1:]).split(" (")[0].lower()
            if name in refused_tables or _FUNCTIONS.fullmatch(name):
                raise _refused(f"function {name}")
        elif node[0] == "Set" and kinds[0] != "Explain":
            raise _refused("a SETTINGS clause")


def _tighter(name: str, value: str) -> float:
    try:
        asked = float(value)
    except ValueError:
        raise error(READONLY, "READONLY", f"Setting {name} is not a number.") from None
    return min(asked, LIMITS[name]) if asked > 0 else LIMITS[name]  # 0 would mean no limit


def _escaped(text: str) -> str:
    """A parameter's value is read as a TabSeparated field."""
    return (
        text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
    )


def _refused(what: str) -> ClickHouseError:
    return error(READONLY, "READONLY", f"Cannot execute query in readonly mode: {what} is not for this credential.")
