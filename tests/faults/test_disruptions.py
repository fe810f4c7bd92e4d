"""A database away, a laptop asleep, a full disk, under the supervisor: nothing lost, and it heals by itself.

``TOCSIN_DISRUPTION_SECONDS`` says how long the first two last; `make faults` asks for the full minute.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.chain.reports import Chunk
from tests.chain.state import Rows, assert_exact, current_state, differences
from tests.chain.supervised import Supervised
from tests.faults.small_disk import SmallDisk

SECONDS = float(os.environ.get("TOCSIN_DISRUPTION_SECONDS", "8"))
MEGABYTES = {"kafka": 96, "clickhouse": 256, "intake": 8}


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SmallDisk]]:
    folder = tmp_path_factory.mktemp("disrupted") / "var"
    made = {name: SmallDisk(folder / name, megabytes) for name, megabytes in MEGABYTES.items()}
    mounted = []
    try:
        if os.geteuid() == 0:
            for disk in made.values():
                disk.mount()
                mounted.append(disk)
        yield made
    finally:
        for disk in mounted:
            disk.unmount()


@pytest.fixture(scope="module")
def disrupted(disks: dict[str, SmallDisk]) -> Iterator[Supervised]:
    with Supervised(disks["kafka"].folder.parent) as running:
        yield running


@pytest.fixture(scope="module")
def turn() -> Iterator[int]:
    """Numbers of the chunks, in order: each test goes on where the one before it stopped."""
    return iter(range(100))


def _send(running: Supervised, chunk: Chunk, part: slice = slice(None)) -> None:
    running.send(chunk.messages[part], clock=chunk.clock_ms)
    if part.stop is None:
        running.deliver_others(chunk)


def _check(running: Supervised, wanted: dict[str, Rows]) -> None:
    running.settle()
    assert not differences(current_state(running), wanted)
    assert_exact(running)
    running.until(lambda: running.status(within=10)["exit"] == 0, 60, f"status is well: {running.status()}")


def test_clickhouse_away(
    disrupted: Supervised, turn: Iterator[int], stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    number = next(turn)
    half = slice(0, len(stream[number].messages) // 2)
    rest = slice(half.stop, None)
    _send(disrupted, stream[number], half)
    disrupted.settle()
    pid = disrupted.seen("clickhouse").pid
    assert pid is not None
    # Whatever the supervisor starts meanwhile finds its port taken.
    os.kill(pid, signal.SIGKILL)
    with _occupied(disrupted, disrupted.settings.ports.clickhouse):
        began = time.monotonic()
        _send(disrupted, stream[number], rest)
        disrupted.until(lambda: disrupted.metric("sink", "tocsin_sink_clickhouse_up") == 0, 30, "the metric says so")
        disrupted.until(lambda: disrupted.metric("sink", "tocsin_sink_lag_messages") > 0, 30, "the lag is counted")
        status = disrupted.status()
        assert status["exit"] == 1
        assert any(trouble.startswith(("clickhouse is", "sink is")) for trouble in status["troubles"]), status
        time.sleep(max(0.0, began + SECONDS - time.monotonic()))
    _check(disrupted, undisturbed[number])
    assert disrupted.metric("sink", "tocsin_sink_clickhouse_up") == 1
    assert "waiting, nothing is lost" in disrupted.log("sink")
    assert "answers again" in disrupted.log("sink")
    assert disrupted.seen("clickhouse").restarts > 0
    assert disrupted.seen("sink").restarts == 0


@contextmanager
def _occupied(running: Supervised, port: int) -> Iterator[None]:
    """Something else has the port, and hangs up on whoever calls."""

    def bound() -> socket.socket | None:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            return None

    took: list[socket.socket] = []
    running.until(lambda: took.extend(filter(None, [bound()])) or took, 20, "the port is free for us")
    ended = threading.Event()

    def hang_up() -> None:
        took[0].settimeout(0.1)
        while not ended.is_set():
            with suppress(TimeoutError):
                took[0].accept()[0].close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        took[0].close()


def test_a_laptop_asleep(
    disrupted: Supervised, turn: Iterator[int], stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    number = next(turn)
    half = slice(0, len(stream[number].messages) // 2)
    rest = slice(half.stop, None)
    _send(disrupted, stream[number], half)
    asleep = disrupted.everything()
    for process in asleep:
        process.suspend()
    try:
        # Whoever sends from another machine gets no acknowledgement, and goes on trying.
        sender = threading.Thread(target=_send, args=(disrupted, stream[number], rest))
        sender.start()
        time.sleep(SECONDS / 2)
        status = disrupted.status()
        assert status["exit"] == 1
        assert {stage["state"] for stage in status["stages"].values()} == {"unknown"}, status
        time.sleep(SECONDS / 2)
    finally:
        for process in asleep:
            process.resume()
    sender.join(120)
    assert not sender.is_alive()
    _check(disrupted, undisturbed[number])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk small enough to be filled")
@pytest.mark.parametrize("part", list(MEGABYTES))
def test_a_full_disk(
    part: str,
    disrupted: Supervised,
    disks: dict[str, SmallDisk],
    turn: Iterator[int],
    stream: list[Chunk],
    undisturbed: list[dict[str, Rows]],
) -> None:
    number = next(turn)
    chunk = stream[number]
    said_before = len(_said(disrupted, part))
    disks[part].fill()
    try:
        if part == "kafka":
            # Nothing can be acknowledged: the sender is told so, or waits.
            sender = threading.Thread(target=_send, args=(disrupted, chunk))
            sender.start()
        else:
            _send(disrupted, chunk)
        disrupted.until(lambda: "no space" in _said(disrupted, part)[said_before:].lower(), 60, "it says why")
        status = disrupted.status()
        assert status["exit"] == 1
        assert any("free on the disk" in trouble and part in trouble for trouble in status["troubles"]), status
        assert disrupted.metric("supervisor", "tocsin_disk_free_bytes") >= 0
        time.sleep(3)
    finally:
        disks[part].make_room()
    if part == "kafka":
        sender.join(120)
        assert not sender.is_alive()
    _check(disrupted, undisturbed[number])


def _said(running: Supervised, part: str) -> str:
    return running.log({"kafka": "broker", "clickhouse": "clickhouse", "intake": "intake"}[part])
