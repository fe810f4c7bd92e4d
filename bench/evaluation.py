"""One evaluation of 120,000 county series over 28 days, on one core.

    python -m bench.evaluation [--series 120000] [--days 28] [--rounds 3]

The counts are a hundred days of an ordinary nation, brought in through journal entries. ``judge`` is every method on
every series and day, nothing else. ``first`` is a whole evaluation of which nothing was said yet: besides, rows and
alerts. ``again`` is the same where everything was said already, so that what was said is worked out as well, and
compared. All runs in one child process with one thread for polars and NumPy, bound to one core: its CPU seconds are
what it takes where nobody else is at work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from typing import NoReturn

import numpy as np

from bench import journal
from bench.nation import Load, values
from bench.report import ROOT, machine, publish, spread, table
from catalogue.levels import AREA_LEVELS
from catalogue.loader import load
from detectors import build
from schemas.topics import PARTITIONS
from streams.counting import NEVER
from streams.evaluation import Evaluation
from streams.judge import judge
from streams.plan import Plan
from streams.series import china
from streams.tally import Tally
from streams.told import Told

_FIRST_MS = 1_735_660_800_000
_HISTORY_DAYS = 100
_SPACE = "areas"


def counted(reports: int) -> tuple[Tally, Plan, str]:
    """Fold an ordinary nation's reports of a hundred days."""
    catalogue = load(None, probe=build)
    signals = sorted(catalogue.signals.values(), key=lambda signal: signal.number)
    tally = Tally(signals, china(), PARTITIONS)
    made = journal.changes(values(Load(reports, _FIRST_MS, days=_HISTORY_DAYS, bad=0)))
    for partition, value, _ in journal.entries(
        made, [journal.ChainWriter("case-reports", "b", p) for p in range(3)], 3_000
    ):
        tally.apply(partition, [value])
    return tally, Plan(tally.parts[_SPACE].signals), catalogue.version


def dirty(tally: Tally, series: int, days: int) -> None:
    """Let exactly so many county series have changed so many days ago, and no others."""
    assert tally.today is not None
    part = tally.parts[_SPACE]
    part.take_changes()
    counties = np.flatnonzero(part.space.level == AREA_LEVELS.index("county"))
    signals = -(-series // len(counties))
    first = np.full(part.changes.first_day.shape, NEVER, np.int32)
    rows = np.repeat(np.arange(signals), len(counties))[:series]
    first[rows, np.tile(counties, signals)[:series]] = tally.today - days + 1
    part.changes.first_day[:] = first


def judged(tally: Tally, plan: Plan, days: int) -> float:
    """CPU seconds of judging alone, a signal's series at a time."""
    assert tally.today is not None
    start = tally.today - days + 1
    began = time.process_time()
    part = tally.parts[_SPACE]
    for number in range(len(part.signals)):
        series = np.flatnonzero(part.changes.first_day[number] < NEVER)
        if len(series):
            lead = plan.lead(number)
            ends = part.space.first_node[series], part.space.last_node[series]
            counts = part.counts.totals(number, *ends, start - lead, tally.today)
            signal, level = np.full(len(series), number, np.int32), part.space.level[series]
            judge(plan, counts, start - lead, start, signal, level, _no_history)
    return time.process_time() - began


def _no_history(rows: object) -> NoReturn:
    raise AssertionError("a method without bounded memory is not part of this measurement")


def one(series: int, days: int, rounds: int, reports: int) -> None:
    """Measure in this process, bound to one core; print JSON."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tally, plan, version = counted(reports)
    told: dict[str, list[float]] = {"judge": [], "first": [], "again": []}
    rows = alerts = 0
    for _ in range(rounds):
        dirty(tally, series, days)
        told["judge"].append(judged(tally, plan, days))
        evaluation = Evaluation(tally, Told([]), version)
        began = time.process_time()
        outcome = evaluation.evaluate()
        told["first"].append(time.process_time() - began)
        assert outcome is not None
        assert outcome.series == series, outcome.series
        rows, alerts = outcome.rows, len(outcome.events)
        evaluation.settle(outcome)
        dirty(tally, series, days)
        began = time.process_time()
        again = evaluation.evaluate()
        told["again"].append(time.process_time() - began)
        assert again is not None
        assert again.rows == 0, again.rows
        assert not again.events
    print(json.dumps({"seconds": told, "rows": rows, "alerts": alerts}))


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=120_000)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reports", type=int, default=1_000_000)
    parser.add_argument("--one", action="store_true")
    given = parser.parse_args()
    if given.one:
        one(given.series, given.days, given.rounds, given.reports)
        return
    before = machine()
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.evaluation", "--one", *sys.argv[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    measured = json.loads(done.stdout.splitlines()[-1])
    words = {
        "judge": "judge: every method, nothing else",
        "first": "first: with rows and alerts",
        "again": "again: what was said, too",
    }
    lines = [[words[kind], spread(seconds)] for kind, seconds in measured["seconds"].items()]
    size = f"{given.series:,} county series, {given.days} days each, {given.reports:,} reports in {_HISTORY_DAYS} days"
    publish(
        "evaluation",
        "One evaluation on one core",
        f"{size}, {given.rounds} rounds; {before}.",
        table(("min / median / max", "CPU seconds"), lines),
        f"A first evaluation said {measured['rows']:,} rows and {measured['alerts']:,} alert events; said again, none.",
    )


if __name__ == "__main__":
    main()
