"""The command line: ``tocsin COMMAND``; each command is a module of `tocsin.commands`, imported only when used."""

import importlib
import logging
import pkgutil
import sys

import click

from tocsin import __version__, commands
from tocsin.settings import SettingsError

_ORDER = ("up", "publish", "replay", "wait", "status", "alerts", "explain", "sql", "rejections", "recount", "rebuild")


class _Lazy(click.Group):
    """Loads a command's module when its name is typed or its help is listed: `--help` of one imports no engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = [module.name for module in pkgutil.iter_modules(commands.__path__)]
        return sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"tocsin.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="%(version)s")
def tocsin() -> None:
    """Infectious-disease surveillance: every report gets one verdict, every outbreak one alert.

    \b
    Try it (from a clone `make run` does the first line for you):
      tocsin up                                   start everything; the page is at http://127.0.0.1:8470
      tocsin publish case-report FILE.ndjson      send case reports; says which were refused, and why
      tocsin wait                                 until everything sent so far has reached ClickHouse
      tocsin alerts                               what is open
      tocsin explain ALERT_ID                     why: method, baseline, counts; computed afresh
      tocsin sql "SELECT * FROM line_list LIMIT 5"
      tocsin status                               0 when every stage is caught up and moving

    Everything durable lies in one folder, ./var unless --dir says otherwise. Another terminal talks to a running
    Tocsin through that folder's settings. Each command has a --help of its own.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)


def main() -> None:
    """Entry point of the ``tocsin`` script."""
    try:
        tocsin(prog_name="tocsin")
    except SettingsError as problem:
        click.echo(f"tocsin: {problem}", err=True)
        sys.exit(2)
