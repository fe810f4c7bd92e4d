"""``tocsin catalogue``: what is watched, and by which rules."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import click

import detectors
from catalogue.document import CatalogueError
from catalogue.loader import load
from catalogue.model import Catalogue, Disease, Judging, MethodUse, Signal

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of another catalogue; the built-in one otherwise.",
)


@click.group("catalogue")
def command() -> None:
    """What is watched: diseases, signals, and the rules that judge them."""


@command.command()
@_FOLDER
def check(folder: Path | None) -> None:
    """Read the whole catalogue and say whether it can be used.

    Exits with 1 at the first thing that cannot be meant, naming file and line.
    """
    catalogue = _loaded(folder)
    uses = sum(len(p.uses) for s in catalogue.signals.values() for j in s.judgings for p in j.levels.values())
    click.echo(
        f"catalogue {catalogue.version}: {len(catalogue.diseases)} diseases, {len(catalogue.signals)} signals, "
        f"{uses} uses of methods, {len(catalogue.annotations)} annotations"
    )


@command.command()
@click.argument("disease")
@click.option("--on", "day", metavar="DAY", help="Rules in force on this day, YYYY-MM-DD; today otherwise.")
@_FOLDER
def show(disease: str, day: str | None, folder: Path | None) -> None:
    """Show how one disease is watched: class, clocks, signals, methods by level.

    \b
    tocsin catalogue show measles
    tocsin catalogue show covid19 --on 2020-02-13
    """
    catalogue = _loaded(folder)
    if disease not in catalogue.diseases:
        raise click.ClickException(f"no disease {disease!r}; there are {', '.join(catalogue.diseases)}")
    try:
        on = dt.date.fromisoformat(day) if day else dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    except ValueError as error:
        raise click.ClickException(f"{day!r} is no day (YYYY-MM-DD)") from error
    click.echo("\n".join(_described(catalogue, catalogue.diseases[disease], on)))


def _loaded(folder: Path | None) -> Catalogue:
    try:
        return load(folder, probe=detectors.build)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from error


def _described(catalogue: Catalogue, disease: Disease, on: dt.date) -> Iterator[str]:
    period = disease.class_on(on)
    legal = "not on the statutory list"
    if period is not None:
        managed = period.managed_as
        legal = f"class {period.statutory_class}" + (
            f", managed as class {managed}" if managed != period.statutory_class else ""
        )
    yield f"{disease.code}  {disease.name_zh}  {disease.name_en}"
    yield f"on {on}: {legal}; report within {disease.clock_on(on)} h; family {disease.family}"
    for signal in catalogue.signals.values():
        if signal.disease == disease.code:
            yield from _signal(signal, on)
    for note in catalogue.annotations:
        if note.disease == disease.code:
            yield f"note {note.day} {note.area}: {note.text_zh} / {note.text_en}"


def _signal(signal: Signal, on: dt.date) -> Iterator[str]:
    judging = signal.judging_on(on)
    yield ""
    yield f"signal {signal.id}  {signal.titles['zh']}  {signal.titles['en']}  ({signal.identity})"
    yield f"  counts reports of {signal.source} by {signal.day} day and {signal.area} where"
    yield f"    {signal.condition}"
    yield f"  severity {judging.severity}; verify within {judging.clock_hours} h" + (
        "; each new case speaks" if judging.every_case else ""
    )
    yield from _levels(judging)


def _levels(judging: Judging) -> Iterator[str]:
    for level, policy in judging.levels.items():
        yield f"  {level}: {policy.summary}"
        for use in policy.uses:
            if use.method in policy.heard:
                yield f"    {'speaks ' if use.speaks else 'instead'} {_use(use)}"
        yield f"    shown   {', '.join(use.method for use in policy.uses if use.method not in policy.heard)}"


def _use(use: MethodUse) -> str:
    text = f"{use.method}({', '.join(f'{name}={value}' for name, value in use.parameters.items())})"
    if use.minimum > 1 and use.parameters.get("minimum") != use.minimum:
        text += f" on at least {use.minimum} in seven days"
    return text + (f"  severity {use.severity}" if use.severity else "")
