"""Case reports for the chain's tests: good ones, and every kind of bad one with the reason it must get."""

from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro

from tests.chain.other_reports import Message, Others

_SCHEMA = fastavro.parse_schema(
    json.loads((Path(__file__).parents[2] / "schemas" / "avro" / "case_report.avsc").read_text("utf-8"))
)
COUNTIES = ("420102", "420103", "420104", "420881", "110101", "440103", "510104", "330106")
START = datetime(2024, 3, 1, 1, 0, tzinfo=UTC)


def framed(fields: dict[str, Any]) -> bytes:
    """The record in Confluent's wire format."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, _SCHEMA, fields)
    return b"\0" + struct.pack(">I", 1) + out.getvalue()


def case(report_id: str, entered: datetime, **fields: Any) -> dict[str, Any]:
    """Fields of a sound report, to be changed at will."""
    area = fields.get("residence_area", "420102")
    return {
        "issuer": f"CDC{area}",
        "revision": 1,
        "action": "REPORT",
        "sender": f"CDC{area}",
        "reported_at": entered,
        "reported_area": area,
        "report_id": report_id,
        "disease": "measles",
        "classification": "CONFIRMED",
        "residence_area": area,
        "origin": 1,
        **fields,
    }


def message(fields: dict[str, Any]) -> Message:
    """Key and value."""
    return fields["report_id"].encode(), framed(fields)


@dataclass(frozen=True)
class Chunk:
    """Some messages that arrive while the replay's clock stands at one moment, and the reasons of the bad ones."""

    clock: datetime
    messages: tuple[Message, ...]
    bad: tuple[str, ...]
    """For each message the reason of its rejection, or an empty text."""

    others: Mapping[str, tuple[Message, ...]] = field(default_factory=dict)
    bad_others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same of the other sources, by name."""

    @property
    def clock_ms(self) -> int:
        """The clock in milliseconds UTC."""
        return int(self.clock.timestamp() * 1000)


def bad_messages(tag: str, now: datetime) -> list[tuple[Message, str]]:
    """One message of every bad kind; the tag keeps their keys apart from others'."""
    good = case(f"{tag}-good", now)
    body = framed(good)

    def changed(kind: str, reason: str, **fields: Any) -> tuple[Message, str]:
        return message(case(f"{tag}-{kind}", now, **fields)), reason

    key = good["report_id"].encode()
    return [
        ((key, body[:-9]), "undecodable_body"),
        ((key, b"\1" + body[1:]), "wrong_magic_byte"),
        ((key, body[:3]), "truncated_frame"),
        ((key, b"\0" + struct.pack(">I", 4242) + body[5:]), "unknown_schema"),
        ((key, None), "tombstone"),
        ((b"", body), "empty_key"),
        ((b"another-key", body), "key_mismatch"),
        ((key, body + b"\0\0"), "undecodable_body"),
        changed("disease", "unknown_disease", disease="dragon_pox"),
        changed("area", "unknown_area", residence_area="999999"),
        changed(
            "onset",
            "onset_after_report",
            reported_at=now - timedelta(days=5),
            onset_date=now.date() - timedelta(days=1),
        ),
        changed("old", "date_too_old", onset_date=date(1900, 1, 1)),
        changed("future", "reported_in_future", reported_at=datetime(2199, 1, 1, tzinfo=UTC)),
        changed("clock", "reported_in_future", reported_at=now + timedelta(days=365)),
        changed("revision", "revision_below_one", revision=0),
        changed("identity", "identifier_found", institution="11010119900307721X"),
        changed("phone", "identifier_found", sender="13812345678"),
    ]


def chunks(count: int, size: int, seed: int, others: int = 0) -> Iterator[Chunk]:
    """A stream with revisions, retractions, resends, disorder and bad records, a day or so a chunk.

    The same arguments give the same stream. The second half of it is quieter, so that episodes end. Beside its case
    reports a chunk has `others` records of each other source.
    """
    rng = random.Random(seed)
    beside = Others(seed)
    known: list[dict[str, Any]] = []
    clock = START
    for number in range(count):
        clock += timedelta(hours=rng.choice((5, 20, 26, 50)))
        made: list[tuple[Message, str]] = []
        for i in range(size if number < count / 2 else size // 4):
            kind = rng.random()
            if kind < 0.7 or not known:
                disease = rng.choice(("measles", "dysentery", "influenza", "cholera", "pertussis", "covid19"))
                fields = case(
                    f"S{seed}-{number:03d}-{i:04d}",
                    clock - timedelta(hours=rng.choice((0, 1, 30, 100))),
                    disease=disease,
                    residence_area=rng.choice(COUNTIES),
                    classification=rng.choice(("CONFIRMED", "CLINICAL", "SUSPECTED")),
                )
                known.append(fields)
            elif kind < 0.82:
                fields = {**rng.choice(known), "action": "REVISE", "residence_area": rng.choice(COUNTIES)}
                fields["revision"] += rng.choice((1, 1, 2))
            elif kind < 0.92:
                fields = {**rng.choice(known), "action": "RETRACT"}
                fields["revision"] += 1
            else:
                fields = rng.choice(known)
            made.append((message(fields), ""))
            if kind >= 0.7 and known and rng.random() < 0.5:
                known[rng.randrange(len(known))] = fields
        made += [(bad, reason) for bad, reason in rng.sample(bad_messages(f"B{seed}-{number}", clock), 3)]
        rng.shuffle(made)
        drawn = beside.draw(number, clock, others) if others else {}
        yield Chunk(
            clock,
            tuple(m for m, _ in made),
            tuple(reason for _, reason in made),
            {source: tuple(m for m, _ in told) for source, told in drawn.items()},
            {source: tuple(reason for _, reason in told) for source, told in drawn.items()},
        )


def quiet(after: Chunk, days: int) -> Chunk:
    """One late report `days` days on, so that the clock moves and episodes may end."""
    clock = after.clock + timedelta(days=days)
    late = case(f"late-{clock:%Y%m%d}", clock, disease="mumps", residence_area="540102")
    return Chunk(clock, (message(late),), ("",))
