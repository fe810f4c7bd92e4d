"""``tocsin install``: fetch what pip does not bring: Kafka's jars, and the page's chart library."""

import sys
import tempfile
from pathlib import Path

import click


@click.command(name="install")
@click.option("--relock", is_flag=True, hidden=True, help="Print a new lock file instead (for `make lock`).")
def command(relock: bool) -> None:
    """Fetch Apache Kafka's jars (44 MB) and the page's chart library, and check them against the locks in this package.

    Run it once, where the network is. The jars are kept in the user's cache for all folders, or where TOCSIN_JARS
    says (`tocsin up` fetches them too when they are missing); the library beside the page's own files. No system
    Java, Maven or Node.js is needed.

    \b
      tocsin install
      TOCSIN_JARS=/opt/tocsin/jars tocsin install
    """
    from console import vendor
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
    try:
        vendor.fetch()
    except vendor.VendorError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo("Page: chart library in place")
