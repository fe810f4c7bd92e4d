"""Rows into one table, each exactly once whatever is killed, without FINAL.

The table itself says what it holds: the position of a partition is its highest offset, and rows up to there are
left out. Blocks go one at a time and each is all or nothing. What remains is the block of a writer that died while
it was on its way: it may land after we have read the position. So the token of every insert names the positions
*before* it: two blocks that start from the same state have the same token, and ClickHouse takes one of them. After
the first insert of a life, and after every failed one, the positions are read again to see whose it was.
"""

import hashlib
import logging
import time
from collections.abc import Collection

import numpy as np
import polars as pl

from sinks import metrics
from sinks.database import Database
from sinks.faults import TRANSPORT_ERRORS, ForeignRows, Refold
from sinks.native import encode
from sinks.table import Table

_log = logging.getLogger(__name__)

MAX_ROWS = 65_000
"""Rows of one insert: one block, one part."""

Position = tuple[int, int]
NOTHING: Position = (-1, -1)


class TableWriter:
    """The one writer of one topic's rows in one table.

    Parameters
    ----------
    database
        Where.
    table
        Which.
    topic_id
        Kafka's id of the topic whose rows it writes.
    partitions
        Of that topic.
    beside
        Ids of the other topics whose rows stand in the same table, each with a writer of its own.

    Attributes
    ----------
    positions
        (offset, row) of the last row of each partition that the table holds, or `NOTHING`.
    """

    def __init__(
        self, database: Database, table: Table, topic_id: str, partitions: int, beside: Collection[str] = ()
    ) -> None:
        self.table = table
        self.positions: list[Position] = [NOTHING] * partitions
        self._database = database
        self._topic_id = topic_id
        self._beside = frozenset(beside) - {topic_id}
        self._salt = 0

    def load(self) -> None:
        """Read the positions from the table.

        Raises
        ------
        ForeignRows
            The table holds rows of another topic, or of more partitions.
        Refold
            The table holds less than it did: it was emptied.
        """
        found = [NOTHING] * len(self.positions)
        for topic_id, partition, offset, row in self._database.rows(self.table.positions_sql(self._database.name)):
            if topic_id in self._beside:
                continue
            if topic_id != self._topic_id or partition >= len(found):
                raise ForeignRows(
                    f"table {self.table.name} holds rows of another topic or partition count; "
                    "`tocsin rebuild` empties it and folds the present one"
                )
            found[partition] = (int(offset), int(row))
        if any(now < before for now, before in zip(found, self.positions, strict=True)):
            raise Refold(f"table {self.table.name} has lost rows")
        self.positions = found

    def write(self, frame: pl.DataFrame) -> int:
        """Insert the rows that the table does not hold yet; return how many there were.

        Parameters
        ----------
        frame
            Rows in the order of each partition. More than `MAX_ROWS` are cut in blocks.

        Raises
        ------
        Stopped, Refold, DatabaseFault
            See `sinks.faults`.
        """
        if frame.height > MAX_ROWS:
            place = self.table.place
            frame = frame.sort([place.partition, place.offset, *([place.row] if place.row else [])])
        written = 0
        frame = self._missing(frame)
        while frame.height:
            written += self._insert(frame.head(MAX_ROWS))
            frame = self._missing(frame)
        return written

    def _missing(self, frame: pl.DataFrame) -> pl.DataFrame:
        partition, offset, row = self._places(frame)
        last = np.array(self.positions, dtype=np.int64)
        at, within = last[partition, 0], last[partition, 1]
        missing = (offset > at) | ((offset == at) & (row > within))
        return frame if bool(missing.all()) else frame.filter(missing)

    def _places(self, frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = self.table.place
        offset = frame[place.offset].cast(pl.Int64).to_numpy()
        row = frame[place.row].cast(pl.Int64).to_numpy() if place.row else np.zeros(len(offset), np.int64)
        return frame[place.partition].cast(pl.Int64).to_numpy(), offset, row

    def _after(self, block: pl.DataFrame) -> list[Position]:
        partition, offset, row = self._places(block)
        after = list(self.positions)
        for number in np.unique(partition).tolist():
            mine = partition == number
            last = int(offset[mine].max())
            after[number] = (last, int(row[mine & (offset == last)].max()))
        return after

    def _token(self) -> str:
        state = "|".join(f"{offset}.{row}" for offset, row in self.positions)
        digest = hashlib.blake2b(f"{self._topic_id}|{state}|{self._salt}".encode(), digest_size=16).hexdigest()
        return f"{self._topic_id}/{self.table.name}/{digest}"

    def _insert(self, block: pl.DataFrame) -> int:
        """Insert one block, or learn that another writer's took its place; return the rows that are in."""
        before, after = self.positions, self._after(block)
        body = encode(block, self.table.columns)
        seconds = 0.1
        self._salt = 0
        while True:
            started = time.monotonic()
            taken = False
            try:
                self._database.insert_once(self.table, body, self._token())
            except TRANSPORT_ERRORS as error:
                self._database.pause(error, seconds)
                seconds = min(2 * seconds, 5.0)
            else:
                taken = True
                metrics.INSERT_SECONDS.labels(self.table.name).observe(time.monotonic() - started)
            # Never believed unseen: chDB calls an insert done that it could not write, as on a full disk.
            self.load()
            if self.positions == after:
                metrics.ROWS.labels(self.table.name).inc(block.height)
                return block.height
            if self.positions != before:
                # A dead writer's block came first. What of ours it did not hold goes in the next.
                _log.warning("table %s: a block of an earlier writer landed late", self.table.name)
                return 0
            # Not in, although it was taken: the token was spent by an engine that died between log and part, or the
            # part could not be written.
            self._salt += 1
            if taken and self._salt > 1:
                _log.warning("table %s: a block was taken and is not in; trying again", self.table.name)
                self._database.pause(OSError("a block was taken and is not in"), seconds)
                seconds = min(2 * seconds, 5.0)
