"""2,000 reports a second, live: from publishing a case until its alert's row can be read in ClickHouse.

    python -m bench.live [--rate 2000] [--seconds 60] [--history 1000000]

The shipped processes first take in ten weeks of a nation's reports. Then new ones come at the rate, their report times
within the last week; among them, a few times a second, one case of cholera in a county that has none, which opens an
alert. A reader with the dashboards' credential looks for the rows, so the time that a look takes is in the latency.
"""

from __future__ import annotations

import argparse
import http.client
import random
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from confluent_kafka import Producer

from bench.inbox import fill, folder
from bench.nation import DAY_MS, YEARLY, Load, all_diseases, counties, values
from bench.report import machine, publish, table
from bench.usage import Usage, Watch
from schemas import registry, wire
from tests.chain.installation import PROCESSES, Installation

_HISTORY_DAYS = 70
_LATE_DAYS = 7
_TICK = 0.01
_LOOK = 0.02
_PATIENCE = 60.0
_SEEN = "SELECT DISTINCT area FROM alert_history WHERE signal = 'cholera.cases' AND level = 'county'"
_EVENTS = "SELECT count() FROM alert_history"


@dataclass
class Live:
    """What was measured: seconds of each probe's latency and of each look, and what came after the last report."""

    latencies: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    missed: int = 0
    sent: int = 0
    seconds: float = 0.0
    settled: float = 0.0
    events: int = 0
    usage: dict[str, Usage] = field(default_factory=dict)


class Reader:
    """Asks ClickHouse over one connection that stays open, with the read-only credential."""

    def __init__(self, installation: Installation) -> None:
        s = installation.settings
        self._connection = http.client.HTTPConnection("127.0.0.1", s.ports.clickhouse, timeout=60)
        self._path = "/?" + urllib.parse.urlencode(
            {"user": s.reader, "password": s.reader_password, "database": s.database, "default_format": "TSV"}
        )

    def column(self, query: str) -> list[str]:
        """Return the only column of an answer."""
        self._connection.request("POST", self._path, body=query.encode())
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status != http.client.OK:
            raise RuntimeError(text)
        return text.splitlines()


def probe(county: str, number: int) -> tuple[bytes, bytes]:
    """One case of cholera."""
    now = datetime.now(UTC)
    record = {
        "issuer": f"CDC{county}", "revision": 1, "action": "REPORT", "sender": f"CDC{county}", "reported_at": now,
        "reported_area": county, "report_id": f"PROBE-{number:06d}", "disease": "cholera",
        "classification": "CONFIRMED", "residence_area": county, "origin": 1,
    }  # fmt: skip
    return f"PROBE-{number:06d}".encode(), wire.encode(registry.CASE_REPORT, record)


class Senders(threading.Thread):
    """Sends reports at a steady rate, and a probe every so often; says when each probe was handed to Kafka's client."""

    def __init__(
        self,
        installation: Installation,
        reports: Iterator[tuple[bytes, bytes]],
        rate: int,
        areas: list[str],
        gap: float,
    ) -> None:
        super().__init__(daemon=True)
        self._topic = installation.topics.case_reports
        self._producer = Producer(
            {
                "bootstrap.servers": installation.settings.bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 5,
                "compression.type": "lz4",
            }
        )
        self._reports, self._rate, self._areas, self._gap = reports, rate, areas, gap
        self.sent = 0
        self.probes: dict[str, float] = {}
        self.ended = 0.0

    def run(self) -> None:
        """Send until the reports are used up."""
        chance = random.Random(5)
        areas = iter(self._areas)
        began = time.perf_counter()
        next_probe = began + 1
        for key, value in self._reports:
            self._producer.produce(self._topic, value, key)
            self.sent += 1
            due = began + self.sent / self._rate
            if self.sent % max(1, int(self._rate * _TICK)):
                continue
            self._producer.poll(0)
            now = time.perf_counter()
            if now >= next_probe and (county := next(areas, "")):
                key, value = probe(county, len(self.probes))
                self.probes[county] = time.perf_counter()
                self._producer.produce(self._topic, value, key)
                next_probe = now + self._gap * chance.uniform(0.5, 1.5)
            if due > now:
                time.sleep(due - now)
        self._producer.flush(60)
        self.ended = time.perf_counter()


def run(rate: int, seconds: int, history: int, gap: float) -> Live:
    """Measure once."""
    live = Live()
    now = int(time.time() * 1000)
    codes = all_diseases()
    weights = tuple(0.0 if code == "cholera" else YEARLY.get(code, 0.1) for code in codes)
    past = Load(
        history, now - _HISTORY_DAYS * DAY_MS - 3_600_000, days=_HISTORY_DAYS, seed=21, diseases=codes, weights=weights
    )
    with folder() as place, Installation(place, replay=False) as installation:
        installation.start("intake", "detect", "sink")
        fill(installation.settings.bootstrap, installation.topics.case_reports, values(past))
        installation.settle(1_800)
        print(f"{history:,} reports are in", file=sys.stderr, flush=True)
        reader = Reader(installation)
        areas = list(counties())
        random.Random(9).shuffle(areas)
        before = int(reader.column(_EVENTS)[0])
        fresh = Load(
            rate * seconds, int(time.time() * 1000) - _LATE_DAYS * DAY_MS - 60_000, days=_LATE_DAYS, seed=22,
            diseases=codes, weights=weights,
        )  # fmt: skip
        reports = list(values(fresh))
        np.random.default_rng(3).shuffle(reports)  # type: ignore[arg-type]  # late and new ones mixed
        senders = Senders(installation, iter(reports), rate, areas, gap)
        watch = Watch({name: installation.child(name).pid or 0 for name in PROCESSES})
        began = time.perf_counter()
        senders.start()
        _look(reader, senders, live)
        live.usage, live.seconds = watch.used(), senders.ended - began
        live.sent = senders.sent + len(senders.probes)
        installation.settle(1_800)
        live.settled = time.perf_counter() - senders.ended
        live.events = int(reader.column(_EVENTS)[0]) - before
        installation.stop("sink", "detect", "intake")
    return live


def _look(reader: Reader, senders: Senders, live: Live) -> None:
    """Look for the rows of the probes until all are seen, or patience is at its end."""
    seen: set[str] = set()
    while True:
        began = time.perf_counter()
        if senders.probes.keys() - seen:
            found = set(reader.column(_SEEN))
            at = time.perf_counter()
            live.looks.append(at - began)
            for county in found & senders.probes.keys() - seen:
                live.latencies.append(at - senders.probes[county])
                seen.add(county)
        if not senders.is_alive():
            live.missed = len(senders.probes.keys() - seen)
            if not live.missed or time.perf_counter() - senders.ended > _PATIENCE:
                return
        time.sleep(max(0.0, _LOOK - (time.perf_counter() - began)))


def main() -> int:
    """Measure and publish; 1 if a probe found no alert."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int, default=2_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--gap", type=float, default=0.3, help="seconds between probes, on average")
    given = parser.parse_args()
    before = machine()
    live = run(given.rate, given.seconds, given.history, given.gap)
    marks = [f"{value * 1000:,.0f}" for value in np.percentile(live.latencies, (0, 50, 90, 99, 100))]
    looked = np.percentile(live.looks, (50, 99)) * 1000
    used = [[name, f"{u.cpu / live.seconds:.2f}", f"{u.peak_mb:,.0f}"] for name, u in live.usage.items()]
    publish(
        "live",
        "Publish to alert row, live",
        f"{live.sent / live.seconds:,.0f} messages a second for {live.seconds:.0f} s, after {given.history:,} in ten"
        f" weeks; {before}.",
        table(("milliseconds", "min", "median", "90th", "99th", "max"), [[f"{len(live.latencies)} probes", *marks]]),
        f"A look took {looked[0]:.0f} ms (99th percentile {looked[1]:.0f} ms), one every {_LOOK * 1000:.0f} ms at most."
        f" {live.events:,} alert events in that time; everything was in {live.settled:.1f} s after the last report;"
        f" {live.missed} probes without an alert.",
        table(("process", "cores", "peak MB"), used),
    )
    return 1 if live.missed else 0


if __name__ == "__main__":
    sys.exit(main())
