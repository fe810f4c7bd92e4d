"""The console as one ASGI application: page, API, registry, metrics, health."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalogue.model import Catalogue
from console import api, registry
from console.config import ConsoleConfig
from console.feed import Feed
from console.warehouse import Warehouse

STATIC = Path(__file__).resolve().parent / "static"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class _Guarded:
    """Adds the headers that keep foreign content out, and has browsers ask before they reuse a file."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def _page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")


def _metrics(request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _health(feed: Feed) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        trouble = feed.database_trouble
        stalled = [stage.name for stage in feed.stages if stage.state == "stalled"]
        # Before the first reading the clock is unknown, and nothing that is shown can be trusted.
        well = trouble is None and feed.has_read
        content = {"ok": well, "database": trouble, "stalled": stalled, "clock": feed.clock}
        return JSONResponse(content, 200 if well else 503, {"Cache-Control": "no-store"})

    return handle


def application(config: ConsoleConfig, warehouse: Warehouse, catalogue: Catalogue, feed: Feed) -> Starlette:
    """Return the application; the feed is run by the caller.

    Parameters
    ----------
    config
        Which hosts are answered.
    warehouse, catalogue, feed
        What the answers are made of.
    """
    return Starlette(
        routes=[
            Route("/", _page),
            Mount("/api", routes=api.routes(warehouse, catalogue, feed)),
            Mount("/registry", routes=registry.routes()),
            Route("/metrics", _metrics),
            Route("/health", _health(feed)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(_Guarded),
            Middleware(TrustedHostMiddleware, allowed_hosts=config.hosts),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
        ],
    )
