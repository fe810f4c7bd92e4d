"""The libraries of the page: pinned by hash, without an address, installed whole."""

import json
import re
from pathlib import Path

from console import vendor


def test_the_lock_pins_hashes_and_names_no_address() -> None:
    text = (vendor.HERE / "package-lock.json").read_text("utf-8")
    assert not re.search(r"https?://|resolved", text)
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert "node_modules/echarts" in packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())


def test_versions_are_exact() -> None:
    wanted = json.loads((vendor.HERE / "package.json").read_text("utf-8"))
    for version in {**wanted["dependencies"], **wanted["devDependencies"]}.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_a_folder_of_another_lock_file_counts_as_missing(tmp_path: Path) -> None:
    assert vendor.missing(tmp_path) == sorted(vendor.PAGE_FILES.values())
    for name in vendor.PAGE_FILES.values():
        (tmp_path / name).write_text("x", "utf-8")
    assert vendor.missing(tmp_path) == sorted(vendor.PAGE_FILES.values())
    (tmp_path / "package-lock.json").write_bytes((vendor.HERE / "package-lock.json").read_bytes())
    assert vendor.missing(tmp_path) == []
    assert vendor.missing(tmp_path, testing=True) == sorted(vendor.TESTING_FILES.values())
    (tmp_path / "echarts.js").unlink()
    assert vendor.missing(tmp_path) == ["echarts.js"]


def test_fetching_twice_fetches_once(tmp_path: Path) -> None:
    assert vendor.fetch(tmp_path)
    assert vendor.missing(tmp_path) == []
    assert (tmp_path / "echarts.js").stat().st_size > 500_000
    assert "Apache License" in (tmp_path / "echarts.LICENSE").read_text("utf-8")
    assert not vendor.fetch(tmp_path)
