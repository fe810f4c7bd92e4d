"""What the console has to be told; it reads no settings, environment or clock of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.topics import Topics
from sinks.client import Address

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """Addresses and credentials of one console.

    Attributes
    ----------
    host, port
        Where the page is served.
    clickhouse
        ClickHouse's HTTP interface, with a credential that may only read.
    bootstrap
        Kafka's address, to see how far each stage is; None leaves the stages' lag unknown, and the page says so.
    topics
        Names of the topics.
    replay
        Whether *now* is the clock of the data (a replay of the past) or that of the wall.
    catalogue
        Folder of the catalogue; None is the built-in one.
    processes
        Prometheus address of the process behind a stage ("intake", "detect", "sink"): one that does not answer is
        silent, however little lies before it.
    metrics_port
        Also serve our own metrics here, for a scraper that knows one port a process; None: only ``/metrics``.
    patience
        Seconds without progress after which a stage with work before it is stalled.
    allowed_hosts
        Host headers that are answered; empty means loopback names for a loopback host, and any name otherwise.
        A page of another origin cannot reach a loopback server by a name of its own then.
    """

    host: str = "127.0.0.1"
    port: int = 8470
    clickhouse: Address = field(default_factory=Address)
    bootstrap: str | None = None
    topics: Topics = field(default_factory=Topics)
    replay: bool = False
    catalogue: Path | None = None
    processes: Mapping[str, str] = field(default_factory=dict)
    metrics_port: int | None = None
    patience: float = 30.0
    allowed_hosts: tuple[str, ...] = ()

    @property
    def hosts(self) -> list[str]:
        """Return the Host headers to answer."""
        if self.allowed_hosts:
            return list(self.allowed_hosts)
        return list(LOOPBACK) if self.host in LOOPBACK else ["*"]
