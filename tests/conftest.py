"""The real parts every test may use: one Kafka broker and one ClickHouse front a run, fresh topics a test.

Tests that kill or stop a broker start their own (`KafkaNode(...).child(...)`): these here are shared.
"""

import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import Topics
from tocsin.child import Child, wait_answering
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.ports import free_ports
from tocsin.settings import Ports, Settings


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap address of a real broker, started once a run."""
    folder: Path = tmp_path_factory.mktemp("broker")
    node = KafkaNode(folder, *free_ports(2))
    child = node.child(folder / "broker.log")
    child.start()
    try:
        wait_ready(node, child)
        yield node.bootstrap
    finally:
        child.stop()


@pytest.fixture
def topics(broker: str) -> Iterator[Topics]:
    """Every topic of the project under a prefix of this test's own, deleted afterwards."""
    named = Topics(prefix=f"t{uuid.uuid4().hex[:10]}.")
    admin = AdminClient({"bootstrap.servers": broker})
    wanted = [NewTopic(spec.name, spec.partitions, 1, config=dict(spec.config)) for spec in named.specs()]
    for done in admin.create_topics(wanted).values():
        done.result(30)
    yield named
    for done in admin.delete_topics([topic.topic for topic in wanted]).values():
        done.result(30)


@dataclass(frozen=True)
class FrontAddress:
    """Where the ClickHouse front of this run listens, and both credentials."""

    host: str
    port: int
    writer: str
    writer_password: str
    reader: str
    reader_password: str


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontAddress]:
    """A real ClickHouse engine behind our HTTP front, in a process of its own, started once a run."""
    folder: Path = tmp_path_factory.mktemp("front")
    port, metrics = free_ports(2)
    settings = Settings(folder=folder, ports=Ports(clickhouse=port, clickhouse_metrics=metrics))
    settings.save()
    command = [sys.executable, "-m", "tocsin", "serve", "clickhouse", "--dir", str(folder)]
    child = Child("clickhouse", command, folder / "log")
    child.start()
    try:
        wait_answering(f"http://127.0.0.1:{port}/ping", child)
        yield FrontAddress(
            "127.0.0.1", port, settings.writer, settings.writer_password, settings.reader, settings.reader_password
        )
    finally:
        child.stop()
