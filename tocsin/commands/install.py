"""``tocsin install``: fetch what pip does not bring, which is Kafka's jars."""

import sys
import tempfile
from pathlib import Path

import click


@click.command(name="install")
@click.option("--relock", is_flag=True, hidden=True, help="Print a new lock file instead (for `make lock`).")
def command(relock: bool) -> None:
    """Fetch Apache Kafka's jars (44 MB, once for all folders) and check them against the lock file in this package.

    `tocsin up` does the same when they are missing; run this where the network is. They are kept in the user's cache,
    or where TOCSIN_JARS says. No system Java and no Maven are needed.

    \b
      tocsin install
      TOCSIN_JARS=/opt/tocsin/jars tocsin install
    """
    from tocsin.embedded import jars

    if relock:
        with tempfile.TemporaryDirectory() as folder:
            click.echo(jars.relock(Path(folder)), nl=False)
        return
    shown = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if shown:
            click.echo(f"\r  {done} of {total} jars", nl=False, err=True)

    try:
        paths = jars.fetch(progress=progress)
    except jars.JarError as problem:
        raise click.ClickException(str(problem)) from None
    if shown:
        click.echo(err=True)
    click.echo(f"Apache Kafka: {len(paths)} jars in {jars.folder()}, all as locked")
