"""The source topics as they lie in the broker, record by record."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

AVRO = Path(__file__).parents[2] / "schemas" / "avro"


@dataclass(frozen=True)
class Record:
    """One record of a source topic; `fields` is None where the value cannot be read as what the topic holds."""

    partition: int
    offset: int
    body: bytes
    fields: dict[str, Any] | None


def _schema_files(topic: str) -> dict[int, Any]:
    ids = json.loads((AVRO / "ids.json").read_text("utf-8"))
    return {
        int(key): fastavro.parse_schema(json.loads((AVRO / entry["file"]).read_text("utf-8")))
        for key, entry in ids.items()
        if entry["subject"] == f"{topic}-value"
    }


def _read(value: bytes | None, schemas: dict[int, Any]) -> tuple[bytes, dict[str, Any] | None]:
    if value is None or len(value) < 5 or value[0] != 0:
        return b"", None
    schema = schemas.get(struct.unpack(">I", value[1:5])[0])
    if schema is None:
        return b"", None
    stream = io.BytesIO(value[5:])
    try:
        fields = fastavro.schemaless_reader(stream, schema, None)
    except Exception:  # any failure to read means the same here: no record of the topic
        return b"", None
    return (value[5:], fields) if stream.tell() == len(value) - 5 else (b"", None)


def read_topic(bootstrap: str, topic: str) -> list[Record]:
    """Every record of a topic up to its end at the time of the call, partition by partition in offset order."""
    schemas = _schema_files(topic)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "judge", "enable.auto.commit": False})
    records: list[Record] = []
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=30)[1] for p in partitions}
        consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions if ends[p]])
        reached = dict.fromkeys([p for p in partitions if ends[p]], 0)
        while any(reached[p] < ends[p] for p in reached):
            # Fewer than are asked for would be waited for to the last moment.
            missing = sum(ends[p] - reached[p] for p in reached)
            for message in consumer.consume(min(missing, 5000), timeout=10):
                assert message.error() is None, message.error()
                body, fields = _read(message.value(), schemas)
                records.append(Record(message.partition(), message.offset(), body, fields))
                reached[message.partition()] = message.offset() + 1
    finally:
        consumer.close()
    return sorted(records, key=lambda r: (r.partition, r.offset))
