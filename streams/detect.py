"""The detection process: refold, evaluate once, then follow the journal and evaluate whenever something came."""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from prometheus_client import start_http_server

from catalogue.loader import load
from catalogue.model import Catalogue
from detectors import build
from schemas.marker import Marker
from schemas.topics import PARTITIONS, SOURCES, Topics
from streams import detect_metrics as metrics
from streams.admin import topic_ids
from streams.emission import Emission
from streams.emitted import Emitted, read_emitted, read_rows, stale_alerts
from streams.evaluation import Evaluation
from streams.follow import Follower
from streams.inbox import Inbox
from streams.judgement_version import judgement_version
from streams.link_bookmarks import Bookmarks
from streams.log_reader import LogReader
from streams.overlay import Overlay
from streams.pace import Pace
from streams.refold import refold
from streams.series import china
from streams.tally import Tally
from streams.told import Told
from streams.watchdog import Watchdog

_LOG = logging.getLogger(__name__)

_IDLE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class DetectConfig:
    """What the detection process is told.

    Attributes
    ----------
    bootstrap
        Kafka's addresses.
    folder
        For caches, which may be deleted while the process is down.
    topics
        Names of the topics.
    catalogue
        Folder of the catalogue; None is the built-in one.
    metrics_port
        Port of the Prometheus endpoint on loopback, None for none.
    partitions
        Of each journal and of the output topics.
    sources
        Types of records whose journals are folded, as in `schemas.topics.SOURCES`.
    """

    bootstrap: str
    folder: Path
    topics: Topics = field(default_factory=Topics)
    catalogue: Path | None = None
    metrics_port: int | None = None
    partitions: int = PARTITIONS
    sources: tuple[str, ...] = SOURCES


def run_detect(
    config: DetectConfig,
    *,
    failpoint: Callable[[str], None] = lambda moment: None,
    stop: threading.Event,
    wall_clock: Callable[[], int] | None = None,
) -> int:
    """Detect until told to stop.

    Parameters
    ----------
    config
        See `DetectConfig`.
    failpoint
        Reached with ``detect.refold``, ``detect.seam``, ``alert.sent`` and ``detect.aggregates_sent``.
    stop
        Set it to end after the outcome in hand.
    wall_clock
        Milliseconds UTC, for the metric of the clock's age only; without it there is none.

    Returns
    -------
    int
        0 when stopped.

    Raises
    ------
    Exception
        Whatever goes wrong ends the process; started again it folds anew and sends what is missing.
    """
    if config.metrics_port is not None:
        start_http_server(config.metrics_port, addr="127.0.0.1")
    config.folder.mkdir(parents=True, exist_ok=True)
    catalogue = load(config.catalogue, probe=build)
    detection = _Detection(config, catalogue, failpoint, stop)
    if wall_clock is not None:
        metrics.watch_clock_age(wall_clock, lambda: detection.tally.clock)
    detection.live()
    return 0


class _Detection:
    """The parts of the process, brought to the end of the journals."""

    def __init__(
        self,
        config: DetectConfig,
        catalogue: Catalogue,
        failpoint: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._failpoint = failpoint
        self._stop = stop
        topics = config.topics
        outputs = [topics.aggregates, topics.alert_history, topics.alerts]
        ids = topic_ids(config.bootstrap, outputs)
        bookmarks = Bookmarks(config.folder / "bookmarks.json")
        self._source_of = {topics.journal(source): source for source in config.sources}
        self._signals = sorted(catalogue.signals.values(), key=lambda signal: signal.number)
        started = time.monotonic()
        with LogReader(config.bootstrap, stop.is_set) as reader:
            emitted = read_emitted(reader, topics, ids, config.partitions, bookmarks)
            stale = stale_alerts(reader, topics.alerts, config.partitions, emitted)
            _LOG.info(
                "read %d alerts and the aggregates' end in %.1f s", len(emitted.alerts), time.monotonic() - started
            )
            whole = self._refolded(reader, emitted, catalogue.version)
            rows = [frame for spoken in emitted.spoken.values() for frame in spoken.tail]
            if not whole:
                rows = [read_rows(reader, topics, ids, config.partitions)]
        metrics.REFOLD.set(time.monotonic() - started)
        self._told = Told(emitted.states())
        days = [emitted.spoken[self._output(n)].today if whole else None for n in range(len(self._signals))]
        overlay = Overlay(pl.concat(rows)) if rows else Overlay()
        self._evaluation = Evaluation(self.tally, self._told, catalogue.version, days, overlay)
        self._emission = Emission(
            config.bootstrap, topics, ids, config.partitions, self._signals, emitted, judgement_version(), whole,
            bookmarks, failpoint,
        )  # fmt: skip
        self._emission.repair(stale)
        self._pace = Pace()
        self._judged_reports = 0

    def live(self) -> None:
        """Evaluate, then follow the journals until told to stop."""
        config = self._config
        inbox = Inbox()
        group = f"{config.topics.prefix}tocsin-detect"
        follower = Follower(config.bootstrap, group, self._following, inbox, config.folder)
        watchdog = Watchdog(
            config.bootstrap,
            lambda: follower.positions,
            lambda: inbox.full,
            lambda topic, partition, lag: metrics.LAG.labels(topic, str(partition)).set(lag),
        )
        if self._stop.is_set():
            return
        follower.start()
        watchdog.start()
        self._failpoint("detect.seam")
        try:
            self._evaluate()
            while not self._stop.is_set():
                self._step(inbox)
                watchdog.check()
                if follower.failure is not None:
                    raise RuntimeError("the journals are no longer followed") from follower.failure
            self._emission.close()
        finally:
            watchdog.stop()
            if not follower.stop():
                # Faust's threads keep the interpreter alive; a stalled one must not keep a dead process in the way.
                _LOG.critical("the follower does not stop: ending the process")
                os._exit(os.EX_SOFTWARE)

    def _step(self, inbox: Inbox) -> None:
        taken = inbox.drain(_IDLE_SECONDS)
        for (journal, partition), values in taken.items():
            self._apply(self._source_of[journal], partition, values)
        self._pace.came(bool(taken))
        if self._pace.due():
            self._evaluate()
        else:
            self._emission.tell_markers()

    def _apply(self, source: str, partition: int, values: list[bytes]) -> None:
        reports = self.tally.reports
        metrics.ENTRIES.inc(self.tally.apply(partition, values, source))
        metrics.REPORTS.inc(self.tally.reports - reports)
        metrics.IGNORED.set(sum(chain.ignored for chain in self.tally.chains.values()))

    def _evaluate(self) -> None:
        began = time.monotonic()
        moment = self._evaluation.moment()
        if moment is None:
            return

        def spill(frame: pl.DataFrame) -> None:
            self._emission.spill(moment, frame)

        outcome = self._evaluation.evaluate(spill)
        assert outcome is not None
        judged = time.monotonic()
        self._emission.send(outcome)
        self._evaluation.settle(outcome)
        done = time.monotonic()
        self._pace.evaluated(done - began, self.tally.reports - self._judged_reports)
        self._judged_reports = self.tally.reports
        metrics.EVALUATION.observe(judged - began)
        metrics.EMISSION.observe(done - judged)
        metrics.SERIES.set(outcome.series)
        metrics.ROWS.inc(outcome.rows)
        metrics.OPEN_ALERTS.set(self._told.open_alerts())
        metrics.CLOCK.set(outcome.moment.clock / 1000)
        metrics.CUBE_BYTES.set(self.tally.nbytes)
        for event in outcome.events:
            metrics.EVENTS.labels(event.kind).inc()

    def _refolded(self, reader: LogReader, emitted: Emitted, version: str) -> bool:
        """Fold the journal; return whether what was said before stands under the present rules and journal."""
        spoken = [emitted.spoken[self._output(number)] for number in range(len(self._signals))]
        ours = (version, judgement_version())
        whole = all(not s.marker or (s.catalogue, s.judgement) == ours for s in emitted.spoken.values())
        self._fold(reader, [s.marker for s in spoken] if whole else None)
        if whole and not all(self.tally.marker.covers(s.marker) for s in spoken) and not self._stop.is_set():
            _LOG.warning("the journal ends before what was said: everything is said anew")
            self._fold(reader, None)
            return False
        if not whole:
            _LOG.info("other rules made what was said: everything is judged anew")
        return whole

    def _fold(self, reader: LogReader, known: list[Marker] | None) -> None:
        config = self._config
        self.tally = Tally(self._signals, china(), config.partitions, known, sources=config.sources)
        self._following = refold(reader, config.topics, self.tally, self._failpoint)

    def _output(self, number: int) -> int:
        """Return the output partition of a signal."""
        return self._signals[number].disease_number % self._config.partitions
