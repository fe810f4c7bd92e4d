"""Prometheus' own checker on our configuration and alert rules; every rule has a test and a paragraph."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.metrics_named import DEPLOY, rules
from tocsin.settings import Ports

PROMETHEUS = DEPLOY / "prometheus"
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))


@pytest.fixture(scope="module")
def promtool() -> str:
    """Path of promtool: `make promtool` gets it."""
    found = shutil.which("promtool") or shutil.which("promtool", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("no promtool here and none in Debian's packages: `make promtool` says more")
    return found


def _runs(*command: str) -> None:
    done = subprocess.run(command, cwd=PROMETHEUS, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_configuration_and_rules_are_valid(promtool: str) -> None:
    _runs(promtool, "check", "config", "prometheus.yml")
    _runs(promtool, "check", "rules", "alerts.yml")


def test_each_rule_fires_when_it_should_and_not_otherwise(promtool: str) -> None:
    _runs(promtool, "test", "rules", *(str(path.relative_to(PROMETHEUS)) for path in TESTS))


def test_each_rule_is_tested_and_explained() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    fired = {
        case["alertname"]
        for path in TESTS
        for one in yaml.safe_load(path.read_text("utf-8"))["tests"]
        for case in one["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert fired == set(names)
    explained = re.findall(r"^\| `(Tocsin\w+)` \|", (DEPLOY.parent / "docs" / "monitoring.md").read_text("utf-8"), re.M)
    assert sorted(explained) == sorted(names)
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "summary_zh"}
        assert rule["labels"]["severity"] in ("critical", "warning", "none")


def test_every_process_is_scraped_at_the_port_where_it_listens() -> None:
    (job,) = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    scraped = {each["labels"]["process"]: each["targets"] for each in job["static_configs"]}
    ports = Ports()
    named = ("supervisor", "intake", "detect", "sink", "console", "clickhouse")
    assert scraped == {name: [f"127.0.0.1:{getattr(ports, f'{name}_metrics')}"] for name in named}
