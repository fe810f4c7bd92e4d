"""SIGKILL at random moments, over all processes and the broker."""

from __future__ import annotations

import os
import random
import time
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from tests.chain.installation import PROCESSES, WORKERS, Installation
from tests.chain.reports import Chunk
from tests.chain.state import Rows, assert_exact, current_state

KILLS = int(os.environ.get("TOCSIN_KILLS", "20"))
AIMS = {"": ["all"], "each": list(PROCESSES)}.get(AIM := os.environ.get("TOCSIN_PROCESS", ""), [AIM])
"""``TOCSIN_PROCESS``: one process's name, or ``each`` for one after the other; in turn over all of them without it."""


@pytest.mark.parametrize("aim", AIMS)
def test_random_kills_change_nothing(
    aim: str, tmp_path: Path, stream: list[Chunk], undisturbed: list[dict[str, Rows]]
) -> None:
    seed = int(os.environ.get("TOCSIN_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"seed {seed}, {KILLS} kills of {aim}: TOCSIN_SEED={seed} repeats their order and pauses")
    rng = random.Random(seed)
    messages = [
        (message, chunk.clock_ms, source)
        for chunk in stream
        for source, of_source in {"case-reports": chunk.messages, **chunk.others}.items()
        for message in of_source
    ]
    cuts = [round(number * len(messages) / KILLS) for number in range(KILLS + 1)]
    with Installation(tmp_path / "killed") as running:
        running.start(*WORKERS)
        for number, (first, last) in enumerate(pairwise(cuts)):
            name = PROCESSES[number % len(PROCESSES)] if aim == "all" else aim
            part = messages[first:last]
            for (clock, source), some in groupby(part, key=lambda each: each[1:]):
                running.send([message for message, *_ in some], clock=clock, source=source)
            time.sleep(rng.uniform(0, 0.6))
            running.kill(name)
            # Sometimes the others go on for a while without it.
            time.sleep(rng.choice((0, 0, 0.5)))
            running.mend()
            # A process that dies again before it can work is killed in its start; let it sometimes get further.
            time.sleep(rng.choice((0, 0, 0, 2)))
        running.settle(240, mending=True)
        assert current_state(running) == undisturbed[-1]
        assert_exact(running)
