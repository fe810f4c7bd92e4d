"""The built-in catalogue, and an editable copy of its folder."""

import shutil
from pathlib import Path

import pytest

import catalogue as package
import detectors
from catalogue.loader import load
from catalogue.model import Catalogue


@pytest.fixture(scope="session")
def built_in() -> Catalogue:
    return load(probe=detectors.build)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = Path(package.__file__).parent
    (tmp_path / "families").mkdir()
    for file in (source / "families").glob("*.yaml"):
        shutil.copy(file, tmp_path / "families")
    for name in ("defaults.yaml", "laboratory.yaml", "entry.yaml", "annotations.yaml"):
        shutil.copy(source / name, tmp_path)
    return tmp_path
