"""One stage: a topic followed, coalesced into blocks, written, and its progress noted.

While one batch is on its way into the tables the next is read and decoded. Tables of one stage are written beside
each other, each by its own writer; progress follows when all of them hold the batch.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import polars as pl
from confluent_kafka import Message

from schemas.chain import ChainBroken, genesis, value_id
from schemas.wire import WireError
from sinks import metrics, progress
from sinks.database import Database
from sinks.faults import Diverged, ProgressDoubted, Stopped
from sinks.fold import Fold, Point, resumed
from sinks.follower import Follower, head_stands
from sinks.progress import Progress
from sinks.writer import MAX_ROWS, NOTHING, TableWriter

_log = logging.getLogger(__name__)

READ_AT_ONCE = 2_000
"""Messages taken from librdkafka at once; a journal entry of a backfill alone may hold ten thousand rows."""

_LAG_SECONDS = 0.5


class Stage:
    """A fold at work.

    Parameters
    ----------
    database
        Where the tables are.
    bootstrap
        Address of a broker.
    make_fold
        Makes the fold, given the points that it goes on from.
    writers
        One a table of the fold, loaded.
    chain_topic_id
        Of the topic whose id the chains begin with.
    saved
        Progress of this stage as the database holds it.
    linger
        Seconds that rows may wait for company; 0 sends them at once.
    failpoint, halt
        As in `sinks.process.run_sink`.
    """

    def __init__(
        self,
        database: Database,
        bootstrap: str,
        make_fold: Callable[[dict[int, Point]], Fold],
        writers: Sequence[TableWriter],
        *,
        chain_topic_id: str,
        saved: Sequence[Progress],
        linger: float,
        failpoint: Callable[[str], None],
        halt: threading.Event,
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._writers = writers
        self._linger = linger
        self._failpoint = failpoint
        self._halt = halt
        partitions = range(len(writers[0].positions))
        self._resumes = bool(saved) and self._held(saved, chain_topic_id)
        points = resumed(saved if self._resumes else (), {p: genesis(chain_topic_id, p) for p in partitions})
        self.fold = make_fold(points)
        self.name = self.fold.stage
        self._noted = {p: point.read_to for p, point in points.items()}
        self._stored = dict(self._noted)
        self._told = 0.0
        self._confirmed: dict[int, int] = {}

    def _held(self, saved: Sequence[Progress], topic_id: str) -> bool:
        """Return whether progress may be believed: the tables still hold what they held when it was written."""
        for row in saved:
            if row.topic_id != topic_id or row.partition >= len(self._writers[0].positions):
                return False
            for writer in self._writers:
                if writer.positions[row.partition] < row.in_tables.get(writer.table.name, NOTHING):
                    return False
        return True

    def run(self) -> None:
        """Follow the topic until halted.

        Raises
        ------
        sinks.faults.Refold, sinks.faults.Diverged, sinks.faults.DatabaseFault
            See there.
        schemas.chain.ChainBroken
            The topic is not what it should be, read from its beginning.
        """
        # The first message read is the last one applied: if it is another, the log has lost what the tables hold.
        starts = {p: max(point.head_offset, 0) for p, point in self.fold.points.items()}
        follower = Follower(self._bootstrap, self.fold.topic, starts)
        workers = ThreadPoolExecutor(len(self._writers) + 1, thread_name_prefix=f"sink-{self.name}")
        try:
            self._follow(follower, workers)
        except Stopped:
            pass
        finally:
            workers.shutdown(wait=True)
            follower.close()

    def _follow(self, follower: Follower, workers: ThreadPoolExecutor) -> None:
        writing: Future[None] | None = None
        due: float | None = None
        while not self._halt.is_set():
            if writing is not None and writing.done():
                writing.result()
                writing = None
            if writing is not None:
                self._tell_lag(follower)
            left = 0.2 if due is None else max(0.0, min(0.2, due - time.monotonic()))
            for message in follower.read(READ_AT_ONCE, left):
                before = self.fold.weight
                self._take(message)
                if due is None:
                    due = time.monotonic() + self._linger
                # Whole entries fill a block: expect the next to be as large as this one.
                if 2 * self.fold.weight - before > MAX_ROWS:
                    writing = self._hand_over(follower, workers, writing)
                    due = None
            if due is not None and time.monotonic() >= due:
                writing = self._hand_over(follower, workers, writing)
                due = None
        if writing is not None:
            writing.result()

    def _take(self, message: Message) -> None:
        partition, offset, value = message.partition(), message.offset(), message.value()
        if partition is None or offset is None or self._known(partition, offset, value):
            return
        metrics.MESSAGES.labels(self.name).inc()
        try:
            applied = self.fold.take(partition, offset, value or b"")
        except WireError as error:
            # What nobody of ours could have written extends no chain either.
            _log.warning("%s/%d@%d is no message of ours: %s", self.fold.topic, partition, offset, error.reason)
            applied = False
        except ChainBroken as error:
            if not self._resumes:
                raise  # the topic itself is wrong, from its beginning to here
            raise ProgressDoubted(f"topic {self.fold.topic} does not go on from where progress is") from error
        if applied:
            self._confirmed.setdefault(partition, offset)
        else:
            metrics.IGNORED.labels(self.name).inc()
            _log.info("stage %s ignored %s/%d@%d: it extends no chain", self.name, self.fold.topic, partition, offset)
            # Either a dead writer's, or the log has lost the tail that we extend: then nothing would ever fit again.
            point = self.fold.points[partition]
            if point.head_offset >= 0 and self._confirmed.get(partition) != point.head_offset:
                stands = head_stands(self._bootstrap, self.fold.topic, partition, point.head_offset, point.head)
                self._confirm(partition, point, stands)

    def _known(self, partition: int, offset: int, value: bytes | None) -> bool:
        """Return whether a message was taken in an earlier life; the first one proves that the log stands."""
        point = self.fold.points[partition]
        if point.head_offset >= 0 and partition not in self._confirmed:
            stands = offset == point.head_offset and value is not None and value_id(value) == point.head
            self._confirm(partition, point, stands)
            return True
        return offset < point.read_to

    def _confirm(self, partition: int, point: Point, stands: bool) -> None:
        if not stands:
            raise Diverged(f"topic {self.fold.topic} has lost a tail that the tables hold")
        self._confirmed[partition] = point.head_offset

    def _hand_over(
        self, follower: Follower, workers: ThreadPoolExecutor, writing: Future[None] | None
    ) -> Future[None] | None:
        frames = self.fold.drain()
        rows = self._progress()
        if not rows:
            return writing
        ends = {row.partition: follower.end(row.partition) for row in rows}
        while writing is not None and not wait([writing], timeout=_LAG_SECONDS).done:
            self._tell_lag(follower)
        if writing is not None:
            writing.result()
        return workers.submit(self._write, workers, frames, rows, ends)

    def _tell_lag(self, follower: Follower) -> None:
        """While ClickHouse is away nothing is written; that the topic grows must be told all the same."""
        if time.monotonic() - self._told < _LAG_SECONDS:
            return
        self._told = time.monotonic()
        for partition, read_to in self._stored.items():
            if (end := follower.end(partition)) is not None:
                metrics.LAG.labels(self.name, str(partition)).set(max(0, end - read_to))

    def _progress(self) -> list[Progress]:
        moved = [(p, point) for p, point in self.fold.points.items() if point.read_to > self._noted[p]]
        self._noted.update({p: point.read_to for p, point in moved})
        return [
            Progress(
                stage=self.name,
                topic=self.fold.position_topic,
                partition=p,
                position=point.position,
                marker=self.fold.marker(p),
                clock=point.clock,
                topic_id=self.fold.position_topic_id,
                read_to=point.read_to,
                head_offset=point.head_offset,
                head=point.head,
                alert_ends=point.alert_ends,
            )
            for p, point in moved
        ]

    def _write(
        self,
        workers: ThreadPoolExecutor,
        frames: Mapping[str, pl.DataFrame],
        rows: Sequence[Progress],
        ends: Mapping[int, int | None],
    ) -> None:
        inserts = [workers.submit(w.write, frames[w.table.name]) for w in self._writers if w.table.name in frames]
        if inserts:
            # Long enough for the block to be on its way, too short for it to be answered.
            wait(inserts, timeout=0.004)
            self._failpoint("sink.mid_insert")
        for insert in inserts:
            insert.result()
        self._failpoint("sink.inserted")
        held = [
            {w.table.name: w.positions[row.partition] for w in self._writers if w.positions[row.partition] != NOTHING}
            for row in rows
        ]
        progress.save(self._database, [replace(r, in_tables=h) for r, h in zip(rows, held, strict=True)])
        metrics.FLUSHED.labels(self.name).set_to_current_time()
        for row in rows:
            metrics.CLOCK.labels(self.name).set(row.clock)
            self._stored[row.partition] = row.read_to
            end = ends[row.partition]
            if end is not None:
                metrics.LAG.labels(self.name, str(row.partition)).set(max(0, end - row.read_to))
