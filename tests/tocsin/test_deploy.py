"""The cluster profile's files fit the code: its settings load, its commands exist."""

from pathlib import Path

import yaml

from tocsin import settings
from tocsin.cli import tocsin
from tocsin.processes import PROCESSES, clickhouse_address

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_the_settings_load_and_name_the_services() -> None:
    stored = settings.load(DEPLOY)
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    assert stored.bootstrap.split(":")[0] in services
    assert clickhouse_address(stored, read_only=True).host in services
    assert clickhouse_address(stored, read_only=True).user == "dashboard"


def test_every_command_of_the_compose_file_exists() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    ours = {name: service["command"] for name, service in services.items() if "command" in service}
    assert set(ours) == {"topics", "console", "intake", "detect", "sink"}
    for name, (command, *rest) in ours.items():
        assert tocsin.get_command(None, command) is not None  # type: ignore[arg-type]
        if command == "serve":
            assert rest[0] == name in PROCESSES
