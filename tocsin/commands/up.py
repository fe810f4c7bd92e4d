"""``tocsin up``: everything, under one supervisor, until Ctrl-C."""

import logging
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from tocsin import settings as stored
from tocsin.ports import is_free
from tocsin.settings import DEFAULT_FOLDER, FILE, Ports, Settings

if TYPE_CHECKING:
    from tocsin.supervisor import Supervisor

_PORT_PATIENCE = 5.0


@click.command(name="up")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Where everything durable lies; made if missing, continued if not.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Of the page.  [default: 8470, or what it was before]")
@click.option("--replay", is_flag=True, help="Make a folder whose clock is the replayed data's, and replay the demo.")
@click.option("--no-demo", is_flag=True, help="With --replay: do not replay the demo; `tocsin replay` your own file.")
@click.option("--speed", type=click.FloatRange(min=1), help="Of the demo: replayed seconds a second.")
def command(folder: Path, port: int | None, replay: bool, no_demo: bool, speed: float | None) -> None:
    """Start everything and keep it running: broker, ClickHouse, intake, detection, sinks and the page.

    A process that ends or stands still is started again. Ctrl-C stops all in order; a second Ctrl-C at once. Nothing
    is lost either way, nor by kill -9: started again it goes on with what the folder holds.

    \b
      tocsin up                        real time, data in ./var; page at http://127.0.0.1:8470
      tocsin up --replay --dir demo    January to May 2020 in China's cities, in about two minutes
      tocsin up --port 9000            another port for the page; others move by themselves if taken

    Only this machine can reach any of it. ClickHouse's read-only credential for dashboards is printed at the start.
    """
    # Commands import heavy rooms only when they run.
    from tocsin import run_state
    from tocsin.child import NotReady
    from tocsin.embedded.jars import JarError
    from tocsin.parts import parts
    from tocsin.supervisor import Supervisor

    try:
        lock = run_state.Lock(folder)
    except run_state.AlreadyRuns as problem:
        raise click.ClickException(str(problem)) from None
    settings = _settings(folder, port, replay)
    logging.getLogger().setLevel(logging.INFO)
    stop = threading.Event()
    click.echo(f"Tocsin starts; data in {settings.folder}")
    demo = settings.replay and not no_demo
    try:
        supervisor = Supervisor(
            parts(settings, demo=demo, speed=speed), stop, lambda seen: run_state.write(settings.folder, seen)
        )
        _obey_signals(stop, supervisor)
        serve_metrics(settings)
        supervisor.start(lambda part, seconds: click.echo(f"  {part.name:<11} ready  {seconds:5.1f} s"))
    except (NotReady, JarError) as problem:
        raise click.ClickException(str(problem)) from None
    if not stop.is_set():
        _welcome(settings, demo)
        supervisor.run()
    click.echo("stopping")
    supervisor.stop()
    lock.release()
    click.echo("stopped; nothing is lost")


def _settings(folder: Path, port: int | None, replay: bool) -> Settings:
    if (folder / FILE).exists():
        settings = stored.load(folder)
        if replay and not settings.replay:
            raise click.ClickException(
                f"{folder} was made for real time and its journal cannot be replayed into; choose another --dir"
            )
        if port is not None:
            settings = replace(settings, ports=replace(settings.ports, page=port))
        _await_free(settings.ports)
    else:
        settings = Settings(folder.resolve(), replay, Ports(page=port) if port is not None else Ports())
    if not is_free(settings.ports.page):
        raise click.ClickException(f"port {settings.ports.page} is taken; choose the page's with --port")
    ports, moved = settings.ports.moved_to_free()
    for name, number in moved.items():
        click.echo(f"  port of {name} is taken: {number} instead of {getattr(settings.ports, name)}")
    settings = replace(settings, ports=ports)
    settings.save()
    return settings


def _await_free(ports: Ports) -> None:
    """The last run's children may be a moment in dying after their supervisor was killed."""
    deadline = time.monotonic() + _PORT_PATIENCE
    while ports.moved_to_free()[1] and time.monotonic() < deadline:
        time.sleep(0.1)


def _obey_signals(stop: threading.Event, supervisor: "Supervisor") -> None:
    def asked(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            supervisor.kill()
            os._exit(130)
        stop.set()

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGHUP, asked)


def serve_metrics(settings: Settings) -> None:
    """Serve the supervisor's own metrics, and the room left on every durable folder's disk."""
    from functools import partial

    from prometheus_client import Gauge, start_http_server

    from tocsin.disks import durable, free_bytes

    free = Gauge("tocsin_disk_free_bytes", "Left on the disk of a durable folder", ["folder"])
    for name, folder in durable(settings).items():
        free.labels(name).set_function(partial(free_bytes, folder))
    start_http_server(settings.ports.supervisor_metrics, addr="127.0.0.1")


def _welcome(settings: Settings, demo: bool) -> None:
    ports = settings.ports
    click.echo(
        f"\n  Page         {settings.page}\n"
        f"  Kafka        {settings.bootstrap}\n"
        f"  ClickHouse   http://127.0.0.1:{ports.clickhouse}  database {settings.database}  "
        f"user {settings.reader}  password {settings.reader_password}  (read-only)\n"
        f"  Prometheus   http://127.0.0.1:{ports.supervisor_metrics}/metrics and the following ports\n"
        f"  Logs         {settings.logs}\n"
    )
    if demo:
        click.echo("  The demo replays 2020-01-15 to 2020-05-31; watch the page. Ctrl-C stops everything.")
    else:
        click.echo("  Send reports with `tocsin publish case-report FILE`. Ctrl-C stops everything.")
    sys.stdout.flush()
