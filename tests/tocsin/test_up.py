"""``tocsin up`` as a user runs it: starts, says how it stands, heals, stops cleanly, leaves no orphan when killed."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from tests.chain.ends import Ends
from tests.chain.reports import START, case, message
from tests.deploy.metrics_named import metrics_named
from tocsin.cli import tocsin as cli
from tocsin.ports import free_ports
from tocsin.settings import Settings, load

ROOT = Path(__file__).parents[2]
PROCESSES = {"broker", "clickhouse", "intake", "detect", "sink", "console"}


class Up:
    """One ``tocsin up``, its output in a file."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.output = folder.with_name(f"{folder.name}-{time.monotonic_ns()}.out")
        command = [sys.executable, "-m", "tocsin", "up", "--dir", str(folder), "--replay", "--no-demo", *arguments]
        with self.output.open("w") as file:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)

    def said(self) -> str:
        return self.output.read_text()

    def wait_up(self) -> None:
        wait_for(lambda: "Ctrl-C stops everything" in self.said() or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.said()

    def children(self) -> dict[str, int]:
        states = json.loads((self.folder / "run.json").read_text())["processes"]
        return {name: state["pid"] for name, state in states.items()}


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def tocsin(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tocsin", *arguments, "--dir", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def is_well(folder: Path) -> bool:
    """Whether ``tocsin status`` says so, without an interpreter for each time that it is asked."""
    return CliRunner().invoke(cli, ["status", "--within", "1", "--dir", str(folder)]).exit_code == 0


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A running installation; ClickHouse's usual port is taken, so that it must move."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8123))
            taken.listen()
        except OSError:
            pass  # something else has it: as good
        running = Up(tmp_path_factory.mktemp("up") / "var", "--port", str(free_ports(1)[0]))
        running.wait_up()
        yield running
        if running.process.poll() is None:
            running.process.kill()


def test_it_says_where_everything_is_and_which_ports_moved(up: Up) -> None:
    settings = load(up.folder)
    assert settings.page in up.said()
    assert f"port of clickhouse is taken: {settings.ports.clickhouse} instead of 8123" in up.said()
    assert settings.reader_password in up.said()
    assert settings.writer_password not in up.said()
    assert httpx.get(settings.page).status_code == 200


def test_every_process_has_a_prometheus_endpoint(up: Up) -> None:
    ports = load(up.folder).ports
    for port in (ports.supervisor_metrics, ports.intake_metrics, ports.detect_metrics, ports.sink_metrics,
                 ports.console_metrics, ports.clickhouse_metrics):  # fmt: skip
        assert "tocsin_" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
    text = httpx.get(f"http://127.0.0.1:{ports.supervisor_metrics}/metrics").text
    [alive] = re.findall(r"^tocsin_supervisor_alive_timestamp_seconds (\S+)", text, re.MULTILINE)
    assert abs(time.time() - float(alive)) < 60


def test_all_listen_on_loopback_only(up: Up) -> None:
    for name, pid in {**up.children(), "supervisor": up.process.pid}.items():
        for each in psutil.Process(pid).net_connections():
            if each.status == "LISTEN":
                assert each.laddr.ip.removeprefix("::ffff:") == "127.0.0.1", (name, each)


def test_status_wait_and_sql_from_another_terminal(up: Up) -> None:
    wait_for(lambda: is_well(up.folder), 60)
    assert tocsin(up.folder, "status").returncode == 0
    standing = json.loads(tocsin(up.folder, "status", "--json").stdout)
    assert standing["well"] is True
    assert set(standing["processes"]) == PROCESSES
    assert tocsin(up.folder, "wait").returncode == 0
    asked = tocsin(up.folder, "sql", "SELECT currentDatabase(), count() FROM line_list")
    assert asked.stdout == "tocsin\t0\n"
    assert tocsin(up.folder, "sql", "DROP TABLE line_list_revisions").returncode == 1


def test_a_second_up_on_the_folder_is_refused(up: Up) -> None:
    second = tocsin(up.folder, "up")
    assert second.returncode == 1
    assert "already" in second.stderr


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_killed_process_comes_back_by_itself(up: Up, name: str) -> None:
    before = up.children()[name]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: up.children()[name] != before, 30)
    wait_for(lambda: is_well(up.folder), 60)


def test_alert_rules_and_dashboards_name_metrics_that_there_are(up: Up) -> None:
    settings = load(up.folder)
    bad = case("bad", START, disease="cholera", residence_area="530102", origin=9)
    Ends(settings).send([message(case("good", START, disease="cholera", residence_area="530102")), message(bad)])
    named, labels = metrics_named(), dict[str, set[str]]()

    def missing() -> dict[str, set[str]]:
        """What is named and not there: a metric by its own name, or labels of it."""
        for name in ("supervisor", "intake", "detect", "sink", "console", "clickhouse"):
            port = getattr(settings.ports, f"{name}_metrics")
            try:
                told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            except httpx.TransportError:
                continue  # killed by the test before, it is not back yet
            for family in text_string_to_metric_families(told):
                for sample in family.samples:
                    labels.setdefault(sample.name, set()).update(sample.labels)
        return {
            name: wanted - labels.get(name, set())
            for name, wanted in named.items()
            if name not in labels or wanted - labels[name]
        }

    wait_for(lambda: not missing(), 30)
    assert len(named) > 25


def test_ctrl_c_stops_all_cleanly_and_a_second_run_continues(up: Up) -> None:
    children = up.children()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    assert not [name for name, pid in children.items() if psutil.pid_exists(pid)]
    assert "stopped; nothing is lost" in up.said()
    assert tocsin(up.folder, "status").returncode == 1

    ports = load(up.folder).ports
    again = Up(up.folder)
    again.wait_up()
    assert load(up.folder).ports == ports
    children = again.children()
    again.process.kill()
    again.process.wait()
    wait_for(lambda: not [pid for pid in children.values() if psutil.pid_exists(pid)], 10)


def test_a_folder_of_real_time_is_not_replayed_into(tmp_path: Path) -> None:
    Settings(folder=tmp_path, replay=False).save()
    refused = tocsin(tmp_path, "up", "--replay")
    assert refused.returncode == 1
    assert "real time" in refused.stderr
