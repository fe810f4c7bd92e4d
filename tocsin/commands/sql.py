"""``tocsin sql``: a question to ClickHouse, under the read-only credential."""

import sys
from pathlib import Path

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER


@click.command(name="sql")
@click.argument("query")
@click.option("--format", "form", help="Any of ClickHouse's.  [default: PrettyCompact on a terminal, else TSV]")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
def command(query: str, form: str | None, folder: Path) -> None:
    """Ask ClickHouse; QUERY - reads it from standard input. Tables are described in docs/tables.md.

    \b
      tocsin sql "SELECT disease, count() FROM line_list GROUP BY disease"
      tocsin sql "SELECT * FROM alerts WHERE state = 'OPEN'" --format JSONEachRow
      tocsin sql - < question.sql

    Only reads: 30 seconds, 1 GB. Exit code 1 if ClickHouse refuses, 2 if it does not answer.
    """
    import http.client
    from urllib.parse import urlencode

    settings = stored.load(folder)
    form = form or ("PrettyCompactMonoBlock" if sys.stdout.isatty() else "TSV")
    text = sys.stdin.read() if query == "-" else query
    address = urlencode({"database": settings.database, "default_format": form})
    headers = {"X-ClickHouse-User": settings.reader, "X-ClickHouse-Key": settings.reader_password}
    asking = http.client.HTTPConnection("127.0.0.1", settings.ports.clickhouse, timeout=60)
    try:
        asking.request("POST", f"/?{address}", text.encode(), headers)
        answer = asking.getresponse()
        if answer.status != 200:
            click.echo(answer.read().decode(errors="replace").strip(), err=True)
            sys.exit(1)
        while piece := answer.read(1 << 20):
            sys.stdout.buffer.write(piece)
    except OSError as problem:
        click.echo(
            f"ClickHouse does not answer on port {settings.ports.clickhouse} ({problem}): `tocsin up`?", err=True
        )
        sys.exit(2)
    finally:
        asking.close()
