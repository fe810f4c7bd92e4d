"""alerts, rejections, recount and rebuild, as a user runs them on a running installation."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from tests.chain.installation import WORKERS, Installation
from tests.chain.reports import bad_messages, chunks
from tocsin.cli import tocsin

SEED = 11


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("commands")) as running:
        running.start(*WORKERS)
        for chunk in chunks(4, 120, SEED):
            running.send(chunk.messages, clock=chunk.clock_ms)
        running.settle()
        yield running


def run(installation: Installation, *arguments: str) -> Result:
    return CliRunner().invoke(tocsin, [*arguments, "--dir", str(installation.folder)])


def test_alerts_are_listed_worst_first(installation: Installation) -> None:
    shown = run(installation, "alerts", "--json", "--limit", "1000")
    assert shown.exit_code == 0, shown.output
    alerts = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(alerts) == int(installation.sql("SELECT count() FROM alerts WHERE state = 'OPEN'")[0][0]) > 3
    ranks = [("critical", "high", "medium", "low").index(alert["severity"]) for alert in alerts]
    assert ranks == sorted(ranks)
    assert all(alert["methods"] for alert in alerts)
    one = alerts[0]
    narrowed = run(installation, "alerts", "--disease", one["disease"], "--area", one["area"][:2], "--json")
    assert one["alert_id"] in {json.loads(line)["alert_id"] for line in narrowed.stdout.splitlines()}
    table = run(installation, "alerts", "--limit", "2")
    assert one["alert_id"] in table.stdout
    assert "more than 2" in table.stderr
    assert "no alerts in state MERGED" in run(installation, "alerts", "--state", "merged", "--area", "82").stdout


def test_rejections_name_reason_and_field_of_one_sender_or_all(installation: Installation) -> None:
    shown = run(installation, "rejections", "--json", "--limit", "1000")
    assert shown.exit_code == 0, shown.output
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(rows) == int(
        installation.sql("SELECT count() FROM verdicts WHERE verdict IN ('rejected', 'conflict')")[0][0]
    )
    assert all(row["reason"] for row in rows)
    assert [row["clock"] for row in rows] == sorted(row["clock"] for row in rows)
    sender = next(row["sender"] for row in rows if row["sender"])
    narrowed = run(installation, "rejections", "--sender", sender, "--json", "--limit", "1000")
    assert {json.loads(line)["sender"] for line in narrowed.stdout.splitlines()} == {sender}
    assert run(installation, "rejections", "--sender", "' OR 1 --").stdout == ""


def test_rejections_follow_shows_what_comes(installation: Installation) -> None:
    command = [sys.executable, "-m", "tocsin", "rejections", "--follow", "--json", "--limit", "1"]
    with subprocess.Popen(
        [*command, "--dir", str(installation.folder)], stdout=subprocess.PIPE, text=True
    ) as following:
        try:
            assert following.stdout is not None
            first = json.loads(following.stdout.readline())
            *_, chunk = chunks(5, 10, SEED)
            message, reason = bad_messages("follow", chunk.clock)[0]
            installation.send([message], clock=chunk.clock_ms)
            began = time.monotonic()
            seen = json.loads(following.stdout.readline())
            assert time.monotonic() - began < 30
            assert seen["reason"] == reason
            assert (seen["partition"], seen["offset"]) != (first["partition"], first["offset"])
        finally:
            following.terminate()


def test_recount_agrees_until_a_row_is_tampered_with_and_rebuild_mends_it(installation: Installation) -> None:
    installation.settle()
    equal = run(installation, "recount")
    assert equal.exit_code == 0, equal.output
    assert equal.stdout.endswith("equal\n")
    before = installation.sql("SELECT * EXCEPT (_entry, _row) FROM line_list ORDER BY ALL")
    installation.sql(
        "ALTER TABLE line_list_revisions UPDATE classification = 'CONFIRMED', reported_at = '2020-01-20 03:00:00' "
        "WHERE _offset = (SELECT min(_offset) FROM line_list WHERE _partition = 0) AND _partition = 0 "
        "SETTINGS mutations_sync = 2"
    )
    wrong = run(installation, "recount", "--patience", "1")
    assert wrong.exit_code == 1, wrong.output
    assert "recounted 1, stated 0" in wrong.stdout
    rebuilt = run(installation, "rebuild")
    assert rebuilt.exit_code == 0, rebuilt.output
    installation.settle()
    assert installation.sql("SELECT * EXCEPT (_entry, _row) FROM line_list ORDER BY ALL") == before
    assert run(installation, "recount").exit_code == 0


def test_a_clickhouse_that_is_away_is_said_in_one_line(installation: Installation) -> None:
    installation.stop("sink")
    assert run(installation, "rebuild", "--no-wait").exit_code == 0
    installation.stop("clickhouse")
    for command in ("alerts", "rejections", "recount", "rebuild"):
        shown = run(installation, command)
        assert shown.exit_code == 2, shown.output
        assert len(shown.stderr.splitlines()) == 1
    installation.start("clickhouse", "sink")
    installation.settle()
