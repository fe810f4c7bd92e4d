"""``tocsin catalogue`` tells what is watched, and where a file is wrong."""

import shutil
from pathlib import Path

from click.testing import CliRunner

import catalogue as package
from catalogue.loader import load
from tocsin.commands.catalogue import command


def test_check_accepts_the_built_in_catalogue() -> None:
    result = CliRunner().invoke(command, ["check"])
    assert result.exit_code == 0
    catalogue = load()
    assert f"{len(catalogue.diseases)} diseases, {len(catalogue.signals)} signals" in result.output
    assert len(catalogue.diseases) == 53


def test_check_names_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(Path(package.__file__).parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "families" / "e_zoonotic.yaml"
    lines = file.read_text("utf-8").splitlines()
    at = lines.index("    severity: medium")
    file.write_text("\n".join([*lines[:at], "    severity: shrill", *lines[at + 1 :]]), "utf-8")
    result = CliRunner().invoke(command, ["check", "--folder", str(folder)])
    assert result.exit_code == 1
    assert f"{file}:{at + 1}: 'shrill' is none of low, medium, high, critical" in result.output


def test_show_tells_the_rules_of_a_day() -> None:
    then = CliRunner().invoke(command, ["show", "covid19", "--on", "2020-02-13"])
    assert then.exit_code == 0
    assert "class B, managed as class A; report within 2 h; family G" in then.output
    assert "k_in_window(k=3, window=7)" in then.output
    assert "Case definition changed" in then.output
    now = CliRunner().invoke(command, ["show", "covid19", "--on", "2024-02-13"])
    assert "class B; report within 24 h" in now.output


def test_show_tells_how_methods_agree(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(Path(package.__file__).parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "defaults.yaml"
    policy = (
        "  frequent_county:\n    agree: all\n    minimum: 7\n    fallback: single_case\n"
        "    percentile: {speaks: true, minimum: 4}\n"
    )
    file.write_text(file.read_text("utf-8").replace("  frequent_county:\n", policy), "utf-8")
    shown = CliRunner().invoke(command, ["show", "influenza", "--folder", str(folder)]).output
    assert (
        "county: alarms if all of 2 do, on at least 7 in seven days, or single_case alone where too few can judge"
        in shown
    )
    assert "speaks  percentile(q=0.9, years_back=5, half_width=2, window=7, minimum=3) on at least 4" in shown
    assert "instead single_case(quiet_days=0)" in shown
    measles = CliRunner().invoke(command, ["show", "measles", "--folder", str(folder)]).output
    assert "county: alarms if any of 2 do" in measles


def test_show_refuses_what_it_does_not_know() -> None:
    assert CliRunner().invoke(command, ["show", "gout"]).exit_code == 1
    assert CliRunner().invoke(command, ["show", "plague", "--on", "soon"]).exit_code == 1
