"""The stream of updates: a snapshot, then what changes, and the truth about what cannot be seen."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest

from catalogue.model import Catalogue
from console.config import ConsoleConfig
from sinks import setup
from tests.console.conftest import TODAY, outbreak, reader_of, wait_until, writer_of
from tests.console.cut_line import CutLine
from tests.console.world import World, moment, report

Serve = Callable[[ConsoleConfig], AbstractContextManager[str]]
Events = Iterator[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def moving(front: Any, catalogue: Catalogue) -> Iterator[World]:
    """A world that tests move on: those that only look come first, the one that empties it comes last."""
    made = World(writer_of(front, "console_live"), catalogue)
    setup.empty(made.database)
    outbreak(made)
    yield made
    made.database.close()


@contextmanager
def stream(url: str) -> Iterator[Events]:
    with httpx.Client(timeout=httpx.Timeout(10)) as client, client.stream("GET", f"{url}/api/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer)


def events(answer: httpx.Response) -> Events:
    kind = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))


def until(stream: Events, kind: str, holds: Callable[[dict[str, Any]], bool] = lambda told: True) -> dict[str, Any]:
    """Return the first event of a kind for which something holds, within a few seconds."""
    start = time.monotonic()
    for found, told in stream:
        if found == kind and holds(told):
            return told
        assert time.monotonic() - start < 15, f"no such {kind} came"
    raise AssertionError("the stream ended")


def test_beats_come_every_second_and_say_the_time(moving: World, front: Any, serve: Serve) -> None:
    with serve(ConsoleConfig(port=0, clickhouse=reader_of(front, "console_live"))) as url, stream(url) as told:
        started = time.monotonic()
        for _ in range(3):
            assert until(told, "beat")["now"] == moment(TODAY)
        assert time.monotonic() - started > 1.5


def test_a_silent_database_is_said_and_recovered_from(moving: World, front: Any, serve: Serve) -> None:
    line = CutLine(front.host, front.port)
    through = dataclasses.replace(reader_of(front, "console_live"), port=line.port)
    with serve(ConsoleConfig(port=0, clickhouse=through, replay=True)) as url:
        wait_until(lambda: httpx.get(f"{url}/health").status_code == 200)
        with stream(url) as told:
            line.cut()
            down = until(told, "stages", lambda one: one["database"] is not None)
            assert down["database"]["for_ms"] >= 5000
            assert httpx.get(f"{url}/health").status_code == 503
            failed = httpx.get(f"{url}/api/map")
            assert failed.status_code == 503
            assert failed.json()["error"]
            # What was open stays known, and a page that comes now is told that it is old.
            with stream(url) as late:
                _, snapshot = next(late)
                assert snapshot["alerts"]
                assert snapshot["database"]["read_at"] == moment(TODAY)
            line.mend()
            assert until(told, "stages", lambda one: one["database"] is None)
            assert httpx.get(f"{url}/health").status_code == 200
    line.close()


def test_a_snapshot_comes_first_and_new_alerts_follow(moving: World, front: Any, serve: Serve) -> None:
    with serve(ConsoleConfig(port=0, clickhouse=reader_of(front, "console_live"), replay=True)) as url:
        wait_until(lambda: httpx.get(f"{url}/health").status_code == 200)
        with stream(url) as told:
            kind, snapshot = next(told)
            assert kind == "snapshot"
            assert snapshot["replay"]
            assert snapshot["now"] == snapshot["clock"] == moment(TODAY)
            known = {alert["id"] for alert in snapshot["alerts"]}
            assert known == {state.alert_id for state in moving.current() if state.state == "OPEN"}
            moving.take(
                [report("P7", "2020-01-30 19:00", disease="plague", residence_area="440106")], "2020-01-30 19:05"
            )
            fresh = until(told, "alerts")
            assert all(alert["disease"]["code"] == "plague" for alert in fresh["alerts"])
            assert not {alert["id"] for alert in fresh["alerts"]} & known
            # Rows may land between two looks: the clock of what was seen comes with the next one at the latest.
            assert until(told, "beat", lambda one: one["clock"] == moment("2020-01-30 19:05"))


def test_an_alert_that_ends_is_told_once_and_no_longer_open(moving: World, front: Any, serve: Serve) -> None:
    alert = next(s for s in moving.current() if s.disease == "plague" and s.area == "150702")
    with serve(ConsoleConfig(port=0, clickhouse=reader_of(front, "console_live"), replay=True)) as url:
        wait_until(lambda: httpx.get(f"{url}/health").status_code == 200)
        with stream(url) as told:
            next(told)
            moving.take(
                [
                    report(
                        "P1",
                        "2020-01-30 09:00",
                        disease="plague",
                        residence_area="150702",
                        revision=2,
                        action="RETRACT",
                    )
                ],
                "2020-01-30 21:00",
            )
            changed = until(told, "alerts")["alerts"]
            assert {a["state"] for a in changed if a["id"] == alert.alert_id} == {"WITHDRAWN"}
        assert alert.alert_id not in {a["id"] for a in httpx.get(f"{url}/api/alerts").json()["alerts"]}
        closed = httpx.get(f"{url}/api/alerts?state=closed").json()["alerts"]
        assert alert.alert_id in {a["id"] for a in closed}


def test_a_rebuild_leads_to_a_new_snapshot(moving: World, front: Any, serve: Serve) -> None:
    with serve(ConsoleConfig(port=0, clickhouse=reader_of(front, "console_live"), replay=True)) as url:
        wait_until(lambda: httpx.get(f"{url}/health").status_code == 200)
        with stream(url) as told:
            next(told)
            setup.empty(moving.database)
            assert until(told, "snapshot")["alerts"] == []


def test_without_a_database_nothing_is_claimed(serve: Serve, front: Any) -> None:
    nowhere = CutLine(front.host, front.port)
    nowhere.cut()
    address = dataclasses.replace(reader_of(front, "console_live"), port=nowhere.port)
    with serve(ConsoleConfig(port=0, clickhouse=address)) as url, stream(url) as told:
        _, snapshot = next(told)
        assert snapshot["alerts"] is None
        assert {stage["state"] for stage in until(told, "stages")["stages"]} == {"unknown"}
        answer = httpx.get(f"{url}/api/alerts")
        assert (answer.status_code, answer.json()["error"]) == (503, "alerts were not read yet")
        assert httpx.get(f"{url}/health").status_code == 503
    nowhere.close()
