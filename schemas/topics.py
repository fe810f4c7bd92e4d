"""Names, partition counts and settings of the topics, and the header by which a replay tells its time."""

from collections.abc import Mapping
from dataclasses import dataclass

PARTITIONS = 3
"""Default partition count of a source topic; fixed once the topic exists, for keys are bound to it."""

REPLAY_CLOCK_HEADER = "tocsin-clock"
"""Record header with the replay's clock: ASCII decimal milliseconds UTC. Honoured in replay directories only."""

SOURCES = ("case-reports", "lab-results", "entry-declarations", "observations")
"""Types of source records that have an inbox and a journal."""

MAX_SOURCE_BYTES = 1_000_000
MAX_INTERNAL_BYTES = 8_000_000
"""Largest message in bytes; producers must be told the same limit as the topic."""

_WEEK_MS = 7 * 24 * 3600 * 1000

# Broker time everywhere. With a sender's time, records stamped 2020 were deleted by the inbox's retention
# within minutes, and records stamped in the future were refused.
_BROKER_TIME = {"message.timestamp.type": "LogAppendTime"}
_INBOX = {
    **_BROKER_TIME,
    "cleanup.policy": "delete",
    "retention.ms": str(_WEEK_MS),
    "retention.bytes": "-1",
    "max.message.bytes": str(MAX_SOURCE_BYTES),
}
_FOREVER = {
    **_BROKER_TIME,
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(MAX_INTERNAL_BYTES),
}
# Only closed segments are compacted: small ones, or a clock that ticks every second is read from far back.
_CURRENT = {
    **_BROKER_TIME,
    "cleanup.policy": "compact",
    "segment.bytes": str(16 * 1024 * 1024),
    "max.message.bytes": str(MAX_INTERNAL_BYTES),
}


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it is to be created: `config` is what an AdminClient's NewTopic takes."""

    name: str
    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one installation.

    Parameters
    ----------
    prefix
        Put before every name, so that several installations (or tests) share one broker.
    """

    prefix: str = ""

    @property
    def case_reports(self) -> str:
        """Inbox of case reports; key is the report id."""
        return self.inbox("case-reports")

    def inbox(self, source: str) -> str:
        """Return the inbox of a source type, named without prefix (as in `SOURCES`); key is the record's id."""
        return self.prefix + source

    def journal(self, source: str = "case-reports") -> str:
        """Return the journal topic of a source type, named without prefix (as in `SOURCES`)."""
        return f"{self.prefix}journal.{source}"

    @property
    def clock(self) -> str:
        """Compacted; key is the chain."""
        return self.prefix + "clock"

    @property
    def aggregates(self) -> str:
        """Batches of signal x area x day rows."""
        return self.prefix + "aggregates"

    @property
    def alert_history(self) -> str:
        """Every revision of every alert."""
        return self.prefix + "alert-history"

    @property
    def alerts(self) -> str:
        """Compacted; the current state of every alert, key is the alert id."""
        return self.prefix + "alerts"

    @property
    def rejections(self) -> str:
        """Why records were rejected or met a conflict; key is the sender, partition that of the source record."""
        return self.prefix + "rejections"

    def specs(self, partitions: int = PARTITIONS) -> tuple[TopicSpec, ...]:
        """Return every topic to create.

        Parameters
        ----------
        partitions
            Of source topics and their journals, and of the topics that are split by disease number.
        """
        sources = [TopicSpec(self.inbox(source), partitions, _INBOX) for source in SOURCES]
        journals = [TopicSpec(self.journal(source), partitions, _FOREVER) for source in SOURCES]
        return (
            *sources,
            *journals,
            TopicSpec(self.clock, 1, _CURRENT),
            TopicSpec(self.aggregates, partitions, _FOREVER),
            TopicSpec(self.alert_history, partitions, _FOREVER),
            TopicSpec(self.alerts, partitions, _CURRENT),
            TopicSpec(self.rejections, partitions, _FOREVER),
        )
