"""``tocsin replay FILE…``: send files' records again at the pace of their own times."""

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin import settings

if TYPE_CHECKING:
    from schemas.sources import Source
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


class _RecordFile(click.ParamType):
    """A file, or the name of its type of record, an equals sign and the file."""

    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> "tuple[Source, Path]":
        from schemas.sources import CASE_REPORTS, sources

        record, equals, rest = str(value).partition("=")
        known = {source.record: source for source in sources().values()}
        named = equals and record in known
        file = click.Path(exists=True, dir_okay=False).convert(rest if named else str(value), param, ctx)
        return known[record] if named else CASE_REPORTS, Path(str(file))


def _read(source: "Source", file: Path) -> "Iterator[tuple[int, Released | None]]":
    from streams.reading import rows
    from tocsin.replay import Released

    with file.open("rb") as stream:
        for row in rows(stream, file.name, source.key):
            try:
                yield (
                    row.line,
                    None if row.record is None else Released(_released(row.record), row.record, source.name),
                )
            except (KeyError, ValueError):
                yield row.line, None


@click.command(name="replay")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_RecordFile())
@click.option(
    "--dir",
    "folder",
    default=settings.DEFAULT_FOLDER,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of a running Tocsin, made with `tocsin up --replay`.",
)
@click.option("--speed", default=DAY_A_SECOND, show_default=True, help="Replayed seconds a second; 86400: a day.")
def command(files: "tuple[tuple[Source, Path], ...]", folder: Path, speed: float) -> None:
    """Send the records of all FILEs in the order of their own times, SPEED times as fast.

    A FILE is what `tocsin publish` takes (not HL7). It holds case reports, or what stands before an equals sign:
    lab-result, entry-declaration, observation. A record is sent when the replay's clock reaches its revised_at, else
    its reported_at; detection sees that clock, so the past behaves as it did. What lies before that clock is sent at
    once; what was sent before is a duplicate, so an interrupted replay is simply run again.
    Exits 1 if any record was refused.

    \b
    Example:
      tocsin replay --dir past cases.csv lab-result=results.ndjson observation=arrivals.csv
    """
    from schemas.topics import Topics
    from tocsin.replay import ReplayTicks, publishers, replay

    stored = settings.load(folder)
    if not stored.replay:
        raise click.ClickException(
            f"{folder} runs on real time; `tocsin up --replay --dir OTHER` makes one that replays"
        )
    released: list[Released] = []
    unreadable = 0
    for source, file in files:
        for line, item in _read(source, file):
            if item is None:
                unreadable += 1
                click.echo(f"{file.name}:{line} rejected field=- reason=no_time_or_unreadable")
            else:
                released.append(item)
    released.sort(key=lambda item: item.moment)
    ticks = ReplayTicks(stored.bootstrap, Topics().clock)
    refused = 0

    def told(item: "Released", why: Exception) -> None:
        nonlocal refused
        refused += 1
        click.echo(f"{item.source} rejected {why}")

    with publishers(stored.bootstrap) as senders:
        sent = replay(
            released,
            senders=senders,
            tick=ticks,
            speed=speed,
            after=ticks.last(),
            resend=True,
            stop=threading.Event(),
            refused=told,
        )
    click.echo(f"{sent} sent, {refused + unreadable} refused")
    if refused or unreadable:
        raise SystemExit(1)
