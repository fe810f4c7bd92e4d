"""docs/tables.md names every column as it is, and its queries run under the read-only credential."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sinks import aggregates, alert_history, line_list, progress, setup, verdicts
from sinks.client import Address, connect
from sinks.database import Database
from sinks.table import Table

DOCUMENT = Path(__file__).parents[2] / "docs" / "tables.md"
TABLES = (line_list.TABLE, verdicts.TABLE, aggregates.TABLE, alert_history.TABLE, progress.TABLE)


def listed(table: Table) -> list[str]:
    """The lines that the document must have for a table's columns; methods are listed once for all."""
    methods = {c.name for c in aggregates.METHOD_COLUMNS}
    return [f"| `{c.name}` | `{c.type}` | {c.meaning} |" for c in table.columns if c.name not in methods]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_documented(table: Table) -> None:
    text = DOCUMENT.read_text("utf-8")
    assert f"## {table.name}" in text
    missing = [line for line in listed(table) if line not in text]
    assert not missing, "\n".join(missing)


def test_every_method_column_is_documented() -> None:
    text = DOCUMENT.read_text("utf-8")
    methods = sorted(
        {re.sub(r"_(expected|upper|score|alarm|reason|p_value)$", "", c.name) for c in aggregates.METHOD_COLUMNS}
    )
    for method in methods:
        assert f"`{method}`" in text
    for part in ("expected", "upper", "score", "alarm", "reason"):
        assert f"`<method>_{part}`" in text


def queries() -> list[str]:
    found = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text("utf-8"), flags=re.DOTALL)
    assert len(found) >= 8
    return found


def test_every_query_runs_for_a_dashboard(address: Address, front: Any) -> None:
    setup.create(Database(address, threading.Event()))
    reader = connect(replace(address, user=front.reader, password=front.reader_password))
    for query in queries():
        # What Grafana puts in before it asks.
        asked = query.replace("$__fromTime", "toDateTime('2020-01-01')").replace(
            "$__toTime", "toDateTime('2020-06-01')"
        )
        reader.query(re.sub(r"\b(FROM|JOIN) (?=[a-z])", rf"\1 {address.database}.", asked))
