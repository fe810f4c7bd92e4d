"""A restart on a year of a whole nation: how long until detection is live again, and intake caught up.

    python -m bench.refold [--reports 1000000,3000000,10000000] [--rows 1,3000] [--rounds 3] [--catch-up 1000000]

The journal is written directly, as intake would have: an ordinary year's entries hold one report each, a backfill's
some thousands. ``first`` is detection's first start on it, when everything is still to be said. ``restart`` is the
time from the start of the process until it has applied an entry that was written after the refold; what was said
before is not said again. ``catch-up`` is intake's start without a ledger, ``open`` with one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import journal, raw
from bench.inbox import folder
from bench.nation import DAY_MS, Load, values
from bench.report import machine, publish, spread, table
from bench.scrape import await_metric, metric
from bench.usage import peak_mb
from schemas.topics import PARTITIONS, Topics
from streams.admin import ensure_topics, topic_ids
from streams.intake.catch_up import catch_up
from streams.ledger import Ledger
from tests.chain.installation import Installation

_DAYS = 365
_LIMIT = 3_600.0
_SETTLED = "tocsin_detect_emission_seconds_count"
_LIVE = "tocsin_detect_entries_total"


@dataclass
class Refold:
    """What one journal took."""

    reports: int
    rows: int
    apart: bool
    gigabytes: float = 0.0
    written: float = 0.0
    first: float = 0.0
    said: float = 0.0
    restarts: list[float] = field(default_factory=list)
    reread: list[float] = field(default_factory=list)
    memory: float = 0.0
    first_memory: float = 0.0
    intake: list[raw.Measured] = field(default_factory=list)


def first_ms() -> int:
    """A year before now."""
    return int(time.time() * 1000) - _DAYS * DAY_MS


def measure(reports: int, rows: int, rounds: int, *, apart: bool, with_intake: bool) -> Refold:
    """Write one journal and restart on it."""
    result = Refold(reports, rows, apart)
    with folder() as place:
        installation = Installation(place, replay=False)
        try:
            installation.start("broker")
            bootstrap, topics = installation.settings.bootstrap, installation.topics
            ensure_topics(bootstrap, topics)
            source_id = topic_ids(bootstrap, [topics.case_reports])[topics.case_reports]
            writers = [journal.ChainWriter(topics.case_reports, source_id, p) for p in range(PARTITIONS)]
            load = Load(reports, first_ms(), days=_DAYS, bad=0, seed=7)
            began = time.perf_counter()
            made = journal.entries(journal.changes(values(load)), writers, rows)
            _, size = journal.write(bootstrap, topics.journal(), made, apart=apart)
            result.gigabytes, result.written = size / 1e9, time.perf_counter() - began
            tell(f"{reports:,} reports, {rows} a row: {result.gigabytes:.2f} GB written in {result.written:.0f} s")
            for start in range(rounds + 1):
                _restart(installation, writers, start, result)
            if with_intake:
                _catch_up(bootstrap, source_id, place / "ledger", result)
        finally:
            for name in ("detect", "broker"):
                installation.child(name).kill()
    return result


def _restart(installation: Installation, writers: Sequence[journal.ChainWriter], start: int, result: Refold) -> None:
    """Start detection, let one more report come, and stop it when that was applied."""
    port = installation.settings.ports.detect_metrics
    child = installation.child("detect")
    began = time.perf_counter()
    installation.start("detect")
    await_metric(child, port, _SETTLED, 1, _LIMIT)
    ((_, change),) = list(journal.changes(values(Load(1, first_ms() + _DAYS * DAY_MS, days=1, seed=50 + start))))[:1]
    bootstrap, topic = installation.settings.bootstrap, installation.topics.journal()
    journal.write(bootstrap, topic, iter([(0, writers[0].single(change), 1)]), apart=True)
    live = await_metric(child, port, _LIVE, 1, 120) - began
    assert child.pid is not None
    if start == 0:
        result.first, result.first_memory = live, peak_mb(child.pid)
        result.said = metric(port, "tocsin_detect_rows_total") or 0
    else:
        result.restarts.append(live)
        result.reread.append(metric(port, "tocsin_detect_refold_seconds") or float("nan"))
        result.memory = max(result.memory, peak_mb(child.pid))
    # What the live report changed is to be said too, before the process is stopped.
    await_metric(child, port, _SETTLED, 2, 120)
    installation.stop("detect")
    tell(f"  start {start}: live after {live:.1f} s")


def _catch_up(bootstrap: str, source_id: str, ledger: Path, result: Refold) -> None:
    for _ in range(2):  # without a ledger, then with one
        given = ("--bootstrap", bootstrap, "--source-id", source_id, "--ledger", str(ledger))
        result.intake.append(raw.child("-m", "bench.refold", *given))
        tell(f"  intake: {result.intake[-1].seconds:.1f} s, {result.intake[-1].rss_mb:.0f} MB")


def catch_up_here(bootstrap: str, source_id: str, place: Path) -> None:
    """Bring a ledger to the journal's end in this process, and tell what it took."""
    topics = Topics()
    ids = topic_ids(bootstrap, [topics.case_reports, topics.journal()])
    before, began = raw.cpu_seconds(), time.perf_counter()
    with Ledger(place, ids) as ledger:
        catch_up(bootstrap, topics.journal(), ledger, source_id, range(PARTITIONS))
        raw.tell(time.perf_counter() - began, raw.cpu_seconds() - before)


def tell(text: str) -> None:
    """Say how far it is, while it takes minutes."""
    print(text, file=sys.stderr, flush=True)


HEADERS = (
    "reports", "rows an entry", "journal GB", "first start s", "rows said", "its memory MB", "restart s",
    "of it refold s", "memory MB", "intake catch-up s", "MB", "intake open s", "MB",
)  # fmt: skip


def line(result: Refold) -> list[str]:
    """One row of the table."""
    caught = [text for one in result.intake for text in (f"{one.seconds:.1f}", f"{one.rss_mb:.0f}")] or ["-"] * 4
    rows = f"{result.rows:,}{', own batch' if result.apart else ''}"
    return [
        f"{result.reports:,}", rows, f"{result.gigabytes:.2f}", f"{result.first:.1f}", f"{result.said:,.0f}",
        f"{result.first_memory:,.0f}", spread(result.restarts, 1), spread(result.reread, 1), f"{result.memory:,.0f}",
        *caught,
    ]  # fmt: skip


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", default="1000000,3000000,10000000")
    parser.add_argument("--rows", default="1,3000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--apart", type=int, default=0, help="entries up to this many reports in batches of their own")
    parser.add_argument(
        "--catch-up", type=int, default=10_000_000, help="most small entries that intake is to catch up"
    )
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--source-id", default="")
    parser.add_argument("--ledger", type=Path, default=Path())
    given = parser.parse_args()
    if given.bootstrap:
        catch_up_here(given.bootstrap, given.source_id, given.ledger)
        return
    before = machine()
    lines = []
    for reports in map(int, given.reports.split(",")):
        for rows in map(int, given.rows.split(",")):
            wanted = rows > 1 or reports <= given.catch_up
            apart = rows == 1 and reports <= given.apart
            lines.append(line(measure(reports, rows, given.rounds, apart=apart, with_intake=wanted)))
            words = f"A year of {_DAYS} days, every disease and county; restarts {given.rounds} times; {before}."
            publish("refold", "Restart on a journal (min / median / max)", words, table(HEADERS, lines))


if __name__ == "__main__":
    main()
