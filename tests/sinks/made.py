"""Journal entries, aggregate batches and alert events as their makers send them, made for tests of the sinks."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

import fastavro
import numpy as np
import polars as pl

from schemas import registry, wire
from schemas.chain import genesis, value_id
from schemas.columns import dtypes, encode_block
from schemas.entry import Bodies, Entry, Note, encode_entry
from schemas.marker import Marker
from schemas.verdicts import Verdict

NOON = 1_580_000_400_000  # 2020-01-26 01:00 UTC, the same day in China


def report(number: int, **changed: Any) -> dict[str, Any]:
    """Fields of one case report."""
    return {
        "issuer": "420100001",
        "revision": 1,
        "action": "REPORT",
        "sender": "420100001",
        "reported_at": NOON + number % 5 * 86_400_000,
        "reported_area": "420100",
        "report_id": f"R{number:08d}",
        "disease": "covid19",
        "classification": "CONFIRMED",
        "residence_area": "420106",
        "origin": 1,
        "onset_date": dt.date(2020, 1, 20),
        "patient": f"k1:{number:032x}",
        **changed,
    }


def body(fields: Mapping[str, Any]) -> bytes:
    """Avro body of a case report."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, registry.parsed(registry.CASE_REPORT), fields)
    return out.getvalue()


class Journal:
    """Writes the entries of one source partition, each extending the last."""

    def __init__(self, source: str, source_id: str, partition: int) -> None:
        self.source, self.source_id, self.partition = source, source_id, partition
        self.head = genesis(source_id, partition)
        self.to_offset = 0

    def entry(
        self,
        judged: Sequence[tuple[Verdict, Mapping[str, Any] | None, Mapping[str, Any] | None]],
        *,
        clock: int = NOON,
        parent: bytes | None = None,
    ) -> bytes:
        """Message value of the next entry.

        Parameters
        ----------
        judged
            For each offset the verdict, the accepted fields (else None), and what they replaced.
        parent
            Another parent, to play a dead writer; the journal then does not move on.
        """
        accepted = [(i, after, before) for i, (_, after, before) in enumerate(judged) if after is not None]
        replaced = [(row, before) for row, (_, _, before) in enumerate(accepted) if before is not None]
        after = b"".join(body(fields) for _, fields, _ in accepted)
        before = b"".join(body(fields) for _, fields in replaced)
        entry = Entry(
            topic=self.source,
            topic_id=self.source_id,
            partition=self.partition,
            from_offset=self.to_offset,
            to_offset=self.to_offset + len(judged),
            clock=clock,
            parent=self.head if parent is None else parent,
            verdicts=np.array([verdict for verdict, _, _ in judged], np.uint8),
            senders=["420100001"],
            sender_of=np.array([-1 if v == Verdict.VOID else 0 for v, _, _ in judged], "<i2"),
            notes=[Note(i, "bad_code", "disease") for i, (v, _, _) in enumerate(judged) if v == Verdict.REJECTED],
            after=[Bodies(registry.CASE_REPORT, len(accepted), after)] if accepted else [],
            after_at=np.array([i for i, _, _ in accepted], "<i4"),
            arrival=np.array([clock for _ in accepted], "<i8"),
            before=[Bodies(registry.CASE_REPORT, len(replaced), before)] if replaced else [],
            before_of=np.array([row for row, _ in replaced], "<i4"),
        )
        value = encode_entry(entry)
        if parent is None:
            self.head, self.to_offset = value_id(value), entry.to_offset
        return value

    def reports(self, numbers: Sequence[int], **changed: Any) -> bytes:
        """Entry that accepts new reports."""
        return self.entry([(Verdict.ACCEPTED, report(n, **changed), None) for n in numbers])


class Links:
    """Writes one partition of aggregates or alert history, each message extending the last."""

    def __init__(self, topic_id: str, partition: int) -> None:
        self.topic_id, self.partition = topic_id, partition
        self.head = genesis(topic_id, partition)

    def batch(self, rows: Sequence[Mapping[str, Any]], marker: Sequence[tuple[str, int, int]], **more: Any) -> bytes:
        """Message value of the next aggregate batch."""
        value = aggregate_batch(self.head, aggregate_frame(rows), marker, **more)
        self.head = value_id(value)
        return value

    def event(self, alert_id: str, revision: int, **changed: Any) -> bytes:
        """Message value of the next alert event."""
        value = alert_event(self.head, alert_id, revision, **changed)
        self.head = value_id(value)
        return value


def aggregate_frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of aggregates with every method column there."""
    types = dtypes(registry.AGGREGATE_ROW)
    given = {"disease": "covid19", "day": dt.date(2020, 1, 26), "count": 1, "count_7d": 1, "alarm": False}
    filled = [dict.fromkeys(types) | given | dict(row) for row in rows]
    return pl.DataFrame(filled, schema=types)


def aggregate_batch(
    parent: bytes, rows: pl.DataFrame, marker: Sequence[tuple[str, int, int]], *, clock: int = NOON
) -> bytes:
    """Message value of one aggregate batch."""
    at = Marker({(topic, partition): to for topic, partition, to in marker})
    return wire.encode(
        registry.AGGREGATE_BATCH,
        {
            "parent": parent,
            "clock": clock,
            "marker": at.to_avro(),
            "marker_id": at.marker_id(),
            "catalogue": "test",
            "alert_ends": [0, 0, 0],
            "count": rows.height,
            "rows": encode_block(registry.AGGREGATE_ROW, rows) if rows.height else b"",
        },
    )


def alert_event(parent: bytes, alert_id: str, revision: int, **changed: Any) -> bytes:
    """Message value of one alert event."""
    day = 18_287
    fields: dict[str, Any] = {
        "parent": parent,
        "alert_id": alert_id,
        "revision": revision,
        "kind": "OPENED" if revision == 1 else "JOINED",
        "state": "OPEN",
        "signal": "covid19.cases",
        "disease": "covid19",
        "area": "420100",
        "level": "prefecture",
        "severity": "high",
        "first_day": day,
        "last_day": day + 1,
        "days": [day, day + 1],
        "cases": 5,
        "cases_7d": 5,
        "peak_7d": 5,
        "evidence": [
            {
                "method": "w8",
                "parameters": '{"p":0.001}',
                "speaks": True,
                "day": day + 1,
                "observed": 5.0,
                "expected": 0.5,
                "upper": 3.0,
                "score": None,
                "p_value": 1e-4,
                "alarm": True,
                "reason": "",
                "alarm_days": [day, day + 1],
            },
            {
                "method": "c1",
                "parameters": "{}",
                "speaks": False,
                "day": day + 1,
                "observed": None,
                "expected": None,
                "upper": None,
                "score": None,
                "p_value": None,
                "alarm": False,
                "reason": "too_short",
                "alarm_days": [],
            },
        ],
        "baseline_from": day - 3,
        "baseline": [0, 1, 0, 2, 3],
        "opened_at": NOON,
        "deadline": None,
        "clock_hours": 2,
        "continues": None,
        "merged_into": None,
        "speaks": True,
        "speaks_because": "opening",
        "expanded_from_counts": False,
        "catalogue": "test",
        "clock": NOON,
        "marker": [{"topic": "case-reports", "partition": 0, "to_offset": 5}],
        "marker_id": "0123456789abcdef",
        **changed,
    }
    return wire.encode(registry.ALERT_EVENT, fields)
