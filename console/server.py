"""The console's process: serve until asked to stop."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Generator

import anyio
import uvicorn
from anyio import to_thread
from prometheus_client import start_http_server

from catalogue.loader import load
from console import vendor
from console.app import application
from console.config import ConsoleConfig
from console.feed import Feed
from console.health import Health
from console.positions import BrokerPositions
from console.warehouse import Warehouse
from detectors import build

_log = logging.getLogger(__name__)
_GRACE_SECONDS = 3


class _Server(uvicorn.Server):
    """Leaves signals to the process that we run in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def run_console(
    config: ConsoleConfig,
    stop: threading.Event,
    *,
    wall_clock: Callable[[], int],
    ready: Callable[[str], None] = lambda url: None,
) -> int:
    """Serve the console until `stop` is set; return the exit code.

    Starts without ClickHouse and Kafka too, and says on the page that they do not answer.

    Parameters
    ----------
    config
        Addresses and credentials.
    stop
        Set to end.
    wall_clock
        Milliseconds UTC.
    ready
        Called with the page's address once it is served; with port 0 only this tells which it became.

    Raises
    ------
    OSError
        The port is taken.
    catalogue.document.CatalogueError
        The catalogue's folder holds an error; says file and line.
    """
    catalogue = load(config.catalogue, probe=build)
    warehouse = Warehouse(config.clickhouse)
    positions = BrokerPositions(config.bootstrap, config.topics) if config.bootstrap else None
    health = Health(warehouse, positions, config.processes, config.patience)
    feed = Feed(warehouse, catalogue, health, replay=config.replay, wall_clock=wall_clock)
    if missing := vendor.missing():
        _log.error("charts cannot be drawn, %s missing: run `python -m console.vendor`", ", ".join(missing))
    if config.metrics_port is not None:
        start_http_server(config.metrics_port, addr=config.host)
    listening = socket.create_server((config.host, config.port), reuse_port=False)
    server = _Server(
        uvicorn.Config(
            application(config, warehouse, catalogue, feed),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )

    async def serve() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(feed.run)
            group.start_soon(_until, stop, feed, server)
            ready(f"http://{config.host}:{listening.getsockname()[1]}")
            await server.serve(sockets=[listening])
            stop.set()
            group.cancel_scope.cancel()

    try:
        anyio.run(serve)
    finally:
        warehouse.close()
        if positions is not None:
            positions.close()
    return 0


async def _until(stop: threading.Event, feed: Feed, server: uvicorn.Server) -> None:
    """End the server when asked to; open streams first, or it would wait for their readers."""
    await to_thread.run_sync(stop.wait)
    server.should_exit = True
    feed.close()
