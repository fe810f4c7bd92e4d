"""``tocsin recount``: the line list counted again in SQL, against aggregates and alerts."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER

if TYPE_CHECKING:
    from sinks.recount import Recount


@click.command(name="recount")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
@click.option("--limit", default=20, show_default=True, help="Differences to show of each kind.")
@click.option("--patience", default=30.0, show_default=True, help="Seconds to try again while new reports come in.")
def command(folder: Path, limit: int, patience: float) -> None:
    """Count the line list again, by SQL that shares no code with the pipeline, and compare.

    Compares, at one marker: every count by signal, level, area and day with `aggregates`; the seven-day count in each
    alert with `aggregates`; the reports that stand with the identities ever accepted.

    \b
      tocsin wait && tocsin recount

    Exit code 0 if everything is equal, 1 if not (prints where), 2 if there is nothing to compare yet.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError

    from catalogue.loader import load
    from sinks.client import connect
    from sinks.recount import NotComparable, moved, recount
    from tocsin.processes import clickhouse_address

    settings = stored.load(folder)
    signals = list(load().signals.values())
    until = time.monotonic() + patience
    trouble = ""
    try:
        client = connect(clickhouse_address(settings, read_only=False), timeout=600)
        while True:
            try:
                found = recount(client, settings.database, signals, limit=limit)
                # A difference counts only if nothing moved under it.
                if found.agrees or not moved(client, settings.database, found) or time.monotonic() > until:
                    break
            except NotComparable as problem:
                trouble = str(problem)
                if time.monotonic() > until:
                    click.echo(f"cannot compare: {trouble}", err=True)
                    sys.exit(2)
            time.sleep(0.5)
    except ClickHouseError as problem:
        click.echo(f"ClickHouse: {str(problem).splitlines()[0]}", err=True)
        sys.exit(2)
    _show(found)
    sys.exit(0 if found.agrees else 1)


def _show(found: "Recount") -> None:
    for marker, partitions in found.markers.items():
        click.echo(f"at {marker} (aggregates {', '.join(map(str, partitions))})")
    click.echo(f"{found.reports} standing reports, {found.cells} cells and {found.alerts} alerts compared")
    for each in found.differences:
        place = " ".join(str(part) for part in (each.signal, each.level, each.area, each.day) if part)
        click.echo(f"  {each.what}: {place}: recounted {each.recounted}, stated {each.stated}")
    if found.different > len(found.differences):
        click.echo(f"  and {found.different - len(found.differences)} more")
    click.echo("equal" if found.agrees else f"{found.different} differences")
