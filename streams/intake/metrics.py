"""What intake tells Prometheus."""

from collections import Counter as Tally

import numpy as np
from prometheus_client import Counter, Gauge, Histogram

from schemas.verdicts import Verdict
from streams.intake.judged import Judged
from streams.intake.sender_tally import SENDERS

VERDICTS = Counter("tocsin_intake_verdicts", "Verdicts given, by kind.", ["topic", "verdict"])
_REASONS = Counter("tocsin_intake_notes", "Rejections and conflicts, by reason.", ["topic", "reason"])
_LOST = Counter("tocsin_intake_lost", "Offsets that retention deleted before they were judged.", ["topic"])
_BYTES = Counter("tocsin_intake_journal_bytes", "Bytes of journal entries written.", ["topic"])
_ENTRIES = Counter("tocsin_intake_journal_entries", "Journal entries written.", ["topic"])
_LAG = Gauge(
    "tocsin_intake_lag_messages", "Messages in the source topic that have no verdict yet.", ["topic", "partition"]
)
_CLOCK = Gauge("tocsin_intake_clock_seconds", "Clock of each chain, as a Unix time.", ["topic", "partition"])
_CLOCK_AGE = Gauge(
    "tocsin_intake_clock_age_seconds", "Wall clock minus the clock of each chain.", ["topic", "partition"]
)
REPLAY = Gauge("tocsin_intake_replay", "1 in a replay directory, whose clock is the data's and old by nature.")
_IDENTITIES = Gauge("tocsin_intake_ledger_identities", "Identities that the ledger holds.", ["topic"])
_FLUSH = Histogram(
    "tocsin_intake_flush_seconds",
    "From consumed to committed.",
    ["topic"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 20, 60),
)


class IntakeMetrics:
    """The metrics of one source topic.

    Parameters
    ----------
    topic
        The source topic's name, a label.
    """

    def __init__(self, topic: str) -> None:
        self._topic = topic
        for verdict in Verdict:
            VERDICTS.labels(topic, verdict.name.lower())
        _LOST.labels(topic)

    def judged(self, batch: Judged) -> None:
        """Count the verdicts of a batch."""
        for code, count in enumerate(np.bincount(batch.verdict, minlength=len(Verdict)).tolist()):
            if count:
                VERDICTS.labels(self._topic, Verdict(code).name.lower()).inc(count)
        for reason, count in Tally(reason for reason, _ in batch.notes.values()).items():
            _REASONS.labels(self._topic, reason).inc(count)
        SENDERS.add(self._topic, batch.senders, batch.sender_of, batch.verdict)

    def voided(self, count: int) -> None:
        """Count offsets that hold nothing."""
        VERDICTS.labels(self._topic, Verdict.VOID.name.lower()).inc(count)

    def lost(self, count: int) -> None:
        """Count offsets that retention deleted before they were judged."""
        _LOST.labels(self._topic).inc(count)

    def wrote(self, entries: int, size: int) -> None:
        """Count journal entries and their bytes."""
        _ENTRIES.labels(self._topic).inc(entries)
        _BYTES.labels(self._topic).inc(size)

    def flushed(self, seconds: float) -> None:
        """Note how long a flush took."""
        _FLUSH.labels(self._topic).observe(seconds)

    def position(self, partition: int, *, lag: int | None, clock: int, wall: int) -> None:
        """Note where a chain stands; `clock` and `wall` in milliseconds UTC."""
        if lag is not None:
            _LAG.labels(self._topic, str(partition)).set(lag)
        _CLOCK.labels(self._topic, str(partition)).set(clock / 1000)
        _CLOCK_AGE.labels(self._topic, str(partition)).set((wall - clock) / 1000)

    def ledger(self, identities: int) -> None:
        """Note the size of the ledger."""
        _IDENTITIES.labels(self._topic).set(identities)
