"""An intake process for tests that kill it: ``python -m tests.streams.intake_process JSON``."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from schemas.topics import Topics
from streams.intake.config import IntakeConfig
from streams.intake.run import run_intake
from tests.streams.intake_running import wall


def main() -> None:
    told = json.loads(sys.argv[1])
    left = told["times"]

    def failpoint(moment: str) -> None:
        nonlocal left
        if moment == told["failpoint"]:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    config = IntakeConfig(
        told["bootstrap"],
        Path(told["folder"]),
        Topics(told["prefix"]),
        sources=("case-reports",),
        batch=told["batch"],
    )
    run_intake(config, failpoint=failpoint, stop=threading.Event(), wall_clock=wall)


if __name__ == "__main__":
    main()
