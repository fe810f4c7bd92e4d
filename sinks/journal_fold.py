"""A journal as rows of its record table and of verdicts."""

from collections.abc import Mapping

import polars as pl

from schemas.chain import Chain
from schemas.entry import Entry, decode_entry
from schemas.marker import Marker
from sinks import verdicts
from sinks.fold import Point
from sinks.record_table import RecordTable


class JournalFold:
    """See `sinks.fold.Fold`.

    Parameters
    ----------
    records
        The table of the journal's records; its view's name is the stage's.
    topic
        The journal.
    source, source_id
        Source topic of the journal, and Kafka's id of it.
    points
        Where each partition's chain stands.
    """

    def __init__(self, records: RecordTable, topic: str, source: str, source_id: str, points: dict[int, Point]) -> None:
        self.records = records
        self.stage = records.view
        self.topic = topic
        self.position_topic = source
        self.position_topic_id = source_id
        self.points = points
        self._chains = {p: Chain(point.head, point.position) for p, point in points.items()}
        self._entries: list[Entry] = []
        self._offsets: list[int] = []
        self._weight = 0

    @property
    def weight(self) -> int:
        """Offsets judged in the waiting entries: the rows of the longer table."""
        return self._weight

    def take(self, partition: int, offset: int, value: bytes) -> bool:
        """Apply one entry.

        Raises
        ------
        schemas.chain.ChainBroken
            The tables and the journal do not fit together.
        schemas.wire.WireError
            The message is no journal entry.
        """
        point = self.points[partition]
        point.read_to = offset + 1
        entry = decode_entry(value)
        chain = self._chains[partition]
        if not chain.offer(value, entry.parent, entry.from_offset, entry.to_offset):
            return False
        point.head, point.head_offset = chain.head, offset
        point.position, point.clock = entry.to_offset, entry.clock
        self._entries.append(entry)
        self._offsets.append(offset)
        self._weight += entry.verdicts.size
        return True

    def marker(self, partition: int) -> Marker:
        """Return the positions of all partitions: records and verdicts are one stage over them."""
        return Marker({(self.position_topic, p): point.position for p, point in self.points.items()})

    def drain(self) -> Mapping[str, pl.DataFrame]:
        """Return the rows of the waiting entries and forget them."""
        entries, offsets = self._entries, self._offsets
        self._entries, self._offsets, self._weight = [], [], 0
        if not entries:
            return {}
        return {
            self.records.table.name: self.records.rows(entries, offsets),
            verdicts.TABLE.name: verdicts.rows(entries),
        }
