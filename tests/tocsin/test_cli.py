"""The command line: help that teaches, loaded lazily; the wheel that carries it."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from click.testing import CliRunner

from tocsin.cli import tocsin

ROOT = Path(__file__).parents[2]
VISIBLE = sorted(
    path.stem for path in (ROOT / "tocsin" / "commands").glob("*.py") if path.stem not in ("__init__", "serve")
)


def test_help_shows_examples_and_every_command_but_the_hidden_one() -> None:
    text = CliRunner().invoke(tocsin, ["--help"]).output
    assert "tocsin publish case-report" in text
    listed = text.split("Commands:")[1]
    assert [name for name in VISIBLE if f"\n  {name} " not in listed] == []
    assert "serve" not in listed


@pytest.mark.parametrize("name", VISIBLE)
def test_each_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(tocsin, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output) > 200


def test_asking_for_help_loads_no_engine() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from tocsin.cli import tocsin\n"
        "CliRunner().invoke(tocsin, ['--help'])\n"
        "print([name for name in ('chdb', 'faust', 'confluent_kafka', 'uvicorn', 'jgo') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [["status"], ["wait"], ["sql", "SELECT 1"]])
def test_a_folder_without_data_is_said_with_what_to_do(tmp_path: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "tocsin", *arguments, "--dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "tocsin up" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; the dependencies are lent by this environment to be quick."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    left_out = shutil.ignore_patterns(".*", "var", "build", "dist", "node_modules", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=left_out)
    (source / "README.md").touch()
    quiet = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    wheel = [*quiet, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run(wheel, check=True)
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    [built] = folder.glob("*.whl")
    into = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "--python", str(python), "install"]
    subprocess.run([*into, "--no-deps", str(built)], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


def run(installed: Path, *command: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = str(installed / "bin" / command[0])
    done = subprocess.run([program, *command[1:]], cwd="/", capture_output=True, text=True, check=False, env=clean)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_runs_from_anywhere(installed: Path) -> None:
    assert "tocsin publish case-report" in run(installed, "tocsin", "--help")
    where = run(installed, "python", "-c", "import tocsin; print(tocsin.__file__)")
    assert where.startswith(str(installed))


def test_the_wheel_carries_its_data(installed: Path) -> None:
    program = (
        "from catalogue.loader import load; from schemas import registry; from schemas.areas import areas\n"
        "from tocsin.embedded import jars; from importlib import resources\n"
        "from tocsin.demo.expansion import case_reports\n"
        "assert len(load().diseases) >= 42 and registry.schema(1) and areas().code.size > 3000\n"
        "assert len(jars.locked()) > 40 and next(iter(case_reports()))\n"
        "for name in ('kafka.properties', 'log4j2.xml', 'clickhouse.xml', 'clickhouse_users.xml'):\n"
        "    assert resources.files('tocsin.embedded').joinpath(name).is_file(), name\n"
        "assert resources.files('console').joinpath('static/index.html').is_file()\n"
        "assert resources.files('console').joinpath('package-lock.json').is_file()\n"
        "import importlib.util as u\n"
        "found = [u.find_spec(name) for name in ('tests', 'bench')]\n"
        "assert not [s for s in found if s and s.origin and 'environment' in s.origin]\n"
        "print('whole')"
    )
    assert run(installed, "python", "-c", program).strip() == "whole"
