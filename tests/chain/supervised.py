"""``tocsin up`` on a folder, as a user runs it, seen from another terminal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from click.testing import CliRunner

from schemas.marker import Marker
from tests.chain.ends import Ends
from tocsin.cli import tocsin
from tocsin.ports import free_ports
from tocsin.run_state import Seen, read
from tocsin.settings import Ports, Settings

_ROOT = Path(__file__).parents[2]


class Supervised(Ends):
    """A replay directory under its supervisor; the demo is not replayed.

    Parameters
    ----------
    folder : Path
        Made if missing.
    """

    def __init__(self, folder: Path) -> None:
        ports = Ports(**dict(zip(asdict(Ports()), free_ports(len(asdict(Ports()))), strict=True)))
        super().__init__(Settings(folder=folder, replay=True, ports=ports))
        self.settings.save()
        self.folder = folder
        self._output = folder / "up.out"
        self._up: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tocsin", "up", "--dir", str(self.folder), "--no-demo"]
        with self._output.open("ab") as output:
            self._up = subprocess.Popen(command, cwd=_ROOT, stdout=output, stderr=subprocess.STDOUT)
        self.until(lambda: "Ctrl-C stops everything" in self.said(), 150, "everything is up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._up is not None
        self._up.send_signal(signal.SIGINT)
        try:
            self._up.wait(60)
        except subprocess.TimeoutExpired:
            self._up.kill()
            self._up.wait()
            raise

    def said(self) -> str:
        """What the supervisor printed."""
        return self._output.read_text()

    def log(self, name: str) -> str:
        """What a process wrote."""
        return (self.settings.logs / f"{name}.log").read_text(errors="replace")

    def seen(self, name: str) -> Seen:
        """What the supervisor says of a process."""
        return read(self.folder)[name]

    def everything(self) -> list[psutil.Process]:
        """The supervisor and all its processes."""
        assert self._up is not None
        supervisor = psutil.Process(self._up.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ``tocsin`` on the folder."""
        command = [sys.executable, "-m", "tocsin", *arguments, "--dir", str(self.folder)]
        return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=120)

    def status(self, within: float = 0.0) -> dict[str, Any]:
        """What ``tocsin status`` says, with its exit code."""
        asked = ["status", "--json", "--within", str(within), "--dir", str(self.folder)]
        done = CliRunner().invoke(tocsin, asked)
        assert done.stdout, done.output
        return {**json.loads(done.stdout), "exit": done.exit_code}

    def metric(self, process: str, name: str) -> float:
        """Sum of a metric over its labels; `process` as in the settings' ports, without ``_metrics``."""
        port = getattr(self.settings.ports, f"{process}_metrics")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        values = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
        assert values, f"{process} has no metric {name}"
        return sum(map(float, values))

    def until(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        """Wait for a condition.

        Raises
        ------
        AssertionError
            It did not come, or the supervisor ended.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            assert self._up is not None
            assert self._up.poll() is None, self.said()
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            time.sleep(0.1)

    def settle(self, timeout: float = 120) -> Marker:
        """Wait until every stage has reached the inbox's end."""
        goal = self.inbox()
        self.reach(goal, timeout)
        return goal
