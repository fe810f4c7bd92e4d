"""A disk of its own for a folder, small enough to be filled to the last byte."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path


class SmallDisk:
    """A tmpfs mounted on a folder; needs the right to mount.

    Parameters
    ----------
    folder : Path
        Made if missing; must be empty.
    megabytes : int
        Its size.
    """

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._megabytes = megabytes
        self._filled = threading.Event()

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def mount(self) -> None:
        """Mount it."""
        self.folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m", "tmpfs", str(self.folder)]
        subprocess.run(command, check=True)

    def unmount(self) -> None:
        """Unmount it, and forget what it held."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self) -> None:
        """Leave no byte, and take every byte that comes free, until there is to be room again."""
        self._fill()
        assert os.statvfs(self.folder).f_bavail == 0
        self._filled.clear()
        self._filling = threading.Thread(target=self._keep_full)
        self._filling.start()

    def make_room(self) -> None:
        """Give the space back."""
        self._filled.set()
        self._filling.join()
        self._filler.unlink()

    def _keep_full(self) -> None:
        while not self._filled.wait(0.05):
            self._fill()

    def _fill(self) -> None:
        block = bytes(1 << 20)
        with self._filler.open("ab", buffering=0) as file:
            while block:
                try:
                    file.write(block)
                except OSError:
                    block = block[: len(block) // 2]
