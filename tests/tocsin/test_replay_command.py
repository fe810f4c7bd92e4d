"""``tocsin replay`` as a user runs it: files of several records, against the real broker of the run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import Topics
from tests.streams.inbox import inbox
from tocsin.settings import Settings

CASE = {
    "report_id": "420102-2020-000001",
    "disease": "covid19",
    "classification": "CONFIRMED",
    "residence_area": "420102",
    "reported_area": "420102",
    "origin": 1,
    "reported_at": "2020-02-28T10:00:00+08:00",
    "sender": "420100001",
}
DECLARATION = {
    "declaration_id": "E-1",
    "port": "CNWUH",
    "arrived_at": "2020-02-27T10:00:00+08:00",
    "origin_country": "TH",
    "transport": "AIR",
    "reported_area": "420116",
    "reported_at": "2020-02-27T10:00:00+08:00",
    "sender": "CNWUH",
}


@pytest.fixture
def folder(broker: str, tmp_path: Path) -> Iterator[Path]:
    admin = AdminClient({"bootstrap.servers": broker})
    wanted = [NewTopic(spec.name, spec.partitions, 1, config=dict(spec.config)) for spec in Topics().specs()]
    for done in admin.create_topics(wanted).values():
        done.result(30)
    Settings(folder=tmp_path, replay=True, brokers=broker).save()
    yield tmp_path
    for done in admin.delete_topics([topic.topic for topic in wanted]).values():
        done.result(30)


def _replay(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tocsin", "replay", "--speed", "1e9", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_files_of_every_record_go_to_their_inboxes(broker: str, folder: Path) -> None:
    cases, declarations = folder / "cases.ndjson", folder / "a=b.csv"
    timeless = {name: value for name, value in CASE.items() if name != "reported_at"}
    cases.write_text(json.dumps(CASE) + "\n" + json.dumps(timeless) + "\n" + json.dumps(CASE | {"origin": 9}) + "\n")
    declarations.write_text(",".join(DECLARATION) + "\n" + ",".join(DECLARATION.values()) + "\n")
    done = _replay("--dir", str(folder), str(cases), f"entry-declaration={declarations}")
    assert done.stdout.splitlines() == [
        "cases.ndjson:2 rejected field=- reason=no_time_or_unreadable",
        "case-reports rejected origin: bad_code",
        "2 sent, 2 refused",
    ]
    assert done.returncode == 1
    assert [key for _, key, _ in inbox(broker, Topics().case_reports)] == [b"420102-2020-000001"]
    assert [key for _, key, _ in inbox(broker, Topics().inbox("entry-declarations"))] == [b"E-1"]


def test_a_record_that_nobody_knows_is_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = _replay("--dir", str(tmp_path), "visits=none.csv")
    assert done.returncode == 2
    assert "visits=none.csv" in done.stderr
