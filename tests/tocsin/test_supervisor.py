"""Supervision of real child processes: order, restart, stalls, and an end that leaves nothing behind."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tocsin.child import Child, NotReady
from tocsin.run_state import AlreadyRuns, Lock, Seen, read, runs, write
from tocsin.scrape import Silent
from tocsin.stall import StallWatch, Work
from tocsin.supervisor import Part, Supervisor

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"


def child(tmp_path: Path, name: str, program: str = SLEEPER) -> Child:
    return Child(name, [sys.executable, "-c", program], tmp_path / f"{name}.log")


class Running:
    """A supervisor in this thread's stead: started here, looped by `until`."""

    def __init__(self, parts: list[Part], look_every: float = 0.1) -> None:
        self.stop = threading.Event()
        self.told: list[Mapping[str, Seen]] = []
        self.supervisor = Supervisor(parts, self.stop, self.told.append, look_every)

    def until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Run in this thread (children die with the thread that started them) until the condition holds."""
        deadline = time.monotonic() + seconds

        def watch() -> None:
            while not condition() and time.monotonic() < deadline:
                time.sleep(0.02)
            self.stop.set()

        self.stop.clear()
        watching = threading.Thread(target=watch)
        watching.start()
        self.supervisor.run()
        watching.join()
        assert condition()


def test_starts_in_order_of_need_and_stops_in_reverse(tmp_path: Path) -> None:
    order: list[str] = []
    first, second, third = (child(tmp_path, name) for name in ("first", "second", "third"))
    parts = [
        Part(first, lambda: order.append("first")),
        Part(second, lambda: order.append(f"second {first.alive}"), needs=("first",)),
        Part(third, lambda: order.append(f"third {second.alive}"), needs=("second",)),
    ]
    running = Running(parts)
    running.supervisor.start(lambda part, seconds: order.append(f"ready {part.name}"))
    assert order == ["first", "ready first", "second True", "ready second", "third True", "ready third"]
    running.supervisor.stop()
    assert [part.child.exit_code for part in parts] == [-15, -15, -15]
    assert {seen.state for seen in running.told[-1].values()} == {"stopped"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_ended_child_is_started_again_and_said(tmp_path: Path, number: int) -> None:
    part = Part(child(tmp_path, "one"))
    running = Running([part])
    running.supervisor.start()
    before = part.child.pid
    assert before is not None
    os.kill(before, number)
    running.until(lambda: part.restarts == 1 and part.child.alive)
    assert part.child.pid != before
    assert running.told[-1]["one"] == Seen(part.child.pid, "up", 1, f"signal {number}")
    running.supervisor.stop()


def test_one_that_keeps_ending_is_started_ever_less_often(tmp_path: Path) -> None:
    part = Part(child(tmp_path, "one", "raise SystemExit(3)"))
    running = Running([part])
    running.supervisor.start()
    begun = time.monotonic()
    running.until(lambda: part.restarts == 3)
    assert time.monotonic() - begun >= 0.5 + 1 + 2
    assert part.last_exit == "exit code 3"
    running.supervisor.stop()


def test_one_waits_for_what_it_needs(tmp_path: Path) -> None:
    broker = Part(child(tmp_path, "broker"))
    reader = Part(child(tmp_path, "reader"), needs=("broker",))
    running = Running([broker, reader])
    running.supervisor.start()
    broker.child.command = [sys.executable, "-c", "raise SystemExit(1)"]
    broker.child.kill()
    reader.child.kill()
    running.until(lambda: broker.restarts == 2)
    assert reader.restarts == 0
    broker.child.command = [sys.executable, "-c", SLEEPER]
    running.until(lambda: reader.restarts == 1 and reader.child.alive)
    running.supervisor.stop()


def test_one_that_does_not_come_up_ends_the_start_and_all_that_was_started(tmp_path: Path) -> None:
    first, second = child(tmp_path, "first"), child(tmp_path, "second", "raise SystemExit(1)")

    def fails() -> None:
        raise NotReady("second ended")

    running = Running([Part(first), Part(second, fails, needs=("first",))])
    with pytest.raises(NotReady):
        running.supervisor.start()
    assert not first.alive
    assert not second.alive


def test_a_stalled_child_is_ended_and_started_again(tmp_path: Path) -> None:
    metrics = {"waiting": 5.0, "done_total": 7.0}
    part = Part(child(tmp_path, "one"), watch=StallWatch(lambda: metrics, Work("waiting", ("done_total",)), 3))
    running = Running([part])
    running.supervisor.start()
    running.until(lambda: part.restarts == 1)
    assert "does none" in part.last_exit
    metrics["waiting"] = 0.0
    running.until(lambda: part.child.alive)
    time.sleep(1)
    running.until(lambda: part.restarts == 1, 1)
    running.supervisor.stop()


def test_stall_watch_counts_looks_without_movement() -> None:
    seen = {"lag": 0.0, "done": 0.0}
    silent = False

    def look() -> Mapping[str, float]:
        if silent:
            raise Silent("")
        return seen

    watch = StallWatch(look, Work("lag", ("done",)), 3)
    assert [watch.look() for _ in range(5)] == [""] * 5, "idle is no stall"
    seen["lag"] = 10
    for _ in range(5):
        seen["done"] += 1
        assert not watch.look(), "moving is no stall"
    assert [bool(watch.look()) for _ in range(3)] == [False, False, True]
    watch.begin_again()
    silent = True
    assert [watch.look() for _ in range(5)] == [""] * 5, "one that never answered is starting"
    silent = False
    watch.look()
    silent = True
    assert [watch.look() for _ in range(3)] == ["", "", "does not answer"]


def test_one_that_serves_and_never_begins_to_is_ended() -> None:
    def silent() -> Mapping[str, float]:
        raise Silent("")

    watch = StallWatch(silent, None, 2, 4)
    assert [watch.look() for _ in range(4)] == ["", "", "", "does not answer"]


def test_state_and_lock_are_for_other_terminals(tmp_path: Path) -> None:
    assert read(tmp_path) == {}
    assert not runs(tmp_path)
    lock = Lock(tmp_path)
    assert runs(tmp_path)
    with pytest.raises(AlreadyRuns):
        Lock(tmp_path)
    states = {"one": Seen(1, "up", 2, "signal 9")}
    write(tmp_path, states)
    assert read(tmp_path) == states
    lock.release()
    assert not runs(tmp_path)
