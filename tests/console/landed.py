"""Records of any source laid into the real engine's tables, as if intake had accepted them one by one."""

import io
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import fastavro
import numpy as np

from schemas import registry
from schemas.chain import genesis
from schemas.columns import encode_block
from schemas.entry import Bodies, Entry, decode_entry, encode_entry
from schemas.verdicts import Verdict
from sinks import aggregates, setup
from sinks.client import Address
from sinks.database import Database
from sinks.native import encode
from sinks.placed import Placed
from sinks.record_table import RecordTable
from tests.sinks.made import aggregate_frame

Record = Mapping[str, Any]

_COMMON = {"issuer": "420100L01", "revision": 1, "action": "REPORT", "sender": "420100L01", "reported_area": "420100"}


class Landed:
    """One database to which records are added; a record of a known identity replaces the earlier one."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.database = Database(address, threading.Event())
        setup.create(self.database)
        self._standing: dict[tuple[str, str, str], bytes] = {}
        self._ends: dict[str, int] = {}

    def take(self, records: RecordTable, made: Iterable[Record]) -> None:
        """Accept records of one source, in order; what they leave out of the common fields is filled in."""
        source = records.source
        schema = registry.parsed(source.schema_id)
        after: list[bytes] = []
        before: list[tuple[int, bytes]] = []
        for row, record in enumerate(made):
            fields = {**_COMMON, **record}
            out = io.BytesIO()
            fastavro.schemaless_writer(out, schema, fields)
            name = (source.name, fields["issuer"], fields[source.key])
            if name in self._standing:
                before.append((row, self._standing[name]))
            self._standing[name] = out.getvalue()
            after.append(out.getvalue())
        first = self._ends.get(source.name, 0)
        self._ends[source.name] = first + len(after)
        entry = Entry(
            topic=source.name,
            topic_id=f"{source.name}-id",
            partition=0,
            from_offset=first,
            to_offset=first + len(after),
            clock=0,
            parent=genesis(f"{source.name}-id", 0),
            verdicts=np.full(len(after), Verdict.ACCEPTED, np.uint8),
            senders=["420100L01"],
            sender_of=np.zeros(len(after), "<i2"),
            notes=[],
            after=[Bodies(source.schema_id, len(after), b"".join(after))],
            after_at=np.arange(len(after), dtype="<i4"),
            arrival=np.zeros(len(after), "<i8"),
            before=[Bodies(source.schema_id, len(before), b"".join(body for _, body in before))] if before else [],
            before_of=np.array([row for row, _ in before], "<i4"),
        )
        frame = records.rows([decode_entry(encode_entry(entry))], [first])
        self.database.insert_once(records.table, encode(frame, records.table.columns), f"{source.name} {first}")

    def count(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Land rows of aggregates as if detection had sent them."""
        batch = {
            "count": len(rows),
            "rows": encode_block(registry.AGGREGATE_ROW, aggregate_frame(rows)),
            "clock": 0,
            "marker_id": "made",
            "catalogue": "made",
        }
        frame = aggregates.rows([Placed("aggregates-id", 0, self._ends.get("aggregates", 0), batch)])
        self._ends["aggregates"] = self._ends.get("aggregates", 0) + 1
        table = aggregates.TABLE
        self.database.insert_once(table, encode(frame, table.columns), f"aggregates {self._ends['aggregates']}")
