"""How long the page waits for ClickHouse: every question of the console, asked of years of a nation.

    python -m bench.queries [--reports 10000000] [--askings 40] [--folder DIR]

A database is laid down by `bench.nation_in_tables` on the embedded engine, through the same front and tables as the
sink's. Then every page of the console is asked for with changing parameters by the read-only credential, one question
after the other: once with the engine's caches of marks and blocks dropped before each page, once without. Times are
those that the console itself measures, from the question to the last row; CPU is the engine's process during it.

Counting an alert again (`explain`) is asked for by a reader, not by a page, and stands apart.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from clickhouse_connect.driver.client import Client

from bench.console_pages import Page, pages_of
from bench.drawn_records import LAST
from bench.inbox import folder
from bench.nation_in_tables import Sizes, lay_down
from bench.report import machine, publish, table
from catalogue.loader import load
from console.warehouse import Row, Warehouse
from detectors import build
from schemas.marker import Marker
from sinks import progress, setup
from sinks.client import Address, connect
from sinks.database import Database
from tests.conftest import start_front

AIM_MS = 200.0
ON_REQUEST = ("explain",)
_DATABASE = "tocsin"


@dataclass(frozen=True, slots=True)
class Asking:
    """One question once: the page that asked, how long it took, and the engine's CPU meanwhile; milliseconds."""

    page: str
    question: str
    wall: float
    cpu: float


class Timed(Warehouse):
    """The console's warehouse, noting every question."""

    def __init__(self, address: Address, engine: int) -> None:
        super().__init__(address)
        self._engine = psutil.Process(engine)
        self.page = ""
        self.askings: list[Asking] = []

    def cpu(self) -> float:
        """Return the CPU time of the engine's process so far, in milliseconds."""
        used = self._engine.cpu_times()
        return 1000 * float(used.user + used.system)

    def rows(self, name: str, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Ask, and note how long it took."""
        cpu, began = self.cpu(), time.perf_counter()
        found = super().rows(name, sql, parameters)
        self.askings.append(Asking(self.page, name, 1000 * (time.perf_counter() - began), self.cpu() - cpu))
        return found


def _progress(database: Database, marker: Marker) -> None:
    """Tell that every stage is at the marker."""
    stages = {"case-reports": "line_list", "lab-results": "lab_results", "entry-declarations": "entry_declarations",
              "observations": "observations"}  # fmt: skip
    clock = int(dt.datetime.combine(LAST, dt.time(8), dt.UTC).timestamp() * 1000)

    def row(stage: str, topic: str, position: int) -> progress.Progress:
        return progress.Progress(stage, topic, 0, position, marker, clock, "drawn", position, position - 1, b"\0" * 16)

    rows = [row(stages[source], source, to) for (source, _), to in marker.items()]
    progress.save(database, [*rows, row("aggregates", "aggregates", 1), row("alerts", "alert-history", 1)])


def _ask(warehouse: Timed, pages: Sequence[Page], writer: Client | None) -> tuple[list[Asking], dict[str, list[float]]]:
    """Ask every page; with a writer the caches are dropped before each. Returns questions, and milliseconds by page."""
    warehouse.askings = []
    whole: dict[str, list[float]] = defaultdict(list)
    for name, question in pages:
        if writer is not None:
            for cache in ("MARK", "UNCOMPRESSED"):
                writer.command(f"SYSTEM DROP {cache} CACHE")
        warehouse.page = name
        began = time.perf_counter()
        question()
        whole[name].append(1000 * (time.perf_counter() - began))
    return warehouse.askings, whole


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def _summed(values: Sequence[float]) -> list[str]:
    return [f"{v:,.0f}" for v in (min(values), statistics.median(values), _p95(values), max(values))]


def _questions(warm: Sequence[Asking], cold: Sequence[Asking]) -> tuple[str, list[str]]:
    """Return the table, and the questions of pages whose 95th percentile is above the aim."""
    by_name: dict[tuple[bool, str], list[Asking]] = defaultdict(list)
    dropped: dict[tuple[bool, str], list[float]] = defaultdict(list)
    for asking in warm:
        by_name[asking.page in ON_REQUEST, asking.question].append(asking)
    for asking in cold:
        dropped[asking.page in ON_REQUEST, asking.question].append(asking.wall)
    rows, slow = [], []
    for (requested, name), found in sorted(by_name.items()):
        wall, cpu = [a.wall for a in found], [a.cpu for a in found]
        if not requested and _p95(wall) >= AIM_MS:
            slow.append(name)
        cold_p95 = dropped.get((requested, name))
        rows.append(
            [f"{name} (on request)" if requested else name, len(wall), *_summed(wall),
             f"{_p95(cold_p95):,.0f}" if cold_p95 else "", f"{statistics.median(cpu):,.0f}", f"{_p95(cpu):,.0f}"]
        )  # fmt: skip
    heads = ["question", "askings", "min ms", "median", "p95", "max", "p95, caches dropped", "CPU median", "CPU p95"]
    return table(heads, rows), slow


def _settled(client: Client) -> None:
    """Wait until the engine has nothing to merge."""
    quiet = 0
    while quiet < 3:
        busy = int(client.query("SELECT count() FROM system.merges").result_rows[0][0])
        quiet = 0 if busy else quiet + 1
        time.sleep(1)


def _size(client: Client) -> str:
    rows = client.query(
        "SELECT table, sum(rows), count(), sum(bytes_on_disk) FROM system.parts "
        f"WHERE active AND database = '{_DATABASE}' GROUP BY table HAVING sum(rows) > 100 ORDER BY 2 DESC"
    ).result_rows
    return table(["table", "rows", "parts", "MB"], [[t, f"{r:,}", p, f"{b / 1e6:,.0f}"] for t, r, p, b in rows])


def measured(place: Path, reports: int, askings: int) -> int:
    """Lay down what is not there yet, ask, and publish; return how many questions of pages miss the aim."""
    head = machine()
    place.mkdir(parents=True, exist_ok=True)
    front, child = start_front(place)
    try:
        assert child.pid is not None
        writing = Address(front.host, front.port, front.writer, front.writer_password, _DATABASE)
        writer = connect(writing, timeout=1_800)
        database = Database(writing, threading.Event())
        catalogue = load(probe=build)
        filled = writer.query(f"SELECT count() FROM system.tables WHERE database = '{_DATABASE}'").result_rows[0][0]
        setup.create(database)
        if not filled:
            began = time.monotonic()
            lay_down(writer, _DATABASE, catalogue, Sizes.of(reports), lambda what: _say(what, began))
        _progress(database, Sizes.of(reports).marker)
        _settled(writer)
        size = _size(writer)
        warehouse = Timed(Address(front.host, front.port, front.reader, front.reader_password, _DATABASE), child.pid)
        pages = pages_of(warehouse, catalogue, askings)
        cold, _ = _ask(warehouse, pages[: len(pages) // 2], writer)
        warm, whole = _ask(warehouse, pages, None)
        answered, slow = _questions(warm, cold)
        warehouse.close()
    finally:
        child.stop()
    by_page = [[name, len(wall), *_summed(wall)] for name, wall in sorted(whole.items())]
    verdict = f"Above {AIM_MS:.0f} ms at the 95th percentile: {', '.join(slow)}." if slow else (
        f"Every question of a page is below {AIM_MS:.0f} ms at the 95th percentile."
    )  # fmt: skip
    publish(
        "queries",
        "The console's questions",
        f"{reports:,} case reports and what goes with them, 1,096 days; {head}, at the end "
        f"{os.getloadavg()[0]:.1f}. Milliseconds. {verdict}",
        answered,
        "Pages, with all that they ask one after the other and what Python makes of it:",
        table(["page", "askings", "min ms", "median", "p95", "max"], by_page),
        size,
    )
    return len(slow)


def _say(what: str, began: float) -> None:
    print(f"{what}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def main() -> int:
    """Measure, in a folder that is gone afterwards unless one is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=10_000_000)
    parser.add_argument("--askings", type=int, default=40, help="of each page")
    parser.add_argument("--folder", type=Path, help="where the database stays, to be asked again")
    given = parser.parse_args()
    if given.folder:
        measured(given.folder.absolute(), given.reports, given.askings)
    else:
        with folder() as place:
            measured(place, given.reports, given.askings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
