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

from schemas.chain import ChainBroken, genesis
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
        self._doubted: dict[int, int] = {}

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
        schemas.chain.ChainBroken, schemas.wire.WireError
            The topic is not what it should be, read from its beginning.
        """
        for partition in self.fold.points:
            self._confirm_head(partition)
        starts = {p: point.read_to for p, point in self.fold.points.items()}
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
        if partition is None or offset is None or value is None:
            raise Diverged(f"topic {self.fold.topic} holds a message without a value")
        metrics.MESSAGES.labels(self.name).inc()
        try:
            applied = self.fold.take(partition, offset, value)
        except ChainBroken as error:
            if not self._resumes:
                raise  # the topic itself is wrong, from its beginning to here
            raise ProgressDoubted(f"topic {self.fold.topic} does not go on from where progress is") from error
        if not applied:
            metrics.IGNORED.labels(self.name).inc()
            _log.info("stage %s ignored %s/%d@%d: it extends no chain", self.name, self.fold.topic, partition, offset)
            # Either a dead writer's, or the log has lost the tail that we extend: then nothing would ever fit again.
            self._confirm_head(partition)

    def _confirm_head(self, partition: int) -> None:
        point = self.fold.points[partition]
        if point.head_offset < 0 or self._doubted.get(partition) == point.head_offset:
            return
        if not head_stands(self._bootstrap, self.fold.topic, partition, point.head_offset, point.head):
            raise Diverged(f"topic {self.fold.topic} has lost a tail that the tables hold")
        self._doubted[partition] = point.head_offset

    def _hand_over(self, follower: Follower, workers: ThreadPoolExecutor, writing: Future[None] | None) -> Future[None]:
        frames = self.fold.drain()
        rows = self._progress()
        ends = {row.partition: follower.end(row.partition) for row in rows}
        if writing is not None:
            writing.result()
        return workers.submit(self._write, workers, frames, rows, ends)

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
                head_offset=max(point.head_offset, 0),
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
            end = ends[row.partition]
            if end is not None:
                metrics.LAG.labels(self.name, str(row.partition)).set(max(0, end - row.read_to))
