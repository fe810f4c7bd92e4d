"""An intake process with one deliberate fault in each source: ``python -m tests.judge.mutant MUTATION FOLDER``."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl

from schemas import registry, wire
from schemas.topics import Topics
from schemas.verdicts import Verdict
from streams.intake import run
from streams.intake.config import IntakeConfig
from streams.intake.decide import Decisions, decide
from streams.ledger import Ledger
from tocsin import settings as stored


def _mutate(mutation: str, decisions: Decisions, retraction: list[bool]) -> bool:
    """Do the damage once it is possible; say whether it was done."""
    accepted = np.flatnonzero(decisions.verdicts == Verdict.ACCEPTED)
    replacing = [int(n) for n in accepted if int(n) in decisions.before]
    if mutation == "drop_one" and len(accepted):
        decisions.verdicts[accepted[0]] = Verdict.DUPLICATE
        decisions.before.pop(int(accepted[0]), None)
        return True
    if mutation == "count_twice" and (found := [n for n in replacing if not retraction[n]]):
        del decisions.before[found[0]]
        return True
    if mutation == "ignore_retraction" and (found := [n for n in replacing if retraction[n]]):
        decisions.verdicts[found[0]] = Verdict.SUPERSEDED
        del decisions.before[found[0]]
        return True
    return False


def main(mutation: str, folder: Path) -> None:
    """Run intake with the mutation until killed."""
    # A laboratory result that stands twice ends detection: nobody would be left to count.
    done = {registry.LAB_RESULT} if mutation == "count_twice" else set()

    def mutated(valid: pl.DataFrame, records: list[bytes], ledger: Ledger) -> Decisions:
        decisions = decide(valid, records, ledger)
        source = wire.split(records[0])[0] if records else 0
        if source not in done and _mutate(mutation, decisions, (valid["action"] == "RETRACT").to_list()):
            done.add(source)
        return decisions

    run.decide = mutated  # type: ignore[attr-defined]
    settings = stored.load(folder)
    config = IntakeConfig(settings.bootstrap, folder / "intake", Topics(), replay=settings.replay)
    run.run_intake(
        config,
        failpoint=lambda name: None,
        stop=threading.Event(),
        wall_clock=lambda: time.time_ns() // 1_000_000,
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
