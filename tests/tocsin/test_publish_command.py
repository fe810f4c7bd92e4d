"""The command as a user runs it, against the real broker of the run.

The inbox's name is fixed there, so its topics are those of an installation, shared by these tests.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import Topics
from tests.streams.inbox import inbox

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


@pytest.fixture
def installation(broker: str) -> Iterator[str]:
    admin = AdminClient({"bootstrap.servers": broker})
    wanted = [NewTopic(spec.name, spec.partitions, 1, config=dict(spec.config)) for spec in Topics().specs()]
    for done in admin.create_topics(wanted).values():
        done.result(30)
    yield broker
    for done in admin.delete_topics([topic.topic for topic in wanted]).values():
        done.result(30)


def _publish(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tocsin", "publish", "case-report", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, timeout=120, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def _sent(bootstrap: str) -> int:
    return len(inbox(bootstrap, Topics().case_reports))


def test_files_and_standard_input_are_sent_and_faults_printed(installation: str, tmp_path: Path) -> None:
    ndjson = tmp_path / "a.ndjson"
    bad = CASE | {"onset_date": "2020-02-29"}
    ndjson.write_text("\n".join([json.dumps(CASE), "{", json.dumps(bad), json.dumps(CASE | {"name": "Zhang San"})]))
    table = tmp_path / "b.csv"
    table.write_text(",".join(CASE) + "\n" + ",".join(str(v) for v in (CASE | {"report_id": "r-2"}).values()) + "\n")
    line = json.dumps(CASE | {"report_id": "r-3"}).encode()
    done = _publish("--bootstrap", installation, "-v", str(ndjson), str(table), "-", given=line)
    assert done.stdout.splitlines() == [
        f"{ndjson}:1 accepted",
        f"{ndjson}:2 rejected field=- reason=bad_json",
        f"{ndjson}:3 rejected field=onset_date reason=onset_after_report",
        f"{ndjson}:4 rejected field=name reason=identifying_field",
        f"{table}:2 accepted",
        "-:1 accepted",
        "accepted 3, rejected 3, not delivered 0",
    ]
    assert done.returncode == 1
    assert "Zhang" not in done.stdout + done.stderr
    assert _sent(installation) == 3


def test_nothing_wrong_is_exit_code_zero_also_the_second_time(installation: str, tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_text(json.dumps(CASE | {"patient_id_number": "11010519491231002X"}))
    key = ("--key-file", str(tmp_path / "national.key"))
    first = _publish("--bootstrap", installation, *key, "--create-key", str(file))
    second = _publish("--bootstrap", installation, *key, str(file))
    assert (first.returncode, first.stdout) == (0, "accepted 1, rejected 0, not delivered 0\n")
    assert (second.returncode, second.stdout) == (first.returncode, first.stdout)
    assert _sent(installation) == 2


def test_what_cannot_work_is_said_before_anything_is_sent(installation: str, tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_text(json.dumps(CASE))
    absent = _publish("--bootstrap", installation, str(file), str(tmp_path / "absent.csv"))
    assert absent.returncode == 1
    assert "absent.csv" in absent.stderr
    no_folder = _publish("--dir", str(tmp_path / "empty"), str(file))
    assert no_folder.returncode == 2
    assert "tocsin up" in no_folder.stderr
    no_key = _publish("--bootstrap", installation, "--key-file", str(tmp_path / "none.key"), str(file))
    assert no_key.returncode == 1
    assert "no key file" in no_key.stderr
    assert _sent(installation) == 0
