"""``tocsin rejections``: what was refused, and why."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_COLUMNS = "clock, verdict, reason, field, sender, report_id, topic, partition, offset"


@click.command(name="rejections")
@click.option("--sender", help="Only of this institution.")
@click.option("--follow", is_flag=True, help="Go on with new ones as they come; Ctrl-C ends it.")
@click.option("--limit", default=50, show_default=True, help="How many to begin with, newest last.")
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
def command(sender: str | None, follow: bool, limit: int, as_json: bool, folder: Path) -> None:
    """Show rejected and conflicting records: reason and field, never a value. Reasons: docs/rejections.md.

    \b
      tocsin rejections --sender 420100001
      tocsin rejections --follow --json | jq .reason

    Programs that forward for many senders read the Kafka topic `rejections` instead (docs/rejections.md).

    Exit code 0, or 2 if ClickHouse does not answer.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError

    from sinks.client import connect
    from tocsin.processes import clickhouse_address

    settings = stored.load(folder)
    try:
        client = connect(clickhouse_address(settings, read_only=True), timeout=60)
        seen = _ends(client, settings.database)
        _show(_query(client, settings.database, sender, _upto(seen), limit), as_json)
        while follow:
            time.sleep(1)
            rows = _query(client, settings.database, sender, f"NOT ({_upto(seen)})", 100_000)
            _show(rows, as_json)
            for row in rows:
                chain = row["topic"], row["partition"]
                seen[chain] = max(seen.get(chain, -1), row["offset"])
    except ClickHouseError as problem:
        click.echo(f"ClickHouse: {str(problem).splitlines()[0]}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        pass


def _ends(client: "Client", database: str) -> dict[tuple[str, int], int]:
    """Return the last offset of each chain: what comes behind it is new."""
    query = f"SELECT topic, partition, max(offset) FROM {database}.verdicts GROUP BY topic, partition"
    return {(topic, partition): offset for topic, partition, offset in client.query(query).result_rows}


def _upto(seen: Mapping[tuple[str, int], int]) -> str:
    known = [f"(topic = '{t}' AND partition = {p} AND offset <= {offset})" for (t, p), offset in seen.items()]
    return " OR ".join(known) or "false"


def _query(client: "Client", database: str, sender: str | None, where: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest `limit` rejections that meet a condition, oldest first."""
    of_sender = "AND sender = {sender:String}" if sender else ""
    found = client.query(
        f"SELECT {_COLUMNS} FROM {database}.verdicts WHERE verdict IN ('rejected', 'conflict') {of_sender} "
        f"AND ({where}) ORDER BY clock DESC, topic DESC, partition DESC, offset DESC LIMIT {limit}",
        parameters={"sender": sender} if sender else None,
    )
    return [dict(row) for row in found.named_results()][::-1]


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    for row in rows:
        clock = row["clock"].isoformat(timespec="seconds")
        if as_json:
            click.echo(json.dumps({**row, "clock": clock}, ensure_ascii=False))
        else:
            place = f"{row['topic']}/{row['partition']}@{row['offset']}"
            click.echo(
                f"{clock}  {row['verdict']:<8}  {row['reason']:<28} {row['field'] or '-':<16} "
                f"{row['sender'] or '?':<12} {row['report_id'] or '-'}  {place}"
            )
    sys.stdout.flush()
