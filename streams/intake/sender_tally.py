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

    def places(self, senders: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each sender; newcomers get one as long as there is room."""
        known = self.rows
        room = len(self.counts) - len(known)
        if room > 0:
            for sender in [sender for sender in senders if sender not in known][:room]:
                known[sender] = len(known)
        return np.array([known.get(sender, _OTHER) for sender in senders], dtype=np.int64)


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
        rows = np.concatenate([[_UNKNOWN], tally.places(senders)])
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
