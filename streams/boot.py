"""Whether files that were written without flushing can still be trusted: not across a crash of the machine.

Pages that a killed process wrote are the system's, and survive it. When the machine goes down they may be lost
in any order. So a folder is marked with the boot in which it is open, and unmarked once it is flushed.
"""

import os
from functools import cache
from pathlib import Path

import psutil

_MARK = "boot"
_CLOSED = "closed"


@cache
def _boot_id() -> str:
    """Return what changes with each boot of this machine."""
    listed = Path("/proc/sys/kernel/random/boot_id")
    if listed.exists():
        return listed.read_text().strip()
    # Systems without it; the boot time may wander by a second with corrections of the clock.
    return str(round(psutil.boot_time() / 10))


def _write(folder: Path, mark: str) -> None:
    path = folder / _MARK
    partial = path.with_suffix(".partial")
    with partial.open("w") as file:
        file.write(mark)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def trusted(folder: Path) -> bool:
    """Return whether a folder was closed, or is of this boot, or holds nothing at all."""
    path = folder / _MARK
    if not path.exists():
        return not any(folder.iterdir())
    return path.read_text() in (_CLOSED, _boot_id())


def mark_open(folder: Path) -> None:
    """Say that files in a folder are about to be written without flushing."""
    _write(folder, _boot_id())


def mark_closed(folder: Path) -> None:
    """Say that everything in a folder has been flushed to disk."""
    _write(folder, _CLOSED)
