"""A process stops itself at a named moment; afterwards everything equals the undisturbed run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chain.installation import WORKERS, Installation
from tests.chain.reports import Chunk
from tests.chain.state import Rows, assert_exact, current_state

MOMENTS = (
    ("intake", "intake.sent"),
    ("intake", "intake.acknowledged"),
    ("intake", "ledger.committed"),
    ("intake", "rejections.sent"),
    ("sink", "sink.mid_insert"),
    ("sink", "sink.inserted"),
    ("detect", "alert.sent"),
    ("detect", "detect.aggregates_sent"),
    ("detect", "detect.refold"),
    ("detect", "detect.seam"),
)
OF_EACH_SOURCE = ("intake.sent", "intake.acknowledged", "ledger.committed")


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("disturbed")) as running:
        running.start(*WORKERS)
        yield running


def _mark(installation: Installation, moment: str) -> Path:
    return installation.folder / "failpoints" / f"failpoint-{moment}"


def _strike(installation: Installation, process: str, moment: str) -> None:
    """Wait until a process has killed itself at a moment."""
    deadline = time.monotonic() + 60
    while installation.child(process).alive and time.monotonic() < deadline:
        time.sleep(0.05)
    said = installation.child(process).last_words(20)
    assert _mark(installation, moment).exists(), f"{moment} was not reached: {said}"


def test_the_two_runs_begin_alike(
    disturbed: Installation, stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    disturbed.deliver(stream[0])
    disturbed.settle()
    assert current_state(disturbed) == undisturbed[0]


@pytest.mark.parametrize(("process", "moment"), MOMENTS, ids=[moment for _, moment in MOMENTS])
def test_a_crash_at_a_named_moment_changes_nothing(
    process: str, moment: str, disturbed: Installation, stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    number = 1 + [name for _, name in MOMENTS].index(moment)
    chunk = stream[number]
    disturbed.stop(process)
    if moment in OF_EACH_SOURCE:
        # One crash a source, each while what the one before left behind is taken up again.
        for source, messages in {"case-reports": chunk.messages, **chunk.others}.items():
            disturbed.start(process, failpoint=f"{moment}.{source}")
            disturbed.send(messages, clock=chunk.clock_ms, source=source)
            _strike(disturbed, process, f"{moment}.{source}")
    elif moment == "detect.seam":
        # Entries arrive between the refold and the live agent: that is the seam.
        disturbed.send(chunk.messages[:50], clock=chunk.clock_ms)
        disturbed.deliver_others(chunk)
        disturbed.start(process, failpoint=moment)
        disturbed.send(chunk.messages[50:], clock=chunk.clock_ms)
        _strike(disturbed, process, moment)
    else:
        disturbed.start(process, failpoint=moment)
        disturbed.deliver(chunk)
        _strike(disturbed, process, moment)
    assert disturbed.mend() == [process]
    disturbed.settle()
    assert current_state(disturbed) == undisturbed[number]
    assert_exact(disturbed)


def test_the_rest_of_the_stream(
    disturbed: Installation, stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    for chunk in stream[len(MOMENTS) + 1 :]:
        disturbed.deliver(chunk)
    disturbed.settle()
    assert current_state(disturbed) == undisturbed[-1]
