"""``tocsin wait``: until what has been sent so far is in ClickHouse."""

import sys
from pathlib import Path

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER


@click.command(name="wait")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
@click.option("--patience", default=60.0, show_default=True, help="Seconds without any movement that make a stall.")
@click.option("--quiet", is_flag=True, help="Say nothing unless it stalls.")
def command(folder: Path, patience: float, quiet: bool) -> None:
    """Wait until everything that was sent before now is judged, counted, alerted on and readable in ClickHouse.

    Takes the ends of the source topics at this moment and waits for them, so it ends although more keeps coming.

    \b
      tocsin publish case-report today.ndjson && tocsin wait && tocsin alerts

    Exit code 0 when all is there, 1 on a stall (names the stage), 2 if Kafka does not answer.
    """
    from confluent_kafka import KafkaException

    from schemas.topics import Topics
    from tocsin.arrival import missing, source_ends, wait
    from tocsin.progress_reading import ProgressReading

    settings = stored.load(folder)
    try:
        target = source_ends(settings.bootstrap, Topics())
    except KafkaException as problem:
        click.echo(f"Kafka does not answer on {settings.bootstrap}: {problem}", err=True)
        sys.exit(2)
    progress = ProgressReading(settings)
    shown = sys.stderr.isatty() and not quiet

    def said(lacking: list[str]) -> None:
        if shown:
            click.echo(f"\r\x1b[Kwaiting: {'; '.join(lacking)}", nl=False, err=True)

    lacking = wait(lambda: missing(target, progress.rows()), patience=patience, said=said)
    if shown:
        click.echo("\r\x1b[K", nl=False, err=True)
    if lacking:
        click.echo(f"stalled: nothing moved for {patience:g} s; missing: {'; '.join(lacking)}", err=True)
        sys.exit(1)
    if not quiet:
        click.echo(f"all {sum(target.values())} records sent before this command are in ClickHouse")
