"""The sink process: every topic that ends in ClickHouse, each in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from confluent_kafka import KafkaException
from prometheus_client import start_http_server

from schemas import registry
from schemas.topics import PARTITIONS, SOURCES, Topics
from sinks import aggregates, alert_history, metrics, progress, rebuild, setup, verdicts
from sinks.client import Address
from sinks.database import Database
from sinks.faults import Diverged, PartitionMismatch, ProgressDoubted, Refold, Stopped
from sinks.fold import Fold, Point
from sinks.follower import topic_shape
from sinks.journal_fold import JournalFold
from sinks.link_fold import Linked, LinkFold
from sinks.record_table import RecordTable
from sinks.records import RECORD_TABLES
from sinks.stage import Stage
from sinks.table import Table
from sinks.writer import TableWriter

_log = logging.getLogger(__name__)

_WATCH_SECONDS = 1.0
_STAGES = len(RECORD_TABLES) + 2
_ALERTS = Linked("alerts", registry.ALERT_EVENT, alert_history.TABLE, lambda event: 1, alert_history.rows)
_AGGREGATES = Linked(
    "aggregates", registry.AGGREGATE_BATCH, aggregates.TABLE, lambda batch: int(batch["count"]), aggregates.rows
)


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """What a sink process is told.

    Attributes
    ----------
    bootstrap
        Address of a broker.
    topics
        Names of the topics.
    clickhouse
        Address and writer's credential.
    metrics_port, metrics_host
        Of the Prometheus endpoint; no endpoint where the port is None.
    partitions
        Of the source topics and of those split by disease.
    linger
        Seconds that line list and aggregate rows may wait for company. A small insert costs about 6 ms of CPU.
    """

    bootstrap: str
    topics: Topics = field(default_factory=Topics)
    clickhouse: Address = field(default_factory=Address)
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    partitions: int = PARTITIONS
    linger: float = 0.5


def run_sink(config: SinkConfig, *, failpoint: Callable[[str], None] = lambda name: None, stop: threading.Event) -> int:
    """Fold journals, aggregates and alert history into ClickHouse until `stop` is set; return the exit status.

    Run one sink per database: two at work at once may both insert a block.

    Parameters
    ----------
    config
        See `SinkConfig`.
    failpoint
        Called with ``sink.mid_insert`` while a block is on its way, and with ``sink.inserted`` when it is in and
        progress does not say so yet.
    stop
        Ends the process in an orderly way.

    Raises
    ------
    sinks.faults.ForeignRows
        The tables hold another topic's rows, and nobody asked for a rebuild.
    sinks.faults.DatabaseFault
        ClickHouse refuses a statement for good.
    sinks.faults.PartitionMismatch
        A topic has another number of partitions than configured.
    schemas.chain.ChainBroken
        A topic is not what it should be, from its beginning.
    """
    server = None
    if config.metrics_port is not None:
        server, _ = start_http_server(config.metrics_port, addr=config.metrics_host)
    try:
        trusted = True
        while not stop.is_set():
            try:
                _live(config, failpoint, stop, trusted)
            except Refold as reason:
                trusted = not isinstance(reason, ProgressDoubted)
                _log.warning("starting again from what the tables hold: %s", reason)
                stop.wait(_WATCH_SECONDS)
            except KafkaException as error:
                _log.warning("Kafka does not answer (%s); waiting, nothing is lost", error.args[0].name())
                stop.wait(_WATCH_SECONDS)
            except Diverged as reason:
                _log.warning("emptying the tables and folding again: %s", reason)
                metrics.REBUILDS.labels("diverged").inc()
                _empty(config, stop)
    except Stopped:
        pass
    finally:
        if server is not None:
            server.shutdown()
            server.server_close()
    return 0


def _empty(config: SinkConfig, stop: threading.Event) -> None:
    database = Database(config.clickhouse, stop)
    try:
        setup.empty(database)
        _log.warning("the tables are empty; folding from the beginning")
    finally:
        database.close()


def _live(config: SinkConfig, failpoint: Callable[[str], None], stop: threading.Event, trusted: bool) -> None:
    """Run the stages until `stop`, or until one of them cannot go on; without trust in progress from the beginning."""
    halt = threading.Event()
    database = Database(config.clickhouse, stop, halt)
    threads = ThreadPoolExecutor(_STAGES, thread_name_prefix="sink")
    running: list[Future[None]] = []
    try:
        setup.create(database)
        _rebuild_if_asked(database)
        running = [threads.submit(stage.run) for stage in _stages(config, database, failpoint, halt, trusted)]
        _watch(database, running, stop)
    finally:
        halt.set()
        threads.shutdown(wait=True)
        database.close()
    for stage in running:
        stage.result()


def _rebuild_if_asked(database: Database) -> None:
    generation = rebuild.asked_for(database)
    if generation is not None:
        _log.warning("rebuild %d: emptying the tables", generation)
        setup.empty(database)
        rebuild.note_emptied(database, generation)
        metrics.REBUILDS.labels("asked").inc()


def _watch(database: Database, running: list[Future[None]], stop: threading.Event) -> None:
    checked = time.monotonic()
    while not stop.wait(0.1):
        if any(stage.done() for stage in running):
            return
        if time.monotonic() - checked >= _WATCH_SECONDS:
            metrics.ALIVE.set_to_current_time()
            if rebuild.asked_for(database) is not None:
                raise Refold("a rebuild is asked for")
            checked = time.monotonic()


def _stages(
    config: SinkConfig, database: Database, failpoint: Callable[[str], None], halt: threading.Event, trusted: bool
) -> list[Stage]:
    topics = config.topics
    alerts, counts = topics.alert_history, topics.aggregates
    names = [name for source in SOURCES for name in (topics.inbox(source), topics.journal(source))]
    shape = topic_shape(config.bootstrap, [*names, counts, alerts])
    ids = {name: topic_id for name, (topic_id, _) in shape.items()}
    for name, (_, partitions) in shape.items():
        if partitions != config.partitions:
            raise PartitionMismatch(f"topic {name} has {partitions} partitions, configured are {config.partitions}")

    # Verdicts of all sources stand in one table.
    judged = [ids[topics.inbox(source)] for source in SOURCES]

    def stage(
        name: str, chain_topic: str, fold: Callable[[dict[int, Point]], Fold], linger: float, *tables: Table
    ) -> Stage:
        writers = [TableWriter(database, table, *shape[chain_topic], beside=judged) for table in tables]
        for writer in writers:
            writer.load()
        return Stage(
            database,
            config.bootstrap,
            fold,
            writers,
            chain_topic_id=ids[chain_topic],
            saved=database.patiently(lambda client: progress.read(client, database.name, name)) if trusted else (),
            linger=linger,
            failpoint=failpoint,
            halt=halt,
        )

    def linked(kind: Linked, topic: str, linger: float) -> Stage:
        return stage(kind.stage, topic, lambda p: LinkFold(kind, topic, ids[topic], p), linger, kind.table)

    def recorded(records: RecordTable) -> Stage:
        source, journal = topics.inbox(records.source.name), topics.journal(records.source.name)
        return stage(
            records.view,
            source,
            lambda p: JournalFold(records, journal, source, ids[source], p),
            config.linger,
            records.table,
            verdicts.TABLE,
        )

    return [
        linked(_ALERTS, alerts, 0.0),
        linked(_AGGREGATES, counts, config.linger),
        *(recorded(records) for records in RECORD_TABLES),
    ]
