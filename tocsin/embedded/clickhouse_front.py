"""ClickHouse's HTTP interface over the embedded engine, so that ordinary clients take it for a server.

clickhouse-connect, curl and Grafana's plug-in (over HTTP) work against it unmodified. Two credentials: a writer, and a
reader whom the engine holds read-only. Each request runs on a connection and a thread of its own; the two credentials
have separate thread limits, so that no number of slow readers keeps the writer waiting.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import anyio
import uvicorn
from anyio import to_thread
from prometheus_client import Counter, Histogram
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tocsin.embedded import dashboard_guard
from tocsin.embedded.clickhouse_credentials import Credential, identified
from tocsin.embedded.clickhouse_engine import Engine, Numbers, Session
from tocsin.embedded.clickhouse_errors import ClickHouseError
from tocsin.embedded.clickhouse_request import Question, question
from tocsin.embedded.clickhouse_sessions import Sessions
from tocsin.embedded.http_encoding import Encoder, encoder
from tocsin.embedded.native_revision import reframed

log = logging.getLogger(__name__)

_FIRST_PART = 1 << 20  # bytes gathered before the status line goes out, so that most errors still get their own
_QUERIES = Counter("tocsin_clickhouse_queries", "Statements run", ["credential", "statement"])
_ERRORS = Counter("tocsin_clickhouse_errors", "Statements refused or failed", ["credential", "code"])
_SECONDS = Histogram("tocsin_clickhouse_seconds", "Time to the first part of an answer", ["credential"])
_WRITTEN = Counter("tocsin_clickhouse_written_rows", "Rows inserted")
_CONTENT_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "Arrow": "application/octet-stream",
    "ArrowStream": "application/octet-stream",
}


@dataclass
class _Answer:
    """An answer begun: the first part, and where the rest comes from if there is more."""

    session: Session
    asked: Question
    numbers: Numbers = field(default_factory=Numbers)
    first: bytes = b""
    rest: Generator[bytes, None, None] | None = None


class Front:
    """The interface's state.

    Parameters
    ----------
    engine : Engine
        The open folder.
    writer, reader : Credential
        Who may come in.
    """

    def __init__(self, engine: Engine, writer: Credential, reader: Credential) -> None:
        self._engine = engine
        self._sessions = Sessions(engine.connect)
        self._known = {writer.name: writer, reader.name: reader}
        self._limits = {False: anyio.CapacityLimiter(24), True: anyio.CapacityLimiter(8)}
        session = engine.connect()
        self._refused_tables = dashboard_guard.guarded(session)
        timezone, name = session.run("SELECT timezone(), displayName()").decode().split()
        session.close()
        self._headers = {"X-ClickHouse-Server-Display-Name": name, "X-ClickHouse-Timezone": timezone}

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/ping", lambda request: PlainTextResponse("Ok.\n")),
                Route("/replicas_status", lambda request: PlainTextResponse("Ok.\n")),
                Route("/", self.answer, methods=["GET", "POST"]),
            ]
        )

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        address = dict(request.query_params)
        if request.method == "GET" and "query" not in address:
            return PlainTextResponse("Ok.\n")
        who = "unknown"
        try:
            credential = identified(self._known, request.headers, address)
            who = credential.name
            body = await request.body() if request.method == "POST" else b""
            limiter = self._limits[credential.read_only]
            begun = await to_thread.run_sync(
                self._begin, request.method, address, dict(request.headers), body, credential, limiter=limiter
            )
        except ClickHouseError as problem:
            _ERRORS.labels(who, problem.code).inc()
            if problem.no_space:
                log.error("no space left on the disk of the data: refused with code %d", problem.code)
            return self._error(problem)
        except ClientDisconnect:
            return Response(status_code=400)
        headers = self._answer_headers(begun)
        chosen = encoder(begun.asked.encodings)
        if chosen:
            headers["Content-Encoding"] = chosen[0]
        if begun.rest is None:
            content = chosen[1].compress(begun.first) + chosen[1].flush() if chosen else begun.first
            return Response(content, headers=headers)
        tag = headers["X-ClickHouse-Exception-Tag"] = secrets.token_hex(8)
        pieces = self._pieces(begun, begun.rest, tag, limiter)
        if chosen:
            pieces = _compressed(pieces, chosen[1])
        return StreamingResponse(pieces, headers=headers)

    def _begin(
        self,
        method: str,
        address: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        credential: Credential,
    ) -> _Answer:
        began = time.monotonic()
        asked = question(method, address, headers, body, credential)
        _QUERIES.labels(credential.name, asked.asked.word).inc()
        answer = _Answer(self._sessions.take(asked.session_id), asked)
        try:
            self._prepare(answer.session, asked, credential)
            if asked.asked.data is not None:
                answer.session.insert(asked.asked, answer.numbers)
                _WRITTEN.inc(answer.numbers.written_rows)
            else:
                self._first_part(answer)
        except BaseException:
            self._end(answer)
            raise
        if answer.rest is None:
            self._end(answer)
        _SECONDS.labels(credential.name).observe(time.monotonic() - began)
        return answer

    def _prepare(self, session: Session, asked: Question, credential: Credential) -> None:
        if asked.database:
            session.use(asked.database)
        if credential.read_only:
            dashboard_guard.restrict(session, asked.settings)
            dashboard_guard.check(session, asked.asked.text, asked.parameters, self._refused_tables)
        else:
            session.set(asked.settings)

    @staticmethod
    def _first_part(answer: _Answer) -> None:
        asked = answer.asked
        pieces = answer.session.chunks(asked.asked, asked.form, asked.parameters, answer.numbers)
        if asked.flagged and asked.form == "Native":
            pieces = _flagged(pieces)
        for piece in pieces:
            answer.first += piece
            if len(answer.first) >= _FIRST_PART:
                answer.rest = pieces
                return

    def _end(self, answer: _Answer) -> None:
        asked = answer.asked
        self._sessions.give_back(asked.session_id, answer.session, asked.settings, asked.session_timeout)

    async def _pieces(
        self, begun: _Answer, rest: Generator[bytes, None, None], tag: str, limiter: anyio.CapacityLimiter
    ) -> AsyncIterator[bytes]:
        try:
            yield begun.first
            while (piece := await to_thread.run_sync(next, rest, None, limiter=limiter)) is not None:
                yield piece
        except ClickHouseError as problem:
            # The status is long sent; newer clients look for this form at the end of what they got.
            text = f"{problem}\n"
            yield f"\r\n__exception__\r\n{tag}\r\n{text}{len(text)} {tag}\r\n__exception__\r\n".encode()
        finally:
            # A reader who hung up must not leave his query running.
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._abandon, begun)

    def _abandon(self, begun: _Answer) -> None:
        if begun.rest is not None:
            begun.rest.close()
        self._end(begun)

    def _answer_headers(self, begun: _Answer) -> dict[str, str]:
        form = begun.asked.form
        return {
            **self._headers,
            "X-ClickHouse-Query-Id": begun.asked.query_id,
            "X-ClickHouse-Format": form,
            "X-ClickHouse-Summary": json.dumps(begun.numbers.as_header(), separators=(",", ":")),
            "Content-Type": _CONTENT_TYPES.get(form, "text/plain; charset=UTF-8"),
        }

    def _error(self, problem: ClickHouseError) -> Response:
        headers = {**self._headers, "X-ClickHouse-Exception-Code": str(problem.code)}
        return PlainTextResponse(f"{problem}\n", status_code=problem.status, headers=headers)

    def close(self) -> None:
        """Close the named sessions."""
        self._sessions.close()


def _flagged(pieces: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    with closing(pieces):
        for piece in pieces:
            yield reframed(piece)


async def _compressed(pieces: AsyncIterator[bytes], how: Encoder) -> AsyncIterator[bytes]:
    async for piece in pieces:
        if out := how.compress(piece):
            yield out
    yield how.flush()


def run_clickhouse(engine: Engine, writer: Credential, reader: Credential, port: int, stop: threading.Event) -> int:
    """Serve until `stop` is set.

    Parameters
    ----------
    engine : Engine
        The open folder.
    writer, reader : Credential
        Who may come in.
    port : int
        On 127.0.0.1.
    stop : threading.Event
        Set it to end: answers that are being sent have five seconds.

    Returns
    -------
    int
        0 after an orderly end, 1 if the port could not be had.
    """
    front = Front(engine, writer, reader)
    config = uvicorn.Config(
        front.application(),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=60,
    )
    server = uvicorn.Server(config)

    def watch() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=watch, name="stop", daemon=True).start()
    try:
        anyio.run(server.serve)
    except SystemExit:
        pass  # uvicorn's word for a port that could not be had; it has said so
    finally:
        # An engine that is still open when the interpreter ends takes the process down with a fault.
        front.close()
        engine.close()
    return 0 if server.started else 1
