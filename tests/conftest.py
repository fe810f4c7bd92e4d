"""The real parts every test may use: one Kafka broker and one ClickHouse front a run, fresh topics a test.

Tests that kill or stop a broker start their own (`KafkaNode(...).child(...)`): these here are shared.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import Topics
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.ports import free_ports


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
