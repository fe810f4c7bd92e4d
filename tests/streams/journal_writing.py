"""Journals written by hand: what intake would have written, without intake."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from schemas import registry, wire
from schemas.chain import genesis, value_id
from schemas.entry import Bodies, Entry, encode_entry

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
EPOCH = dt.date(1970, 1, 1)
TOPIC_ID = "a-topic-id"
DAY_MS = 86_400_000


def day_number(text: str) -> int:
    return (dt.date.fromisoformat(text) - EPOCH).days


def noon(day: int) -> int:
    """Milliseconds UTC of noon in Shanghai."""
    return day * DAY_MS + 4 * 3_600_000


@dataclass(frozen=True)
class Case:
    """The few fields of a report that tests vary."""

    report_id: str
    day: int
    area: str = "420106"
    disease: str = "dysentery"
    classification: str = "CONFIRMED"
    action: str = "REPORT"
    revision: int = 1
    expanded: bool = False

    def record(self) -> dict[str, Any]:
        return {
            "issuer": "420106001",
            "revision": self.revision,
            "action": self.action,
            "sender": "420106001",
            "reported_at": noon(self.day),
            "reported_area": self.area,
            "expanded_from_counts": self.expanded,
            "report_id": self.report_id,
            "disease": self.disease,
            "classification": self.classification,
            "residence_area": self.area,
            "origin": 1,
        }

    def body(self) -> bytes:
        return wire.split(wire.encode(registry.CASE_REPORT, self.record()))[1]


class Written(Protocol):
    """Whatever has a body."""

    def body(self) -> bytes: ...


Change = tuple[Case, Case | None]
"""A report that now stands, and the one that it replaced."""


@dataclass
class JournalWriter:
    """Writes one partition's journal as intake does."""

    partition: int
    topic: str = "case-reports"
    head: bytes = b""
    next_offset: int = 0
    clock: int = 0
    values: list[bytes] = field(default_factory=list)
    schema_id: int = registry.CASE_REPORT

    def __post_init__(self) -> None:
        self.head = self.head or genesis(TOPIC_ID, self.partition)

    def entry(self, changes: Sequence[tuple[Written, Written | None]], clock: int | None = None) -> bytes:
        """Write one entry with these changes and return its value."""
        self.clock = max(self.clock, clock or 0)
        before = [(row, old) for row, (_, old) in enumerate(changes) if old is not None]
        value = encode_entry(
            Entry(
                topic=self.topic,
                topic_id=TOPIC_ID,
                partition=self.partition,
                from_offset=self.next_offset,
                to_offset=self.next_offset + len(changes),
                clock=self.clock,
                parent=self.head,
                verdicts=np.ones(len(changes), np.uint8),
                senders=["420106001"],
                sender_of=np.zeros(len(changes), np.int16),
                after=self._bodies([new for new, _ in changes]),
                after_at=np.arange(len(changes), dtype=np.int32),
                arrival=np.full(len(changes), self.clock, np.int64),
                before=self._bodies([old for _, old in before]),
                before_of=np.array([row for row, _ in before], np.int32),
            )
        )
        self.head = value_id(value)
        self.next_offset += len(changes)
        self.values.append(value)
        return value

    def _bodies(self, records: Sequence[Written]) -> list[Bodies]:
        return [Bodies(self.schema_id, len(records), b"".join(each.body() for each in records))] if records else []


def cases(prefix: str, days: Iterable[int], **fields: Any) -> list[Change]:
    """New reports, one a day given."""
    return [(Case(f"{prefix}{i}", day, **fields), None) for i, day in enumerate(days)]
