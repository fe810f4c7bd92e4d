"""The examples in the docstrings are true, and every method has one."""

import doctest
import importlib
import pkgutil

import pytest

import detectors

MODULES = [
    module.name
    for module in pkgutil.walk_packages(detectors.__path__, "detectors.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", ["detectors", *MODULES])
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0


@pytest.mark.parametrize("method", detectors.methods())
def test_every_method_explains_itself(method: str) -> None:
    kind = type(detectors.build(method, {}))
    text = kind.__doc__ or ""
    assert "Parameters\n" in text
    assert "Notes\n" in text or "compatibility" in text
    assert ">>> " in text or method in ("c2", "c3")
