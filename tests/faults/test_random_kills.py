"""SIGKILL at random moments, over all processes and the broker."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from tests.chain.installation import PROCESSES, WORKERS, Installation
from tests.chain.reports import chunks
from tests.chain.state import assert_exact, current_state

KILLS = int(os.environ.get("TOCSIN_KILLS", "20"))
"""Over all processes; `make faults` asks for twenty a process."""


def test_random_kills_change_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("TOCSIN_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print(f"seed {seed}: TOCSIN_SEED={seed} repeats this order of kills")
    rng = random.Random(seed)
    stream = list(chunks(KILLS, 60, seed=3))
    with Installation(tmp_path / "undisturbed") as running:
        running.start(*WORKERS)
        for chunk in stream:
            running.send(chunk.messages, clock=chunk.clock_ms)
        running.settle(180)
        wanted = current_state(running)
    with Installation(tmp_path / "killed") as running:
        running.start(*WORKERS)
        for number, chunk in enumerate(stream):
            name = PROCESSES[number % len(PROCESSES)]
            running.send(chunk.messages, clock=chunk.clock_ms)
            time.sleep(rng.uniform(0, 0.6))
            running.kill(name)
            # Sometimes the others go on for a while without it.
            time.sleep(rng.choice((0, 0, 0.5)))
            running.mend()
        running.settle(240, mending=True)
        assert current_state(running) == wanted
        assert_exact(running)
