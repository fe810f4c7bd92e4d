"""``tocsin topics``: create the topics on brokers that are not ours (cluster profile)."""

from pathlib import Path

import click

from tocsin import settings


@click.command(name="topics")
@click.option(
    "--dir",
    "folder",
    default=settings.DEFAULT_FOLDER,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The data folder; its settings name the brokers.",
)
@click.option("--replication", default=1, show_default=True, type=click.IntRange(1), help="Replicas of each partition.")
def command(folder: Path, replication: int) -> None:
    """Create every topic that is missing, and check those that exist.

    `tocsin up` does this for the embedded broker; on a cluster it is done once, by somebody who may.
    """
    from schemas.topics import PARTITIONS, Topics
    from streams.admin import TopicMismatch, ensure_topics

    stored = settings.load(folder)
    try:
        ensure_topics(stored.bootstrap, Topics(), PARTITIONS, replication)
    except TopicMismatch as problem:
        raise click.ClickException(str(problem)) from None
    for spec in Topics().specs(PARTITIONS):
        click.echo(f"{spec.name}  {spec.partitions} partitions")
