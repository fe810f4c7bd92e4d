"""The real parts every test may use: one Kafka broker and one ClickHouse front a run, fresh topics a test.

Tests that kill or stop a broker start their own (`KafkaNode(...).child(...)`): these here are shared.
"""

import os
import random
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from schemas.topics import Topics
from streams.admin import ensure_topics
from tests.longest_first import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401  (hooks)
from tocsin.child import Child, wait_answering
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.ports import free_ports
from tocsin.settings import Ports, Settings, load


def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed of the random kills once a run, so that it can be printed and repeated."""
    os.environ.setdefault("TOCSIN_SEED", str(random.SystemRandom().randrange(1, 10**6)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say the seed."""
    terminalreporter.write_line(f"random kills: TOCSIN_SEED={os.environ['TOCSIN_SEED']} repeats their order")


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
    ensure_topics(broker, named)
    yield named
    admin = AdminClient({"bootstrap.servers": broker})
    for done in admin.delete_topics([spec.name for spec in named.specs()]).values():
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


def start_front(folder: Path) -> tuple[FrontAddress, Child]:
    """Start a front of its own on `folder` (again, if it was there before); the caller stops the child."""
    if not (folder / "settings.json").exists():
        port, metrics = free_ports(2)
        Settings(folder=folder, ports=Ports(clickhouse=port, clickhouse_metrics=metrics)).save()
    settings = load(folder)
    command = [sys.executable, "-m", "tocsin", "serve", "clickhouse", "--dir", str(folder)]
    child = Child("clickhouse", command, folder / "log")
    child.start()
    wait_answering(f"http://127.0.0.1:{settings.ports.clickhouse}/ping", child)
    return FrontAddress(
        host="127.0.0.1",
        port=settings.ports.clickhouse,
        writer=settings.writer,
        writer_password=settings.writer_password,
        reader=settings.reader,
        reader_password=settings.reader_password,
    ), child


@pytest.fixture(scope="session")
def front_starter() -> Callable[[Path], tuple[FrontAddress, Child]]:
    """`start_front`, for tests that kill their front."""
    return start_front


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontAddress]:
    """A real ClickHouse engine behind our HTTP front, in a process of its own, started once a run."""
    address, child = start_front(tmp_path_factory.mktemp("front"))
    yield address
    child.stop()
