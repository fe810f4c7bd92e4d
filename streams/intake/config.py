"""What an intake process is told."""

from dataclasses import dataclass, field
from pathlib import Path

from schemas.topics import PARTITIONS, SOURCES, Topics


@dataclass(frozen=True, slots=True)
class IntakeConfig:
    """Configuration of one intake process.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    folder
        Where the ledgers lie, one folder a source; caches that may be deleted while the process is down.
    topics
        Names of the topics.
    sources
        Types of records that it judges, as in `schemas.topics.SOURCES`; each in a thread of its own.
    replay
        Honour the replayer's clock. In an ordinary directory any sender could set the clock with it.
    partitions
        Partition count of the source topics.
    mine
        Partitions that belong to this process, None for all. No two processes may share one.
    metrics_port
        Port of the Prometheus endpoint on loopback, None for none.
    batch
        Most messages of a flush.
    linger_ms
        Longest wait for a batch to fill: half of it is added to the median latency.
    """

    bootstrap: str
    folder: Path
    topics: Topics = field(default_factory=Topics)
    sources: tuple[str, ...] = SOURCES
    replay: bool = False
    partitions: int = PARTITIONS
    mine: tuple[int, ...] | None = None
    metrics_port: int | None = None
    batch: int = 10_000
    linger_ms: int = 50

    @property
    def assigned(self) -> tuple[int, ...]:
        """Partitions that belong to this process."""
        return tuple(range(self.partitions)) if self.mine is None else self.mine
