"""What a sender's own program asks over HTTP: counts, rejections, and only what is new since it last asked."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from console.config import ConsoleConfig
from schemas.entry import decode_entry
from schemas.verdicts import Verdict
from sinks import setup, verdicts
from sinks.database import Database
from sinks.native import encode
from tests.console.conftest import reader_of, serving, writer_of
from tests.sinks.made import NOON, Journal, report

ME = "420100001"


class Inboxes:
    """Two sources' verdicts, landed as a sink does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._journals = {name: Journal(name, f"{name}-id", 0) for name in ("case-reports", "lab-results")}

    def judge(self, source: str, *judged: Verdict) -> None:
        accepted = [(v, report(n) if v == Verdict.ACCEPTED else None, None) for n, v in enumerate(judged)]
        entry = decode_entry(self._journals[source].entry(accepted))
        frame = verdicts.rows([entry])
        token = f"{source} {entry.from_offset}"
        self._database.insert_once(verdicts.TABLE, encode(frame, verdicts.TABLE.columns), token)


@pytest.fixture
def asked(front: Any) -> Iterator[tuple[Inboxes, httpx.Client]]:
    """Verdicts to land, and a client of a console over them."""
    name = "console_senders"
    database = Database(writer_of(front, name), threading.Event())
    setup.create(database)
    with (
        serving(ConsoleConfig(port=0, clickhouse=reader_of(front, name))) as url,
        httpx.Client(base_url=url, timeout=30) as client,
    ):
        yield Inboxes(database), client
    database.command(f"DROP DATABASE {name}")


def test_counts_rejections_and_a_cursor(asked: tuple[Inboxes, httpx.Client]) -> None:
    inboxes, client = asked
    empty = client.get(f"/api/senders/{ME}/verdicts").json()
    assert empty == {"sender": ME, "counts": {}, "rejections": [], "next": "", "more": False}
    inboxes.judge("case-reports", Verdict.ACCEPTED, Verdict.REJECTED, Verdict.DUPLICATE, Verdict.REJECTED, Verdict.VOID)
    inboxes.judge("lab-results", Verdict.REJECTED)
    first = client.get(f"/api/senders/{ME}/verdicts").json()
    assert first["counts"] == {
        "case-reports": {"accepted": 1, "rejected": 2, "duplicate": 1},
        "lab-results": {"rejected": 1},
    }
    assert [(r["topic"], r["partition"], r["offset"]) for r in first["rejections"]] == [
        ("case-reports", 0, 1),
        ("case-reports", 0, 3),
        ("lab-results", 0, 0),
    ]
    assert first["rejections"][0] == {
        "clock": NOON, "topic": "case-reports", "partition": 0, "offset": 1, "verdict": "rejected",
        "reason": "bad_code", "field": "disease", "record": "",
    }  # fmt: skip
    assert not first["more"]
    again = client.get(f"/api/senders/{ME}/verdicts", params={"after": first["next"]}).json()
    assert (again["rejections"], again["next"]) == ([], first["next"])
    inboxes.judge("lab-results", Verdict.ACCEPTED, Verdict.REJECTED)
    new = client.get(f"/api/senders/{ME}/verdicts", params={"after": first["next"]}).json()
    assert [(r["topic"], r["offset"]) for r in new["rejections"]] == [("lab-results", 2)]


def test_page_after_page_gives_each_once(asked: tuple[Inboxes, httpx.Client]) -> None:
    inboxes, client = asked
    for source in ("case-reports", "lab-results"):
        inboxes.judge(source, *[Verdict.REJECTED] * 7)
    seen, after, more = [], "", True
    while more:
        answer = client.get(f"/api/senders/{ME}/verdicts", params={"after": after, "limit": 3}).json()
        assert len(answer["rejections"]) <= 3
        seen += [(r["topic"], r["offset"]) for r in answer["rejections"]]
        after, more = answer["next"], answer["more"]
    assert seen == [(source, offset) for source in ("case-reports", "lab-results") for offset in range(7)]


def test_another_sender_sees_nothing_and_nonsense_is_refused(asked: tuple[Inboxes, httpx.Client]) -> None:
    inboxes, client = asked
    inboxes.judge("case-reports", Verdict.REJECTED)
    other = client.get("/api/senders/nobody/verdicts").json()
    assert (other["counts"], other["rejections"]) == ({}, [])
    for bad in ({"after": "nonsense"}, {"after": "a/b=c"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "many"}):
        answer = client.get(f"/api/senders/{ME}/verdicts", params=bad)
        assert answer.status_code == 400
        assert "error" in answer.json()
    injected = client.get(f"/api/senders/{ME}/verdicts", params={"after": "x' OR '1/0=5"})
    assert (injected.status_code, len(injected.json()["rejections"])) == (200, 1)
