"""``tocsin alerts``: the alerts that are open, or all."""

import json
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER

_COLUMNS = (
    "alert_id, state, severity, signal, disease, area, level, first_day, last_day, length(days) AS alarm_days, cases, "
    "cases_7d, peak_7d, opened_at, deadline, expanded_from_counts, revision, "
    "arrayFilter((m, s, a) -> s AND a, evidence.method, evidence.speaks, evidence.alarm) AS methods"
)
_CHINA = ZoneInfo("Asia/Shanghai")
_PIPE_WIDTH = 200
_STATES = ("OPEN", "ENDED", "WITHDRAWN", "MERGED")


@click.command(name="alerts")
@click.option("--state", type=click.Choice([*_STATES, "ALL"], case_sensitive=False), default="OPEN", show_default=True)
@click.option("--disease", help="Catalogue code, as covid19.")
@click.option("--area", help="GB/T 2260 code; leading digits name everything below: 42 is Hubei.")
@click.option("--limit", default=50, show_default=True, help="How many, worst and newest first.")
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
def command(state: str, disease: str | None, area: str | None, limit: int, as_json: bool, folder: Path) -> None:
    """List alerts; `tocsin explain ALERT_ID` says why one is there.

    \b
      tocsin alerts
      tocsin alerts --state ALL --disease covid19 --area 42 --json

    Exit code 0, or 2 if ClickHouse does not answer.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError

    from sinks.client import connect
    from tocsin.processes import clickhouse_address

    settings = stored.load(folder)
    wanted = {"state": None if state.upper() == "ALL" else state.upper(), "disease": disease}
    given = {name: value for name, value in wanted.items() if value}
    conditions = [f"{name} = {{{name}:String}}" for name in given]
    if area:
        conditions.append("startsWith(area, {area:String})")
        given["area"] = area.rstrip("0") or area[:1]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "indexOf(['critical', 'high', 'medium', 'low'], toString(severity)), last_day DESC, cases_7d DESC, alert_id"
    try:
        client = connect(clickhouse_address(settings, read_only=True), timeout=60)
        found = client.query(
            f"SELECT {_COLUMNS} FROM {settings.database}.alerts {where} ORDER BY {order} LIMIT {limit + 1}",
            parameters=given,
        )
    except ClickHouseError as problem:
        click.echo(f"ClickHouse: {str(problem).splitlines()[0]}", err=True)
        sys.exit(2)
    rows = [dict(row) for row in found.named_results()]
    if as_json:
        for row in rows[:limit]:
            click.echo(json.dumps(row, ensure_ascii=False, default=str))
    else:
        _table(rows[:limit], state.upper())
    if len(rows) > limit:
        click.echo(f"more than {limit}: --limit shows them", err=True)


def _table(rows: list[dict[str, Any]], state: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from console import naming

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, right in (
        ("alert", False),
        ("state", False),
        ("severity", False),
        ("signal", False),
        ("area", False),
        ("level", False),
        ("days", False),
        ("cases", True),
        ("7 d", True),
        ("by", False),
        ("due (Beijing)", False),
    ):
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading == "alert")
    for row in rows:
        deadline = row["deadline"]
        table.add_row(
            row["alert_id"],
            row["state"],
            row["severity"],
            row["signal"],
            f"{naming.area(row['area'], row['level'])['zh']} {row['area']}",
            row["level"],
            f"{row['first_day']}–{row['last_day']}",
            str(row["cases"]),
            str(row["cases_7d"]),
            ", ".join(row["methods"]),
            "no clock" if deadline is None else f"{deadline.astimezone(_CHINA):%m-%d %H:%M}",
        )
    if rows:
        # A pipe has no width; folded columns are no use to grep.
        Console(soft_wrap=True, width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
    else:
        click.echo("no alerts" if state == "ALL" else f"no alerts in state {state}")
