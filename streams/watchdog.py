"""Notices that a journal grows and nothing of it arrives, which Faust can do without an error."""

import logging
import threading
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

_LOG = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_TIMEOUT = 5.0
_PATIENCE = 20


class Stalled(RuntimeError):
    """There is more in the journal, and for some time nothing of it came."""


class Watchdog:
    """Compares the journals' ends with what arrived, once a second, in a thread of its own.

    It counts its own looks, not the time: a process that was suspended for a minute has not stalled.

    Parameters
    ----------
    bootstrap
        Kafka's addresses.
    positions
        Gives for each journal topic and partition the offset that comes next.
    excused
        True while it is right that nothing comes.
    on_lag
        Takes topic, partition and lag at each look.
    patience
        Looks without progress until it is a stall.
    """

    def __init__(
        self,
        bootstrap: str,
        positions: Callable[[], Mapping[tuple[str, int], int]],
        excused: Callable[[], bool],
        on_lag: Callable[[str, int, int], None],
        patience: int = _PATIENCE,
    ) -> None:
        self._config = {"bootstrap.servers": bootstrap, "group.id": "tocsin-detect-watchdog"}
        self._positions = positions
        self._excused = excused
        self._on_lag = on_lag
        self._patience = patience
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self.stalled = False

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join(2 * _TIMEOUT)

    def check(self) -> None:
        """Raise if the journals are stalled.

        Raises
        ------
        Stalled
            End the process: a new one refolds and goes on.
        """
        if self.stalled:
            raise Stalled("the journals grow and nothing of them arrives")

    def _run(self) -> None:
        consumer = Consumer(self._config)
        looks, before = 0, dict(self._positions())
        try:
            while not self._stop.wait(_POLL_SECONDS):
                now = dict(self._positions())
                try:
                    behind = self._lag(consumer, now)
                except KafkaException:
                    continue  # the broker is away: nothing can come, and when it is back the count goes on
                looks = looks + 1 if behind and now == before and not self._excused() else 0
                before = now
                if looks >= self._patience:
                    _LOG.error("%d entries of the journals wait and none arrives", behind)
                    self.stalled = True
        finally:
            consumer.close()

    def _lag(self, consumer: Consumer, now: Mapping[tuple[str, int], int]) -> int:
        behind = 0
        for (topic, partition), position in now.items():
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT)
            self._on_lag(topic, partition, max(0, end - position))
            behind += max(0, end - position)
        return behind
