"""In which order several jobs take the test files: the longest first, so that no job is left with one at the end.

xdist by itself begins with the files of the most tests, which are the quickest here. What shares a world that is dear
to make stays with one job, too: the tests of faults compare with an undisturbed run that is made once.
"""

from __future__ import annotations

from typing import Any

import pytest

TOGETHER = ("tests/faults/",)
"""Folders of which all files go to the same job."""

LONGEST = (
    "tests/faults/",
    "tests/tocsin/test_up.py",
    "tests/judge/",
    "tests/streams/test_detect.py",
    "tests/streams/test_intake_exact.py",
    "tests/browser/",
    "tests/sinks/test_killed.py",
    "tests/streams/test_emission.py",
    "tests/chain/",
    "tests/sinks/",
    "tests/streams/",
    "tests/tocsin/",
    "tests/console/",
)
"""What begins first, in this order; whatever is not named begins last, as pytest found it."""


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort; tests of one file keep their order."""
    items.sort(key=_turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: Any, log: Any) -> Any:
    """Hand out whole files, and folders that stay together, in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class Whole(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return next((folder for folder in TOGETHER if file.startswith(folder)), file)

    config.option.loadscopereorder = False
    return Whole(config, log)
