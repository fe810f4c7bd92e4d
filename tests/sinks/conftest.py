"""A database of its own for each test, and the sink running against it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from schemas.topics import Topics
from sinks.client import Address, connect
from tests.sinks.world import World


@pytest.fixture
def address(front: Any) -> Iterator[Address]:
    """The front's writer with a database that no other test uses."""
    made = Address(front.host, front.port, front.writer, front.writer_password, f"t{uuid.uuid4().hex[:10]}")
    yield made
    client = connect(made)
    client.command(f"DROP DATABASE IF EXISTS {made.database} SYNC")
    client.close()


@pytest.fixture
def client(address: Address) -> Iterator[Client]:
    """The writer's client."""
    made = connect(address)
    yield made
    made.close()


@pytest.fixture
def world(broker: str, topics: Topics, address: Address, client: Client) -> World:
    """Topics to write into and tables to look at."""
    return World(broker, topics, address, client)


@pytest.fixture
def sink(world: World) -> Iterator[Callable[[], None]]:
    """Starts the sink in this process; it is stopped after the test, and its error raised."""
    stop = threading.Event()
    started: list[threading.Thread] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            world.run_sink(stop)
        except BaseException as error:
            failed.append(error)

    def start() -> None:
        started.append(threading.Thread(target=run))
        started[-1].start()

    yield start
    stop.set()
    for thread in started:
        thread.join(30)
        assert not thread.is_alive()
    if failed:
        raise failed[0]
