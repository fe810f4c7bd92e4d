"""A nation's reports backfilled: from the inbox to final alerts and ClickHouse rows, over the raw loop.

    python -m bench.backfill [--reports 1000000] [--rounds 3]

The shipped processes stand ready on an empty installation. Intake is stopped (SIGSTOP) while the inbox is filled; the
time runs from SIGCONT until every stage's marker covers the inbox and every alert is in its table. The raw loop reads
the same topic before and after, with everything else idle. Then counts by SQL are compared with what plain loops made
of the generated records, verdicts with the offsets, and rows looked for that stand twice.
"""

from __future__ import annotations

import argparse
import io
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import fastavro

from bench import raw
from bench.inbox import fill, folder
from bench.nation import DAY_MS, Load, values
from bench.report import machine, publish, spread, table
from bench.scrape import await_metric, metric
from bench.usage import Usage, Watch
from schemas import registry
from schemas.marker import Marker
from schemas.wire import HEADER_BYTES
from tests.chain.installation import PROCESSES, Installation
from tests.chain.state import assert_exact

_DAYS = 28
_TIMEOUT = 3_600.0
_SHANGHAI_MS = 8 * 3_600_000
_READY = {
    "intake": ("tocsin_intake_ledger_identities", 0.0),
    "detect": ("tocsin_detect_refold_seconds", 1e-9),
    "sink": ("tocsin_sink_alive_timestamp_seconds", 1.0),
}
"""Metric of each process that reaches a value once it is at work."""
_DETECT = ("evaluation_seconds_count", "evaluation_seconds_sum", "emission_seconds_sum", "rows_total")
Cell = tuple[str, str, int]


@dataclass
class Expected:
    """What plain loops make of the generated records."""

    accepted: int = 0
    rejected: int = 0
    standing: dict[bytes, Cell] = field(default_factory=dict)

    def cells(self) -> Counter[Cell]:
        """Standing cases by disease, county and civil day."""
        return Counter(self.standing.values())


def noted(messages: Iterator[tuple[bytes, bytes]], expected: Expected) -> Iterator[tuple[bytes, bytes]]:
    """Pass messages on, counting what they must come to."""
    parsed = registry.parsed(registry.CASE_REPORT)
    for key, value in messages:
        if key.startswith(b"B"):
            expected.rejected += 1
        else:
            record = fastavro.schemaless_reader(io.BytesIO(value[HEADER_BYTES:]), parsed, None)
            assert isinstance(record, dict)
            expected.accepted += 1
            day = (int(record["reported_at"].timestamp() * 1000) + _SHANGHAI_MS) // DAY_MS
            expected.standing[key] = (record["disease"], record["residence_area"], day)
        yield key, value


@dataclass
class Round:
    """One backfill."""

    seconds: float
    raws: list[raw.Measured]
    messages: int
    usage: dict[str, Usage]
    alerts: list[list[str]]
    faults: list[str]
    stages: dict[str, float]
    detect: dict[str, float]

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    @property
    def raw_rate(self) -> float:
        """Of the raw loop before and after, messages a second."""
        return self.messages * len(self.raws) / sum(one.seconds for one in self.raws)


def once(load: Load) -> Round:
    """Backfill into a new installation."""
    with folder() as place, Installation(place, replay=False) as installation:
        bootstrap, topic = installation.settings.bootstrap, installation.topics.case_reports
        installation.start("intake", "detect", "sink")
        ports = installation.settings.ports
        metrics = {"intake": ports.intake_metrics, "detect": ports.detect_metrics, "sink": ports.sink_metrics}
        _await_ready(installation, metrics)
        installation.child("intake").signal(signal.SIGSTOP)
        expected = Expected()
        count = fill(bootstrap, topic, noted(values(load), expected))
        raws = [raw.measure(bootstrap, topic, count)]
        watch = Watch({name: installation.child(name).pid or 0 for name in PROCESSES})
        installation.child("intake").signal(signal.SIGCONT)
        stages = _settle(installation, watch)
        seconds, usage = watch.seconds, watch.used()
        raws.append(raw.measure(bootstrap, topic, count))
        faults = list(wrong(installation, expected))
        alerts = installation.sql(_ALERTS)
        detect = {name: metric(ports.detect_metrics, f"tocsin_detect_{name}") or 0.0 for name in _DETECT}
        ((standing,),) = installation.sql("SELECT count() FROM aggregates", timeout=300)
        detect["standing"] = float(standing)
        installation.stop("sink", "detect", "intake")
    return Round(seconds, raws, count, usage, alerts, faults, stages, detect)


def _await_ready(installation: Installation, metrics: dict[str, int]) -> None:
    for name, port in metrics.items():
        await_metric(installation.child(name), port, *_READY[name], 120)
    # Detection's follower joins its group last, and says so nowhere: a few seconds.
    time.sleep(5)


def _settle(installation: Installation, watch: Watch) -> dict[str, float]:
    """Wait until everything is in ClickHouse; return when each stage came to its end."""
    goal = installation.inbox()
    reached: dict[str, float] = {}
    while watch.seconds < _TIMEOUT:
        rows = installation.sql("SELECT stage, marker FROM progress")
        if "line_list" not in reached:
            markers = [Marker.parse(marker) for stage, marker in rows if stage == "line_list"]
            if Marker({chain: to for marker in markers for chain, to in marker.items()}).covers(goal):
                reached["line_list"] = watch.seconds
        if installation.reached(goal):
            reached.setdefault("line_list", watch.seconds)
            return reached
        for name in PROCESSES:
            if not installation.child(name).alive:
                raise RuntimeError(f"{name} ended: {installation.child(name).last_words(20)}")
        time.sleep(0.1)
    raise RuntimeError("the backfill did not come to an end")


_ALERTS = (
    "SELECT alert_id, state, signal, area, toString(first_day), toString(days), cases FROM alerts"
    " WHERE state IN ('OPEN', 'ENDED') ORDER BY alert_id"
)
_BY_VERDICT = "SELECT toString(verdict), count() FROM verdicts GROUP BY 1"
_LINE_LIST = (
    "SELECT disease, residence_area, toInt32(toDate(toTimeZone(reported_at, 'Asia/Shanghai'))), count()"
    " FROM line_list GROUP BY 1, 2, 3"
)
_AGGREGATES = (
    "SELECT disease, area, toInt32(day), sum(count) FROM aggregates WHERE level = 'county' AND count > 0"
    " AND signal = concat(disease, '.cases') GROUP BY 1, 2, 3"
)
_NATION = "SELECT sum(count) FROM aggregates WHERE level = 'nation' AND signal = concat(disease, '.cases')"


def wrong(installation: Installation, expected: Expected) -> Iterator[str]:
    """Say what is not as plain loops and SQL have it."""
    verdicts = {name: int(count) for name, count in installation.sql(_BY_VERDICT)}
    if verdicts != {"accepted": expected.accepted, "rejected": expected.rejected}:
        yield f"verdicts {verdicts}, not {expected.accepted} accepted and {expected.rejected} rejected"
    cells = expected.cells()
    for name, query in (("line list", _LINE_LIST), ("aggregates", _AGGREGATES)):
        found = {(disease, area, int(day)): int(n) for disease, area, day, n in installation.sql(query, timeout=300)}
        different = sum(1 for cell in found.keys() | cells.keys() if found.get(cell, 0) != cells.get(cell, 0))
        if different:
            yield f"{name}: {different} of {len(cells)} cells differ"
    ((total,),) = installation.sql(_NATION, timeout=300)
    if int(total) != len(expected.standing):
        yield f"the nation's sum is {total}, not {len(expected.standing)}"
    try:
        assert_exact(installation)
    except AssertionError as fault:
        yield str(fault).splitlines()[0]


def run(reports: int, rounds: int) -> list[Round]:
    """Backfill several times the same reports."""
    load = Load(reports, int(time.time() * 1000) - _DAYS * DAY_MS - 3_600_000, days=_DAYS, seed=11)
    results = []
    for number in range(rounds):
        results.append(once(load))
        one = results[-1]
        cpu = ", ".join(f"{name} {used.cpu:.1f}" for name, used in one.usage.items())
        print(
            f"{number}: {one.seconds:.1f} s, {one.rate:,.0f} /s, raw {one.raw_rate:,.0f} /s, ratio"
            f" {one.rate / one.raw_rate:.2f}; CPU s: {cpu}; line list after {one.stages['line_list']:.1f} s;"
            f" {len(one.alerts)} alerts; {one.detect}; {one.faults or 'right'}",
            file=sys.stderr,
            flush=True,
        )
        if one.alerts != results[0].alerts:
            one.faults.append("other alerts than in the first round")
    return results


def rows(results: Sequence[Round]) -> list[list[str]]:
    """Table of the rates."""
    return [
        ["raw loop", spread([one.raw_rate for one in results], 0), ""],
        [
            "backfill over raw",
            spread([one.rate for one in results], 0),
            spread([one.rate / one.raw_rate for one in results]),
        ],
    ]


def processes(results: Sequence[Round]) -> str:
    """Table of CPU and memory by process."""
    lines = []
    for name in ("raw loop", *PROCESSES, "all processes"):
        cpus = [_cpu(one, name) for one in results]
        per_event = spread([cpu / one.messages * 1e6 for cpu, one in zip(cpus, results, strict=True)], 1)
        peaks = [used.peak_mb for one in results for process, used in one.usage.items() if process == name]
        peaks += [measured.rss_mb for one in results for measured in one.raws if name == "raw loop"]
        lines.append([name, spread(cpus, 1), per_event, f"{max(peaks):,.0f}" if peaks else ""])
    return table(("process", "CPU s", "µs an event", "peak MB"), lines)


def said(results: Sequence[Round]) -> str:
    """What detection did meanwhile, and after how long the line list was whole."""
    told = {name: spread([one.detect[name] for one in results], 0) for name in results[0].detect}
    listed = spread([one.stages["line_list"] for one in results], 1)
    return (
        f"Line list and verdicts were whole after {listed} s. Detection evaluated"
        f" {told['evaluation_seconds_count']} times,"
        f" for {told['evaluation_seconds_sum']} s and {told['emission_seconds_sum']} s of sending; it said"
        f" {told['rows_total']} rows of aggregates, of which {told['standing']} stand."
    )


def _cpu(one: Round, name: str) -> float:
    if name == "raw loop":
        return sum(measured.cpu for measured in one.raws) / len(one.raws)
    return sum(used.cpu for process, used in one.usage.items() if name in (process, "all processes"))


def main() -> int:
    """Measure and publish; 1 if results are wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    before = machine()
    results = run(given.reports, given.rounds)
    faults = [fault for one in results for fault in one.faults]
    seconds = spread([one.seconds for one in results], 1)
    publish(
        "backfill",
        "Backfill over the raw loop (min / median / max)",
        f"{given.reports:,} cases of {_DAYS} days, {results[0].messages:,} messages with 3 % revisions and 1 % bad;"
        f" {given.rounds} rounds of {seconds} s; {before}.",
        table(("", "events/s", "ratio"), rows(results)),
        processes(results),
        said(results),
        f"{len(results[0].alerts):,} alerts stand. " + ("WRONG: " + "; ".join(faults) if faults else
        "Right: verdicts, line list and aggregates cell by cell, nothing twice, the same alerts in every round."),
    )  # fmt: skip
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
