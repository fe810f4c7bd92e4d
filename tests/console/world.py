"""A small world for the console: reports, folded and judged by the real rooms, laid into the real engine's tables.

No broker takes part: journal entries are written by hand, everything behind them is what runs in production.
"""

import dataclasses
import datetime as dt
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from alerts.state import AlertState
from catalogue.model import Catalogue
from schemas import registry
from schemas.columns import encode_block
from schemas.entry import decode_entry
from schemas.verdicts import Verdict
from sinks import aggregates, alert_history, line_list, progress, setup, verdicts
from sinks.client import Address
from sinks.database import Database
from sinks.native import encode
from sinks.placed import Placed
from sinks.table import Table
from streams.evaluation import Evaluation
from streams.series import china
from streams.tally import Tally
from streams.told import Told
from tests.sinks.made import Journal

SOURCE, SOURCE_ID, HISTORY_ID, AGGREGATES_ID = "case-reports", "source-id", "history-id", "aggregates-id"
BEIJING = dt.timezone(dt.timedelta(hours=8))

Record = dict[str, Any]


def moment(text: str) -> int:
    """Milliseconds of a Beijing time such as 2020-01-21 09:30."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp() * 1000)


def report(name: str, reported_at: str, **changed: Any) -> Record:
    """One case report."""
    return {
        "issuer": "420100001",
        "revision": 1,
        "action": "REPORT",
        "sender": "420100001",
        "reported_at": moment(reported_at),
        "reported_area": "420100",
        "report_id": name,
        "disease": "covid19",
        "classification": "CONFIRMED",
        "residence_area": "420106",
        "origin": 1,
        **changed,
    }


class World:
    """Journal, detection and tables of one database, moved on by hand."""

    def __init__(self, address: Address, catalogue: Catalogue) -> None:
        self.address, self.catalogue = address, catalogue
        self.database = Database(address, threading.Event())
        setup.create(self.database)
        self._signals = sorted(catalogue.signals.values(), key=lambda signal: signal.number)
        self._tally = Tally(self._signals, china(), 1)
        self._told = Told()
        self._evaluation = Evaluation(self._tally, self._told, catalogue.version)
        self._journal = Journal(SOURCE, SOURCE_ID, 0)
        self._standing: dict[tuple[str, str], Record] = {}
        self._entries = self._batches = self._events = 0

    def take(self, records: Iterable[Mapping[str, Any]], clock: str) -> list[AlertState]:
        """Accept reports at a clock, judge, and land everything; return the alert events."""
        judged = []
        for record in map(dict, records):
            name = (record["issuer"], record["report_id"])
            judged.append((Verdict.ACCEPTED, record, self._standing.get(name)))
            self._standing[name] = record
        value = self._journal.entry(judged, clock=moment(clock))
        self._tally.apply(0, [value])
        entry = decode_entry(value)
        if judged:
            self._land(line_list.TABLE, line_list.RECORDS.rows([entry], [self._entries]))
            self._land(verdicts.TABLE, verdicts.rows([entry]))
        self._entries += 1
        outcome = self._evaluation.evaluate()
        assert outcome is not None
        self._evaluation.settle(outcome)
        self.land_events(outcome.events)
        self._land_aggregates(outcome.frames, moment(clock))
        self._progress(moment(clock))
        return outcome.events

    def land_events(self, events: Iterable[AlertState]) -> None:
        """Land alert events as if detection had sent them."""
        landed = []
        for state in events:
            landed.append(Placed(HISTORY_ID, 0, self._events, state.to_record(b"")))
            self._events += 1
        if landed:
            self._land(alert_history.TABLE, alert_history.rows(landed))

    def falsify(self, state: AlertState, **changed: Any) -> None:
        """Land a revision of an alert that says something else than its reports do."""
        self.land_events([dataclasses.replace(state, **{"revision": state.revision + 1, **changed})])

    def current(self) -> list[AlertState]:
        """Return the last state of every alert that has alarm days."""
        return [s for place in self._told.places() for s in self._told.of(place).values() if s.current]

    def _land(self, table: Table, frame: pl.DataFrame) -> None:
        self.database.insert_once(table, encode(frame, table.columns), f"{table.name} {self._entries} {self._events}")

    def _land_aggregates(self, frames: list[pl.DataFrame], clock: int) -> None:
        rows = sum(frame.height for frame in frames)
        if rows == 0:
            return
        batch = {
            "count": rows,
            "rows": b"".join(encode_block(registry.AGGREGATE_ROW, frame) for frame in frames),
            "clock": clock,
            "marker_id": self._tally.marker.marker_id(),
            "catalogue": self.catalogue.version,
        }
        self._land(aggregates.TABLE, aggregates.rows([Placed(AGGREGATES_ID, 0, self._batches, batch)]))
        self._batches += 1

    def _progress(self, clock: int) -> None:
        marker = self._tally.marker
        position = next(iter(marker.values()))

        def row(stage: str, topic: str, at: int) -> progress.Progress:
            return progress.Progress(stage, topic, 0, at, marker, clock, f"{stage}-id", at, max(at - 1, 0), b"head")

        progress.save(
            self.database,
            [
                row("line_list", SOURCE, position),
                row("aggregates", "aggregates", self._batches),
                row("alerts", "alert-history", self._events),
            ],
        )
