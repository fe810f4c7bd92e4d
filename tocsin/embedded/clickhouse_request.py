"""One HTTP request as a statement to run: what is asked, as whom, with which settings and parameters."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.embedded.clickhouse_credentials import Credential
from tocsin.embedded.clickhouse_errors import BAD_ARGUMENTS, NOT_IMPLEMENTED, READONLY, error
from tocsin.embedded.http_encoding import decoded
from tocsin.embedded.native_revision import WITH_SERIALIZATION_FLAG
from tocsin.embedded.sql_text import READS, Statement, statement

# Parts of the address that mean something to the interface and are no settings.
_INTERFACE = frozenset(
    {"query", "database", "default_format", "user", "password", "quota_key", "query_id", "stacktrace", "role"}
    | {"session_id", "session_timeout", "session_check", "close_session", "client_protocol_version"}
    | {"compress", "decompress", "buffer_size", "wait_end_of_query", "enable_http_compression"}
    | {"http_zlib_compression_level", "cancel_http_readonly_queries_on_client_close"}
)


@dataclass(frozen=True)
class Question:
    """A request, read.

    Parameters
    ----------
    asked : Statement
        What to run; an INSERT's data are in it.
    form : str
        Format of the answer.
    database : str
        The current database, empty for the default one.
    settings, parameters : mapping
        ClickHouse settings, and values of server-side parameters by name.
    query_id : str
        The client's or a fresh one.
    session_id, session_timeout : str, int
        Empty for none; seconds of idleness after which it ends.
    encodings : str
        Accept-Encoding if the client asked for compression, else empty.
    flagged : bool
        Native blocks are to carry the serialization flag.
    """

    asked: Statement
    form: str
    database: str
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    query_id: str
    session_id: str
    session_timeout: int
    encodings: str
    flagged: bool


def question(
    method: str, address: Mapping[str, str], headers: Mapping[str, str], body: bytes, credential: Credential
) -> Question:
    """Read a request.

    Raises
    ------
    ClickHouseError
        What a server would refuse before running anything: a changing statement by GET, several statements, an
        encoding or a part of the interface that is not here.
    """
    if _on(address, "compress") or _on(address, "decompress"):
        what = "ClickHouse's own block compression; use enable_http_compression=1 and Accept-Encoding"
        raise error(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", f"Not supported here: {what}")
    if headers.get("content-type", "").startswith("multipart/form-data"):
        raise error(NOT_IMPLEMENTED, "NOT_IMPLEMENTED", "External tables in the request are not supported here")
    body = decoded(body, headers.get("content-encoding", ""))
    text = address.get("query", "")
    asked = statement(f"{text}\n".encode() + body if text else body)
    if method == "GET" and asked.word not in READS:
        raise error(
            READONLY,
            "READONLY",
            "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. "
            "You should use method POST for modifying queries.",
        )
    default = headers.get("x-clickhouse-format") or address.get("default_format") or "TabSeparated"
    compressed = _on(address, "enable_http_compression")
    return Question(
        asked=asked,
        form=asked.result_format or default,
        database=headers.get("x-clickhouse-database") or address.get("database", ""),
        settings={
            name: value for name, value in address.items() if name not in _INTERFACE and not name.startswith("param_")
        },
        parameters={name[6:]: value for name, value in address.items() if name.startswith("param_")},
        query_id=address.get("query_id") or headers.get("x-clickhouse-query-id") or str(uuid.uuid4()),
        # A read-only session could keep nothing: no temporary table, no setting.
        session_id="" if credential.read_only else address.get("session_id", ""),
        session_timeout=min(_number(address, "session_timeout", 60), 3600),
        encodings=headers.get("accept-encoding", "") if compressed else "",
        flagged=_number(address, "client_protocol_version", 0) >= WITH_SERIALIZATION_FLAG,
    )


def _on(address: Mapping[str, str], name: str) -> bool:
    return address.get(name, "0") not in ("", "0", "false")


def _number(address: Mapping[str, str], name: str, default: int) -> int:
    value = address.get(name) or str(default)
    if not value.isdecimal():
        raise error(BAD_ARGUMENTS, "BAD_ARGUMENTS", f"{name} is not a number")
    return int(value)
