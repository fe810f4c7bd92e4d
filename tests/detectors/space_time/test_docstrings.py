"""The examples in the docstrings of the scan are true."""

import doctest
import importlib
import pkgutil

import pytest

from detectors import space_time

MODULES = [module.name for module in pkgutil.iter_modules(space_time.__path__, "detectors.space_time.")]


@pytest.mark.parametrize("name", ["detectors.space_time", *MODULES])
def test_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_scan_is_part_of_the_library() -> None:
    import detectors

    assert detectors.space_time.scan is space_time.scan
    assert {"scan", "Geometry", "Cluster", "Scan"} <= set(space_time.__all__)
