"""``tocsin replay FILE``: send a file's reports again at the pace of their own times."""

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin import settings

if TYPE_CHECKING:
    from tocsin.replay import Released

DAY_A_SECOND = 86_400.0


def _moment(value: object) -> int:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        return int(value)
    return int(datetime.fromisoformat(str(value)).timestamp() * 1000)


def _released(record: Mapping[str, object]) -> int:
    """When a record became known: its revision's time where it has one, else its report time."""
    return _moment(record.get("revised_at") or record["reported_at"])


def _read(file: Path) -> "Iterator[tuple[int, Released | None]]":
    from streams.reading import rows
    from tocsin.replay import Released

    with file.open("rb") as stream:
        for row in rows(stream, file.name):
            try:
                yield row.line, None if row.record is None else Released(_released(row.record), row.record)
            except (KeyError, ValueError):
                yield row.line, None


@click.command(name="replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--dir",
    "folder",
    default=settings.DEFAULT_FOLDER,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of a running Tocsin, made with `tocsin up --replay`.",
)
@click.option("--speed", default=DAY_A_SECOND, show_default=True, help="Replayed seconds a second; 86400: a day.")
def command(file: Path, folder: Path, speed: float) -> None:
    """Send the case reports of FILE in the order of their own times, SPEED times as fast.

    FILE is what `tocsin publish case-report` takes. A report is sent when the replay's clock reaches its revised_at,
    else its reported_at; detection sees that clock, so the past behaves as it did. What lies before that clock is
    sent at once; what was sent before is a duplicate, so an interrupted replay is simply run again.
    Exits 1 if any record was refused.
    """
    from schemas.topics import Topics
    from streams.publisher import Publisher
    from tocsin.replay import ReplayTicks, replay

    stored = settings.load(folder)
    if not stored.replay:
        raise click.ClickException(
            f"{folder} runs on real time; `tocsin up --replay --dir OTHER` makes one that replays"
        )
    read = list(_read(file))
    unreadable = [line for line, item in read if item is None]
    for line in unreadable:
        click.echo(f"{file.name}:{line} rejected field=- reason=no_time_or_unreadable")
    released = sorted((item for _, item in read if item is not None), key=lambda item: item.moment)
    ticks = ReplayTicks(stored.bootstrap, Topics().clock)
    refused = 0

    def told(item: "Released", why: Exception) -> None:
        nonlocal refused
        refused += 1
        click.echo(f"{file.name} rejected {why}")

    with Publisher(stored.bootstrap) as publisher:
        sent = replay(
            released,
            sender=publisher,
            tick=ticks,
            speed=speed,
            after=ticks.last(),
            resend=True,
            stop=threading.Event(),
            refused=told,
        )
    click.echo(f"{sent} sent, {refused + len(unreadable)} refused")
    if refused or unreadable:
        raise SystemExit(1)
