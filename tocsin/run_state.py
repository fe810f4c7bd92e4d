"""What the supervisor leaves for other terminals to read, and the lock that says whether one runs."""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_LOCK = "lock"
_FILE = "run.json"


class AlreadyRuns(RuntimeError):
    """Another supervisor holds the folder."""


@dataclass(frozen=True)
class Seen:
    """One child as the supervisor sees it.

    Parameters
    ----------
    pid : int or None
        None before its first start.
    state : str
        ``starting``, ``up``, ``waiting`` (for its next start, or for what it needs) or ``stopped``.
    restarts : int
        Since the supervisor started.
    last_exit : str
        Why it last ended, empty if it never did.
    """

    pid: int | None
    state: str
    restarts: int
    last_exit: str


class Lock:
    """Held for the supervisor's life; the kernel lets go of it however it ends."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / _LOCK).open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise AlreadyRuns(f"Tocsin runs on {folder} already") from None

    def release(self) -> None:
        """Let go."""
        self._file.close()


def runs(folder: Path) -> bool:
    """Whether a supervisor holds the folder now."""
    try:
        Lock(folder).release()
    except AlreadyRuns:
        return True
    return False


def write(folder: Path, children: Mapping[str, Seen]) -> None:
    """Write the state, whole or not at all."""
    content = {"supervisor": os.getpid(), "processes": {name: asdict(seen) for name, seen in children.items()}}
    temporary = folder / f".{_FILE}"
    temporary.write_text(json.dumps(content, indent=2), encoding="utf-8")
    temporary.replace(folder / _FILE)


def read(folder: Path) -> Mapping[str, Seen]:
    """Read the state of a folder; empty where no supervisor ever ran."""
    path = folder / _FILE
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {name: Seen(**seen) for name, seen in content["processes"].items()}
