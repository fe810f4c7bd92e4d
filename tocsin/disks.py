"""The room left where an installation writes; each of its folders may be a disk of its own."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tocsin.settings import Settings

_LOW = 1 << 30
_LOW_PART = 20


def durable(settings: Settings) -> Mapping[str, Path]:
    """Return the folders that processes write to, by name; some are made only when their process starts."""
    named = {name: settings.folder / name for name in ("kafka", "clickhouse", "intake", "detect")}
    return {"data": settings.folder, **named, "log": settings.logs}


def free_bytes(folder: Path) -> float:
    """Return what is left on a folder's disk; on its parent's while the folder does not exist."""
    return float(shutil.disk_usage(folder if folder.exists() else folder.parent).free)


def low_disks(settings: Settings) -> list[tuple[Path, int]]:
    """Return the folders whose disk is nearly full, each disk once, with the bytes left there.

    Nearly full is less than 1 GiB, or on a small disk less than a twentieth of it.
    """
    found: dict[int, tuple[Path, int]] = {}
    for folder in durable(settings).values():
        if folder.exists():
            disk = shutil.disk_usage(folder)
            if disk.free < min(_LOW, disk.total // _LOW_PART):
                found.setdefault(folder.stat().st_dev, (folder, disk.free))
    return list(found.values())
