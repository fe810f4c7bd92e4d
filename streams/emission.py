"""Sending an outcome: alert events first and acknowledged, then the current alerts, then rows with the marker."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
from confluent_kafka import KafkaError, Message

from alerts.state import AlertState, Moment
from catalogue.model import Signal
from schemas import registry, wire
from schemas.columns import encode_block
from schemas.marker import Marker
from schemas.topics import Topics
from streams.emitted import JUDGEMENT_HEADER, Emitted
from streams.evaluation import Outcome
from streams.link_bookmarks import Bookmark, Bookmarks
from streams.link_writer import LinkWriter, NotDelivered, await_acknowledgements, producer

_ROWS = 10_000
_MARKER_SECONDS = 0.5
_SAVE_SECONDS = 10.0


class Emission:
    """Writes the three output topics.

    Only the last batch of an outcome carries the new marker: what a process leaves behind that died in between can be
    told from what is whole. A partition for which there are no rows is told the marker alone, but not more often than
    twice a second, or a quiet year would write more markers than rows.

    Parameters
    ----------
    bootstrap
        Kafka's addresses.
    topics, ids, partitions
        Output topics, Kafka's ids of them, and how many partitions they have.
    signals
        Of which the disease's number chooses the partition.
    emitted
        What the outputs say already; its links are moved on.
    judgement
        Version of the methods.
    whole
        Whether what was said before stands under the present rules. If not, batches carry no marker until all is said.
    bookmarks
        Kept up to date, so that the next start need not read all.
    failpoint
        Reached with ``alert.sent`` and ``detect.aggregates_sent``.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Topics,
        ids: Mapping[str, str],
        partitions: int,
        signals: Sequence[Signal],
        emitted: Emitted,
        judgement: str,
        whole: bool,
        bookmarks: Bookmarks,
        failpoint: Callable[[str], None],
    ) -> None:
        self._topics = topics
        self._partitions = partitions
        self._of_signal = {signal.id: signal.disease_number % partitions for signal in signals}
        self._headers = [(JUDGEMENT_HEADER, judgement.encode())]
        self._bookmarks = bookmarks
        self._failpoint = failpoint
        self._aggregates_id = ids[topics.aggregates]
        self._sender = producer(bootstrap)
        self._history = LinkWriter(self._sender, topics.alert_history, emitted.history)
        self._aggregates = LinkWriter(self._sender, topics.aggregates, emitted.aggregates)
        self._markers = {p: emitted.spoken[p].marker if whole else Marker() for p in range(partitions)}
        self._untold: Moment | None = None
        self._told_at = dict.fromkeys(range(partitions), -1e9)
        self._saved_at = time.monotonic()
        self._current_failure: KafkaError | None = None

    def repair(self, stale: Mapping[str, tuple[int, bytes]]) -> None:
        """Send newest events to the topic of current alerts, where it lacks them."""
        for name, (partition, value) in stale.items():
            self._current(name, partition, value)
        self._await()

    def spill(self, moment: Moment, frame: pl.DataFrame) -> None:
        """Send rows of an outcome ahead of the rest, where they are too many to be kept."""
        for partition, rows in self._split([frame]):
            for start in range(0, rows.height, _ROWS):
                self._batch(partition, rows[start : start + _ROWS], moment, last=False)
        self._sender.poll(0)

    def send(self, outcome: Outcome) -> None:
        """Send an outcome, whole; returns when everything is acknowledged.

        Raises
        ------
        NotDelivered, SecondWriter
            The process must end.
        """
        if outcome.events:
            sent = [(event.alert_id, *self._event(event)) for event in outcome.events]
            self._await()
            self._failpoint("alert.sent")
            for name, (partition, value) in {name: (part, value) for name, part, value in sent}.items():
                self._current(name, partition, value)
        with_rows = set()
        for partition, rows in self._split(outcome.frames):
            starts = range(0, rows.height, _ROWS)
            for start in starts:
                last = start == starts[-1]
                self._batch(partition, rows[start : start + _ROWS], outcome.moment, last=last)
            with_rows.add(partition)
        self._untold = outcome.moment
        self._tell_markers(time.monotonic(), alerts=bool(outcome.events))
        self._await()
        self._failpoint("detect.aggregates_sent")
        self._save(time.monotonic())

    def tell_markers(self) -> None:
        """Tell partitions the newest marker that has been kept from them long enough."""
        if self._untold is not None and self._tell_markers(time.monotonic()):
            self._await()

    @property
    def waiting(self) -> bool:
        """Return whether a partition has yet to be told the newest marker."""
        return self._untold is not None

    def close(self) -> None:
        """Tell what is untold and keep the bookmarks."""
        if self._untold is not None:
            self._tell_markers(float("inf"))
            self._await()
        self._bookmarks.save()

    def _event(self, event: AlertState) -> tuple[int, bytes]:
        partition = self._of_signal[event.signal]

        def value_of(parent: bytes) -> bytes:
            return wire.encode(registry.ALERT_EVENT, event.to_record(parent))

        return partition, self._history.send(partition, value_of)

    def _current(self, name: str, partition: int, value: bytes) -> None:
        while True:
            try:
                self._sender.produce(
                    self._topics.alerts, value, name.encode(), partition=partition, on_delivery=self._current_delivered
                )
                return
            except BufferError:
                self._sender.poll(0.1)

    def _current_delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._current_failure = error

    def _tell_markers(self, now: float, *, alerts: bool = False) -> bool:
        """Send the marker to partitions without rows; true if one was sent."""
        moment = self._untold
        assert moment is not None
        target = _marker(moment)
        behind = [p for p in range(self._partitions) if self._markers[p] != target]
        due = [p for p in behind if alerts or now - self._told_at[p] >= _MARKER_SECONDS]
        for partition in due:
            self._batch(partition, None, moment, last=True)
        if len(due) == len(behind):
            self._untold = None
        return bool(due)

    def _batch(self, partition: int, rows: pl.DataFrame | None, moment: Moment, *, last: bool) -> None:
        marker = _marker(moment) if last else self._markers[partition]
        record: dict[str, Any] = {
            "clock": moment.clock,
            "marker": marker.to_avro(),
            "marker_id": moment.marker_id,
            "catalogue": moment.catalogue,
            "alert_ends": self._history.ends(),
            "count": 0 if rows is None else rows.height,
            "rows": b"" if rows is None else encode_block(registry.AGGREGATE_ROW, rows),
        }

        def value_of(parent: bytes) -> bytes:
            return wire.encode(registry.AGGREGATE_BATCH, {**record, "parent": parent})

        if last:
            mark = Bookmark(self._aggregates.end(partition), self._aggregates.head(partition))
            self._bookmarks.put(self._aggregates_id, partition, mark)
            self._markers[partition] = marker
            self._told_at[partition] = time.monotonic()
        self._aggregates.send(partition, value_of, self._headers)

    def _split(self, frames: Sequence[pl.DataFrame]) -> list[tuple[int, pl.DataFrame]]:
        """Return the rows of each partition that has any."""
        if not frames:
            return []
        whole = pl.concat(frames)
        of_row = whole["signal"].replace_strict(self._of_signal, return_dtype=pl.Int64)
        parts = [(p, whole.filter(of_row == p)) for p in range(self._partitions)]
        return [(partition, rows) for partition, rows in parts if rows.height]

    def _await(self) -> None:
        await_acknowledgements(self._sender, self._history, self._aggregates)
        if self._current_failure is not None:
            raise NotDelivered(f"{self._topics.alerts}: {self._current_failure}")

    def _save(self, now: float) -> None:
        if now - self._saved_at > _SAVE_SECONDS:
            self._bookmarks.save()
            self._saved_at = now


def _marker(moment: Moment) -> Marker:
    return Marker({(p.topic, p.partition): p.to_offset for p in moment.marker})
