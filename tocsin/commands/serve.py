"""``tocsin serve PROCESS``: one of the supervised processes. Hidden: ``tocsin up`` runs it."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

from tocsin import settings as stored
from tocsin.failpoint import from_environment
from tocsin.settings import Settings


def _intake(settings: Settings, stop: threading.Event, failpoint: Callable[[str], None]) -> int:
    from schemas.topics import PARTITIONS, Topics
    from streams.intake.process import IntakeConfig, run_intake

    config = IntakeConfig(
        bootstrap=settings.bootstrap,
        topics=Topics(),
        folder=settings.folder / "intake",
        replay=settings.replay,
        partitions=PARTITIONS,
        metrics_port=settings.ports.intake_metrics,
    )
    return run_intake(config, failpoint=failpoint, stop=stop, wall_clock=lambda: time.time_ns() // 1_000_000)


def _clickhouse(settings: Settings, stop: threading.Event, failpoint: Callable[[str], None]) -> int:
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


PROCESSES: dict[str, Callable[[Settings, threading.Event, Callable[[str], None]], int]] = {
    "clickhouse": _clickhouse,
    "intake": _intake,
}


@click.command(name="serve", hidden=True)
@click.argument("process", type=click.Choice(sorted(PROCESSES)))
@click.option("--dir", "folder", type=click.Path(path_type=Path), required=True, help="The data folder.")
def command(process: str, folder: Path) -> None:
    """Run one process until SIGTERM; its exit code is ours."""
    settings = stored.load(folder)
    stop = threading.Event()

    def asked_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked_to_stop)
    signal.signal(signal.SIGINT, asked_to_stop)
    sys.exit(PROCESSES[process](settings, stop, from_environment(settings.folder / "failpoints")))
