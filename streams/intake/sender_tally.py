"""Verdicts by sender, for Prometheus: a batch may name thousands, so they are added up in arrays."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from schemas.verdicts import Verdict

MAX_SENDERS = 1000
"""Senders of a topic that are counted by name, the first to come: they name themselves, and every label costs
Prometheus memory. The rest are counted together."""

_UNKNOWN, _OTHER = 0, 1


class _Tally:
    """Counts of one topic; rows 0 and 1 are senders that could not be read, and those beyond the limit."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {"unknown": _UNKNOWN, "other": _OTHER}
        self.counts = np.zeros((MAX_SENDERS + 2, len(Verdict)), dtype=np.int64)

    def row(self, sender: str) -> int:
        found = self.rows.get(sender)
        if found is None:
            if len(self.rows) >= len(self.counts):
                return _OTHER
            found = self.rows[sender] = len(self.rows)
        return found


class SenderTally(Collector):
    """Counter ``tocsin_intake_sender_verdicts_total`` with labels topic, sender and verdict."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}

    def add(self, topic: str, senders: Sequence[str], sender_of: NDArray[np.int64], verdict: NDArray[np.uint8]) -> None:
        """Add a batch.

        Parameters
        ----------
        topic
            The source topic.
        senders
            Names.
        sender_of
            For each message the place of its sender in `senders`, -1 where it is unknown.
        verdict
            Of each message.
        """
        tally = self._tallies.setdefault(topic, _Tally())
        kinds = len(Verdict)
        flat = np.bincount((sender_of + 1) * kinds + verdict, minlength=(len(senders) + 1) * kinds)
        rows = np.array([_UNKNOWN, *map(tally.row, senders)], dtype=np.int64)
        np.add.at(tally.counts, rows, flat.reshape(-1, kinds))

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Yield the counter, as the registry asks for at each scrape."""
        family = CounterMetricFamily(
            "tocsin_intake_sender_verdicts", "Verdicts, by sender and kind.", labels=["topic", "sender", "verdict"]
        )
        for topic, tally in list(self._tallies.items()):
            for sender, row in list(tally.rows.items()):
                for verdict in Verdict:
                    if count := int(tally.counts[row, verdict]):
                        family.add_metric([topic, sender, verdict.name.lower()], count)
        yield family


SENDERS = SenderTally()
REGISTRY.register(SENDERS)
