"""One stream of all sources and what it must come to, for every test of crashes: the undisturbed run is made once."""

from __future__ import annotations

import pytest

from tests.chain.installation import WORKERS, Installation
from tests.chain.reports import Chunk, chunks, quiet
from tests.chain.state import Rows, assert_exact, current_state

SEED = 5
CHUNKS = 14
OTHERS = 24


@pytest.fixture(scope="session")
def stream() -> list[Chunk]:
    made = list(chunks(CHUNKS, 150, SEED, OTHERS))
    return [*made, quiet(made[-1], 40)]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, stream: list[Chunk]) -> list[dict[str, Rows]]:
    """The current state after each chunk of a run in which nothing goes wrong."""
    states = []
    with Installation(tmp_path_factory.mktemp("undisturbed")) as running:
        running.start(*WORKERS)
        for chunk in stream:
            running.deliver(chunk)
            running.settle()
            states.append(current_state(running))
        assert_exact(running)
    return states
