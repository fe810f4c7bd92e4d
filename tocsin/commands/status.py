"""``tocsin status``: every stage, how far behind, whether it moves; exit code 0 only when all is well."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER

if TYPE_CHECKING:
    from tocsin.standing import Standing


@click.command(name="status")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--within", default=5.0, show_default=True, help="Seconds given to catch up with what lies before now.")
def command(folder: Path, as_json: bool, within: float) -> None:
    """Show every process and stage: records that wait before it, whether it moves, and the clock.

    A stage is caught_up, moving (behind and advancing), stalled or unknown. Under a steady stream a stage is caught
    up once it has reached what was there when the command began.

    \b
      tocsin status                  a table
      tocsin status --json | jq .    the same for programs
      until tocsin status; do sleep 1; done

    Exit code 0 only when every process runs and every stage is caught up; 1 otherwise.
    """
    from tocsin.standing import observe

    standing = observe(stored.load(folder), within)
    if as_json:
        click.echo(json.dumps(standing.as_dict(), indent=2))
    else:
        _show(standing)
    sys.exit(0 if standing.well else 1)


def _show(standing: "Standing") -> None:
    click.echo("Tocsin runs" if standing.supervised else "Tocsin does not run on this folder: `tocsin up`")
    for name, seen in standing.processes.items():
        more = f"restarted {seen.restarts} times, last: {seen.last_exit}" if seen.restarts else seen.last_exit
        click.echo(f"  {name:<11} {seen.state:<9} {f'pid {seen.pid}' if seen.pid else '':<12} {more}".rstrip())
    click.echo("Stages")
    for stage in standing.stages:
        waiting = f"{stage.lag} records wait" if stage.lag else ""
        click.echo(f"  {stage.name:<11} {stage.state:<9} {waiting}".rstrip())
    click.echo(f"Clock        {standing.clock or 'no record yet'}")
    for trouble in standing.troubles:
        click.echo(f"! {trouble}")
