"""What each supervised process runs: our settings translated into each room's own configuration.

The rooms are imported inside the functions: a process loads what it runs and nothing else.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from schemas.topics import PARTITIONS, Topics
from tocsin.settings import Settings

if TYPE_CHECKING:
    from sinks.client import Address

Failpoint = Callable[[str], None]
Process = Callable[[Settings, threading.Event, Failpoint], int]

SPEED = "TOCSIN_DEMO_SPEED"
"""Environment variable: replayed seconds a second, for the demo."""


def now() -> int:
    """The wall clock, milliseconds UTC: the only place of the processes that reads it."""
    return time.time_ns() // 1_000_000


def clickhouse_address(settings: Settings, *, read_only: bool) -> "Address":
    """ClickHouse's address under one of the two credentials."""
    from sinks.client import Address

    return Address(
        host=settings.clickhouse_host,
        port=settings.ports.clickhouse,
        user=settings.reader if read_only else settings.writer,
        password=settings.reader_password if read_only else settings.writer_password,
        database=settings.database,
    )


def metrics_addresses(settings: Settings) -> Mapping[str, str]:
    """Prometheus endpoint of each process."""
    ports = settings.ports
    named = {
        "intake": ports.intake_metrics,
        "detect": ports.detect_metrics,
        "sink": ports.sink_metrics,
        "console": ports.console_metrics,
        "clickhouse": ports.clickhouse_metrics,
    }
    return {name: f"http://127.0.0.1:{port}/metrics" for name, port in named.items()}


def _clickhouse(settings: Settings, stop: threading.Event, failpoint: Failpoint) -> int:
    # The engine takes its time zone from the process, and answers must not depend on the machine's.
    os.environ["TZ"] = "UTC"
    time.tzset()
    from prometheus_client import start_http_server

    from tocsin.embedded.clickhouse_credentials import Credential
    from tocsin.embedded.clickhouse_engine import Engine
    from tocsin.embedded.clickhouse_front import run_clickhouse

    start_http_server(settings.ports.clickhouse_metrics, addr="127.0.0.1")
    return run_clickhouse(
        Engine(settings.folder / "clickhouse"),
        Credential(settings.writer, settings.writer_password, read_only=False),
        Credential(settings.reader, settings.reader_password, read_only=True),
        settings.ports.clickhouse,
        stop,
    )


def _intake(settings: Settings, stop: threading.Event, failpoint: Failpoint) -> int:
    from streams.intake.config import IntakeConfig
    from streams.intake.run import run_intake

    config = IntakeConfig(
        bootstrap=settings.bootstrap,
        folder=settings.folder / "intake",
        topics=Topics(),
        replay=settings.replay,
        partitions=PARTITIONS,
        metrics_port=settings.ports.intake_metrics,
    )
    return run_intake(config, failpoint=failpoint, stop=stop, wall_clock=now)


def _detect(settings: Settings, stop: threading.Event, failpoint: Failpoint) -> int:
    from streams.detect import DetectConfig, run_detect

    folder = settings.folder / "detect"
    folder.mkdir(exist_ok=True)
    config = DetectConfig(
        bootstrap=settings.bootstrap,
        folder=folder,
        topics=Topics(),
        metrics_port=settings.ports.detect_metrics,
        partitions=PARTITIONS,
    )
    return run_detect(config, failpoint=failpoint, stop=stop, wall_clock=now)


def _sink(settings: Settings, stop: threading.Event, failpoint: Failpoint) -> int:
    from sinks.process import SinkConfig, run_sink

    config = SinkConfig(
        bootstrap=settings.bootstrap,
        topics=Topics(),
        clickhouse=clickhouse_address(settings, read_only=False),
        metrics_port=settings.ports.sink_metrics,
        partitions=PARTITIONS,
    )
    return run_sink(config, failpoint=failpoint, stop=stop)


def _console(settings: Settings, stop: threading.Event, failpoint: Failpoint) -> int:
    from console.config import ConsoleConfig
    from console.server import run_console

    addresses = metrics_addresses(settings)
    config = ConsoleConfig(
        host=settings.page_host,
        port=settings.ports.page,
        clickhouse=clickhouse_address(settings, read_only=True),
        bootstrap=settings.bootstrap,
        topics=Topics(),
        replay=settings.replay,
        processes={name: addresses[name] for name in ("intake", "detect", "sink")},
        metrics_port=settings.ports.console_metrics,
    )
    return run_console(config, stop, wall_clock=now)


def _demo(settings: Settings, stop: threading.Event, failpoint: Failpoint) -> int:
    from tocsin.demo.run import SPEED as ORDINARY
    from tocsin.demo.run import run_demo

    return run_demo(settings.bootstrap, speed=float(os.environ.get(SPEED) or ORDINARY), stop=stop)


PROCESSES: Mapping[str, Process] = {
    "clickhouse": _clickhouse,
    "intake": _intake,
    "detect": _detect,
    "sink": _sink,
    "console": _console,
    "demo": _demo,
}
