"""CPU seconds and memory of processes, by name."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Usage:
    """What a process used between two looks, and the most memory it ever had."""

    cpu: float
    rss_mb: float
    peak_mb: float


class Watch:
    """Looks at processes once at the beginning and again whenever asked.

    Parameters
    ----------
    pids
        Process ids by name.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = {name: _cpu(process) for name, process in self._processes.items()}
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._began

    def used(self) -> dict[str, Usage]:
        """Return what each process used since the beginning."""
        return {
            name: Usage(_cpu(p) - self._before[name], p.memory_info().rss / MEGABYTE, peak_mb(p.pid))
            for name, p in self._processes.items()
        }


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def peak_mb(pid: int) -> float:
    """Return the most resident memory that a running process ever had, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")
