"""How results are told: spreads, tables, the machine, and the files under ``bench/results``."""

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
RESULTS = Path(os.environ.get("TOCSIN_BENCH_RESULTS", Path(__file__).parent / "results"))
"""Where results are written; a trial writes them elsewhere, so that it does not pass for a measurement."""


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Minimum, median and maximum."""
    return " / ".join(f"{v:,.{digits}f}" for v in (min(values), statistics.median(values), max(values)))


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; the first column is text, the others numbers."""
    cells = [[str(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(headers))]
    lines = []
    for row in cells:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append(f"| {' | '.join([first, *rest])} |")
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def machine() -> str:
    """One sentence on the machine, with how busy it was: others may have been at work on it."""
    models = [line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    cores = f"{len(os.sched_getaffinity(0))} cores of {models[0] if models else platform.machine()}"
    return f"{cores}, {memory:.0f} GiB, Python {platform.python_version()}, load average at the start {load}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def publish(name: str, title: str, *parts: str) -> None:
    """Print a result, and write it to ``bench/results/NAME.md``."""
    text = "\n\n".join([f"# {title}", *parts]) + "\n"
    print(f"\n{text}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
