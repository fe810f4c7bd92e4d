"""kill -9, of the sink and of ClickHouse, at named and at random moments: every row is there once, without FINAL."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sinks.client import connect
from tests.sinks.world import World


class Traffic:
    """A burst after the other into every topic; knows what must be in the tables in the end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._bursts = 0

    def burst(self) -> None:
        """Send some of everything."""
        world, n = self._world, self._bursts
        self._bursts += 1
        for p, journal in enumerate(world.journals):
            world.journal(
                p, *(journal.reports(range(start, start + 30)) for start in range(1000 * n, 1000 * n + 90, 30))
            )
        row = {"signal": "s", "area": "420106", "level": "county", "count": n}
        for p, links in enumerate(world.aggregates):
            world.send(world.topics.aggregates, p, links.batch([row] * 7, [("c", 0, n)]))
        world.send(world.topics.alert_history, 0, world.alerts[0].event(f"a{n}", 1))

    def settled(self, timeout: float = 60) -> None:
        """Wait until all is in, and check that it is in once."""
        world, n = self._world, self._bursts
        world.until_progress("line_list", dict.fromkeys(range(3), 90 * n), timeout)
        world.until_progress("aggregates", dict.fromkeys(range(3), n), timeout)
        world.until_progress("alerts", {0: n}, timeout)
        world.exact()
        assert world.rows("SELECT count() FROM {db}.line_list_revisions") == [(270 * n,)]
        assert world.rows("SELECT count() FROM {db}.aggregate_revisions") == [(21 * n,)]
        assert world.rows("SELECT count(), uniqExact(alert_id) FROM {db}.alert_history") == [(n, n)]


def died(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() == -signal.SIGKILL


@pytest.mark.parametrize("moment", ["sink.mid_insert", "sink.mid_insert:4", "sink.inserted:5"])
def test_at_a_named_moment(world: World, tmp_path: Path, moment: str) -> None:
    traffic, marks = Traffic(world), tmp_path / "marks"
    process = world.sink_process(marks, moment)
    try:
        deadline = time.monotonic() + 60
        while not died(process) and time.monotonic() < deadline:
            traffic.burst()
            time.sleep(0.2)
        assert died(process), "the moment was never reached"
        assert (marks / f"failpoint-{moment.partition(':')[0]}").exists()
        traffic.burst()
        process = world.sink_process(marks, moment)
        traffic.settled()
    finally:
        process.kill()
        process.wait()


def test_the_sink_at_random_moments(world: World, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chance, traffic = random.Random(seed), Traffic(world)
    for _ in range(4):
        process = world.sink_process(tmp_path / "marks")
        try:
            until = time.monotonic() + chance.uniform(0.8, 3.0)
            while time.monotonic() < until:
                traffic.burst()
                time.sleep(chance.uniform(0, 0.2))
        finally:
            process.kill()
            process.wait()
    process = world.sink_process(tmp_path / "marks")
    try:
        traffic.settled()
    finally:
        process.kill()
        process.wait()


def test_clickhouse_killed_stopped_and_away(
    world: World, tmp_path: Path, front_starter: Callable[[Path], tuple[Any, Any]]
) -> None:
    """The sink waits it out: nothing is lost, nothing comes twice, and it goes on by itself."""
    folder = tmp_path / "front"
    front, child = front_starter(folder)
    address = replace(
        world.address, host=front.host, port=front.port, user=front.writer, password=front.writer_password
    )
    process = world.sink_process(tmp_path / "marks", address=address)
    mine = World(world.bootstrap, world.topics, address, connect(address))
    traffic = Traffic(mine)
    try:
        for _ in range(2):
            traffic.burst()
            time.sleep(0.3)
            child.kill()
            traffic.burst()
            time.sleep(0.5)
            _, child = front_starter(folder)
        traffic.settled()
        child.signal(signal.SIGSTOP)
        traffic.burst()
        time.sleep(3)
        child.signal(signal.SIGCONT)
        traffic.settled()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        child.kill()
