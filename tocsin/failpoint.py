"""A process that kills itself at a named moment, so that tests can put a crash exactly where it hurts.

Set by ``TOCSIN_FAILPOINT=name`` or ``name:n`` (at the n-th time that the moment is reached). When it strikes it first
writes a marker file, so that a test can tell a crash at the named moment from a moment that never came.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

VARIABLE = "TOCSIN_FAILPOINT"


def from_environment(marks: Path) -> Callable[[str], None]:
    """Return the failpoint of this process.

    Parameters
    ----------
    marks : Path
        Folder for the marker file ``failpoint-<name>``, made durable before the kill.

    Returns
    -------
    callable
        Takes the name of the moment reached. Does nothing when the environment asks for no failpoint, and nothing
        when the marker is there already: the restarted process passes the moment.

    Raises
    ------
    ValueError
        The variable is not ``name`` or ``name:n`` with n ≥ 1.
    """
    wanted, _, times = os.environ.get(VARIABLE, "").partition(":")
    if not wanted:
        return lambda moment: None
    left = int(times) if times else 1
    if left < 1:
        raise ValueError(f"{VARIABLE}: the count must be 1 or more, not {times}")
    mark = marks / f"failpoint-{wanted}"

    def reached(moment: str) -> None:
        nonlocal left
        if moment != wanted or mark.exists():
            return
        left -= 1
        if left:
            return
        marks.mkdir(parents=True, exist_ok=True)
        with mark.open("w") as file:
            file.write(f"{os.getpid()}\n")
            file.flush()
            os.fsync(file.fileno())
        os.kill(os.getpid(), signal.SIGKILL)

    return reached
