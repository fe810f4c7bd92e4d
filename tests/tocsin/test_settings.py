"""A folder's settings: private, whole, and honest about what is damaged; failpoints; ports."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tocsin.failpoint import VARIABLE, from_environment
from tocsin.ports import free_ports, is_free
from tocsin.settings import Ports, Settings, SettingsError, load


def test_saved_settings_are_read_again_and_only_by_the_owner(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path / "var", replay=True, ports=Ports(page=9999))
    settings.save()
    assert load(tmp_path / "var") == settings
    assert (tmp_path / "var" / "settings.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["settings.json"]


def test_passwords_are_of_each_folder_and_not_in_a_printed_object(tmp_path: Path) -> None:
    one, other = Settings(folder=tmp_path), Settings(folder=tmp_path)
    assert len({one.writer_password, one.reader_password, other.writer_password, other.reader_password}) == 4
    assert one.writer_password not in repr(one)
    assert one.reader_password not in repr(one)


def test_a_moved_folder_keeps_its_settings(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path / "a")
    settings.save()
    (tmp_path / "a").rename(tmp_path / "b")
    assert load(tmp_path / "b") == replace(settings, folder=tmp_path / "b")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"ports": {"page": 1, "nosuch": 2}}'])
def test_damaged_settings_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(SettingsError, match=r"settings\.json"):
        load(tmp_path)


def test_no_settings_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="tocsin up"):
        load(tmp_path)


def test_only_taken_ports_move() -> None:
    page, clickhouse, *others = free_ports(10)
    ports = Ports(page, clickhouse, *others)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", clickhouse))
        taken.listen()
        found, moved = ports.moved_to_free()
        assert not is_free(clickhouse)
    assert list(moved) == ["clickhouse"]
    assert found == replace(ports, clickhouse=moved["clickhouse"])
    assert ports.moved_to_free() == (ports, {})


@pytest.mark.skipif(not Path("/proc/sys/net/ipv4/ip_local_port_range").exists(), reason="Linux says which it hands out")
def test_a_free_port_is_none_that_outgoing_connections_get() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    chosen = free_ports(40)
    assert len(set(chosen)) == 40
    assert all(map(is_free, chosen))
    assert first <= 20_000 or max(chosen) < first


def reach(folder: Path, wanted: str, *moments: str) -> int:
    program = (
        "import sys; from pathlib import Path; from tocsin.failpoint import from_environment\n"
        "reached = from_environment(Path(sys.argv[1]))\n"
        "for moment in sys.argv[2:]: reached(moment)"
    )
    command = [sys.executable, "-c", program, str(folder), *moments]
    return subprocess.run(command, env={**os.environ, VARIABLE: wanted}, check=False).returncode


def test_failpoint_kills_at_the_named_moment_once_and_leaves_its_mark(tmp_path: Path) -> None:
    assert reach(tmp_path, "a.b", "x", "y") == 0
    assert not list(tmp_path.iterdir())
    assert reach(tmp_path, "a.b", "x", "a.b") == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["failpoint-a.b"]
    assert reach(tmp_path, "a.b", "a.b", "a.b") == 0, "the restarted process passes"


def test_failpoint_at_the_nth_time(tmp_path: Path) -> None:
    assert reach(tmp_path, "a.b:3", "a.b", "a.b") == 0
    assert reach(tmp_path, "a.b:3", "a.b", "a.b", "a.b") == -signal.SIGKILL


def test_a_wrong_failpoint_is_refused_and_none_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a.b:0")
    with pytest.raises(ValueError, match="1 or more"):
        from_environment(tmp_path)
    monkeypatch.delenv(VARIABLE)
    from_environment(tmp_path)("anything")
    assert json.dumps([path.name for path in tmp_path.iterdir()]) == "[]"
