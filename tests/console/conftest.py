"""One database of the real engine, filled by the real rooms, and the console serving it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest

from catalogue.loader import load
from catalogue.model import Catalogue
from console.config import ConsoleConfig
from console.server import run_console
from sinks.client import Address
from tests.console.few_sources import few_sources
from tests.console.world import World, moment, report

DAYS = [f"2020-01-{day:02d}" for day in range(15, 31)]
TODAY = "2020-01-30 18:00"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The built-in catalogue."""
    return load()


def writer_of(front: Any, database: str) -> Address:
    """The credential that fills tables."""
    return Address(front.host, front.port, front.writer, front.writer_password, database)


def reader_of(front: Any, database: str) -> Address:
    """The credential that the console has."""
    return Address(front.host, front.port, front.reader, front.reader_password, database)


def outbreak(world: World) -> None:
    """Covid in Wuhan, growing by the day; one plague case with a clock; measles; a report taken back."""
    number = 0
    for at, day in enumerate(DAYS):
        records = []
        for hour in range(at * at // 4):
            number += 1
            area = ("420106", "420102", "420100")[hour % 3]
            records.append(
                report(f"W{number}", f"{day} {8 + hour % 10:02d}:15", residence_area=area, expanded_from_counts=True)
            )
        if day == DAYS[-1]:
            records.append(report("P1", f"{day} 09:00", disease="plague", residence_area="150702"))
            records += [report(f"M{i}", f"{day} 09:0{i}", disease="measles", residence_area="530102") for i in range(3)]
        world.take(records, TODAY if day == DAYS[-1] else f"{day} 22:00")


@pytest.fixture(scope="session")
def world(front: Any, catalogue: Catalogue) -> Iterator[World]:
    """A database that tests only read."""
    made = World(writer_of(front, "console_read"), catalogue)
    outbreak(made)
    few_sources(made.address)
    yield made
    made.database.close()


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds, or fail."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "did not come to hold in time"
        time.sleep(0.05)


@contextmanager
def serving(config: ConsoleConfig) -> Iterator[str]:
    """Run a console in a thread; yield its address."""
    stop, ready = threading.Event(), threading.Event()
    where: list[str] = []
    failed: list[BaseException] = []

    def announce(url: str) -> None:
        where.append(url)
        ready.set()

    def run() -> None:
        try:
            assert run_console(config, stop, wall_clock=lambda: moment(TODAY), ready=announce) == 0
        except BaseException as error:
            failed.append(error)
            ready.set()
            raise

    thread = threading.Thread(target=run, name="console")
    thread.start()
    try:
        assert ready.wait(30)
        assert not failed, failed
        yield where[0]
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def serve() -> Callable[[ConsoleConfig], AbstractContextManager[str]]:
    """Run further consoles."""
    return serving


@pytest.fixture(scope="session")
def console_url(front: Any, world: World) -> Iterator[str]:
    """Address of a console over `world`."""
    config = ConsoleConfig(port=0, clickhouse=reader_of(front, world.address.database), replay=True)
    with serving(config) as url:
        wait_until(lambda: httpx.get(f"{url}/health").status_code == 200)
        yield url


@pytest.fixture
def client(console_url: str) -> Iterator[httpx.Client]:
    """A client of that console."""
    with httpx.Client(base_url=console_url, timeout=30) as made:
        yield made
