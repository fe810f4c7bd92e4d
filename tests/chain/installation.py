"""A whole embedded Tocsin in a folder, each process by itself, so that a test may kill it where it hurts."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.marker import Marker
from streams.admin import ensure_topics
from tests.chain.ends import Ends, Stalled
from tocsin.child import Child, wait_answering
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.failpoint import VARIABLE
from tocsin.ports import free_ports
from tocsin.settings import Ports, Settings

WORKERS = ("intake", "detect", "sink")
PROCESSES = ("broker", "clickhouse", *WORKERS)


class Installation(Ends):
    """Broker, ClickHouse front and the three workers over one data folder.

    Parameters
    ----------
    folder : Path
        Made if missing; what it holds is continued.
    replay : bool
        A replay directory, whose clock is the one in the records' headers.
    """

    def __init__(self, folder: Path, *, replay: bool = True) -> None:
        (broker, controller, clickhouse, *metrics) = free_ports(9)
        names = ("page", "supervisor_metrics", "intake_metrics", "detect_metrics", "sink_metrics")
        chosen = dict(zip((*names, "clickhouse_metrics"), metrics, strict=True))
        ports = Ports(broker=broker, controller=controller, clickhouse=clickhouse, **chosen)
        super().__init__(Settings(folder=folder, replay=replay, ports=ports))
        self.settings.save()
        self.folder = folder
        self._node = KafkaNode(folder / "kafka", broker, controller)
        self._children = {"broker": self._node.child(folder / "log" / "broker.log")}
        for name in PROCESSES[1:]:
            command = [sys.executable, "-m", "tocsin", "serve", name, "--dir", str(folder)]
            self._children[name] = Child(name, command, folder / "log" / f"{name}.log")

    def __enter__(self) -> Self:
        self.start("broker", "clickhouse")
        ensure_topics(self.settings.bootstrap, self.topics)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name in reversed(PROCESSES):
            self._children[name].kill()

    def child(self, name: str) -> Child:
        """The process of that name, running or not."""
        return self._children[name]

    def start(self, *names: str, failpoint: str | None = None) -> None:
        """Start processes; with a failpoint they kill themselves at that moment."""
        for name in names:
            child = self._children[name]
            child.environment.pop(VARIABLE, None)
            if failpoint:
                child.environment[VARIABLE] = failpoint
            child.start()
            if name == "broker":
                wait_ready(self._node, child)
            elif name == "clickhouse":
                wait_answering(f"http://127.0.0.1:{self.settings.ports.clickhouse}/ping", child)

    def stop(self, *names: str) -> None:
        """SIGTERM, in the order given."""
        for name in names:
            self._children[name].stop()

    def kill(self, *names: str) -> None:
        """SIGKILL."""
        for name in names:
            self._children[name].kill()

    def mend(self) -> list[str]:
        """Start again what has ended, as the supervisor would; say what that was."""
        ended = [name for name in PROCESSES if self._children[name].pid and not self._children[name].alive]
        self.start(*ended)
        return ended

    def settle(self, timeout: float = 90, *, mending: bool = False) -> Marker:
        """Wait until every stage has reached the inbox's end; with `mending` start again what ends meanwhile."""
        goal = self.inbox()

        def meanwhile() -> str:
            if mending:
                self.mend()
                return ""
            ended = [n for n in PROCESSES if self._children[n].pid and not self._children[n].alive]
            return f"ended: {ended}" if ended else ""

        try:
            self.reach(goal, timeout, meanwhile)
        except Stalled as stalled:
            words = "\n".join(f"--- {n}: {self._children[n].last_words(12)}" for n in WORKERS)
            raise Stalled(f"{stalled}\n{words}") from None
        return goal
