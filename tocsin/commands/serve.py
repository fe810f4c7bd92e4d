"""``tocsin serve PROCESS``: one of the supervised processes. Hidden: ``tocsin up`` runs it."""

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from tocsin import settings as stored
from tocsin.failpoint import from_environment
from tocsin.processes import PROCESSES


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
