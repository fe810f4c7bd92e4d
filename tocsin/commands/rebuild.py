"""``tocsin rebuild``: ClickHouse emptied and folded again from Kafka."""

import sys
import time
from pathlib import Path

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER


@click.command(name="rebuild")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
@click.option("--patience", default=60.0, show_default=True, help="Seconds without any movement that make a stall.")
@click.option("--no-wait", is_flag=True, help="Only ask for it.")
def command(folder: Path, patience: float, no_wait: bool) -> None:
    """Empty the ClickHouse tables and fold them again from the journal, aggregates and alert history.

    Nothing is lost: Kafka holds everything that the tables say. The page and `tocsin sql` show less until it is done.
    The running sink does it; where none runs, the next one does.

    Exit code 0 when ClickHouse again holds what had been sent before the command, 1 on a stall, 2 if ClickHouse or
    Kafka does not answer.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError
    from confluent_kafka import KafkaException

    from schemas.topics import Topics
    from sinks.client import connect
    from sinks.rebuild import emptied, request
    from tocsin.arrival import missing, source_ends, wait
    from tocsin.processes import clickhouse_address
    from tocsin.progress_reading import ProgressReading

    settings = stored.load(folder)
    try:
        client = connect(clickhouse_address(settings, read_only=False), timeout=60)
        if no_wait:
            click.echo(f"rebuild {request(client, settings.database)} is asked for")
            return
        target = source_ends(settings.bootstrap, Topics())
        generation = request(client, settings.database)
        until = time.monotonic() + patience
        while not emptied(client, settings.database, generation):
            if time.monotonic() > until:
                click.echo(f"no sink has taken up rebuild {generation}: `tocsin up`?", err=True)
                sys.exit(1)
            time.sleep(0.2)
    except (ClickHouseError, KafkaException) as problem:
        click.echo(str(problem).splitlines()[0], err=True)
        sys.exit(2)
    progress = ProgressReading(settings)
    lacking = wait(lambda: missing(target, progress.rows()), patience=patience, said=lambda parts: None)
    if lacking:
        click.echo(f"stalled: nothing moved for {patience:g} s; missing: {'; '.join(lacking)}", err=True)
        sys.exit(1)
    click.echo("rebuilt")
