"""``tocsin explain``: what it prints and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.console.world import World
from tocsin.commands.explain import command
from tocsin.settings import Ports, Settings


@pytest.fixture
def folder(tmp_path: Path, front: Any, world: World) -> Path:
    """A data folder whose settings lead to the filled database."""
    Settings(
        folder=tmp_path,
        ports=Ports(clickhouse=front.port),
        reader=front.reader,
        reader_password=front.reader_password,
        database=world.address.database,
    ).save()
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--dir", str(folder)])


def test_an_alert_that_agrees_ends_with_0(folder: Path, world: World) -> None:
    alert = next(s for s in world.current() if s.area == "420100")
    result = run(folder, alert.alert_id)
    assert result.exit_code == 0, result.output
    assert f"{alert.marker_id}  case-reports/0={alert.marker[0].to_offset}" in result.output
    assert f"counted    {sum(alert.baseline)} cases" in result.output
    assert "rule       alarms if any of 3 do\n" in result.output
    assert result.output.splitlines()[-1].startswith("AGREES: ")
    everything = run(folder, alert.alert_id, "--all").output
    assert "w8 upper" in everything
    assert "w8 upper" not in result.output


def test_json_is_for_programs(folder: Path, world: World) -> None:
    found = json.loads(run(folder, world.current()[0].alert_id, "--json").output)
    assert found["agrees"] is True
    assert all(item["agrees"] for item in found["items"])


def test_what_cannot_be_told_ends_with_2(folder: Path, tmp_path: Path) -> None:
    result = run(folder, "nobody")
    assert (result.exit_code, result.output) == (2, "tocsin explain: there is no alert nobody\n")


def test_a_disagreement_ends_with_1_and_is_shown(folder: Path, world: World) -> None:
    alert = next(s for s in world.current() if s.disease == "measles" and s.level == "county")
    world.falsify(alert, cases=alert.cases + 1)
    try:
        result = run(folder, alert.alert_id)
        assert result.exit_code == 1
        assert "! cases" in result.output
        assert result.output.splitlines()[-1].startswith("DISAGREES: ")
    finally:
        world.falsify(alert, revision=alert.revision + 2)
