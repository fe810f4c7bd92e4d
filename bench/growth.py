"""How time and memory of the methods grow over ten times the series and ten times the history, on one core.

    python -m bench.growth [--scale 1.0] [--rounds 5]

Each method judges a base of series × steps, then 2, 5 and 10 times the series, then 2, 5 and 10 times the steps; every
judged step has all the history that the method looks back on. Besides, the latest step alone, on a short and on a ten
times longer history: what a new day costs. Memory is what NumPy holds at most during the call beyond the counts, its
answer included. In one process bound to one core; writes a table and ``docs/pictures/growth.svg``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import tracemalloc
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.report import ROOT, machine, publish, table
from detectors import Counts, Detector, build

FACTORS = (1, 2, 5, 10)
PICTURE = ROOT / "docs" / "pictures" / "growth.svg"

BASES: dict[str, tuple[int, int]] = {
    "c1": (1_000, 365),
    "c2": (1_000, 365),
    "c3": (1_000, 365),
    "cusum": (1_000, 365),
    "cusum_rossi": (1_000, 365),
    "single_case": (1_000, 365),
    "k_in_window": (1_000, 365),
    "w8": (1_000, 365),
    "percentile": (1_000, 36),
    "farrington": (100, 26),
    "farrington_flexible": (100, 26),
}
"""Series and judged steps at factor 1: days, for the Farringtons weeks."""


@dataclass
class Growth:
    """What one method took; the lists run along `FACTORS`.

    `series_mb` and `steps_mb` are in MiB, everything else in CPU seconds, the median of the rounds. `latest` is the
    last step alone, behind a short and behind a ten times longer history.
    """

    method: str
    base: tuple[int, int]
    series: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    series_mb: list[float] = field(default_factory=list)
    steps_mb: list[float] = field(default_factory=list)
    latest: list[float] = field(default_factory=list)


def drawn(detector: Detector, series: int, steps: int) -> tuple[Counts, NDArray[np.datetime64], int]:
    """Counts behind as much history as the method looks back on, their dates, and the first judged column."""
    assert detector.lookback is not None, f"{detector.name} remembers all"
    rng = np.random.default_rng(series * 7 + steps)
    means = np.geomspace(0.02, 20, series)[:, np.newaxis]
    counts = rng.poisson(means, (series, detector.lookback + steps))
    length = 7 if detector.name.startswith("farrington") else 1
    dates = np.datetime64("2026-06-15") - length * np.arange(counts.shape[1])[::-1]
    return Counts.of(counts), dates, detector.lookback


def timed(detector: Detector, counts: Counts, dates: NDArray[np.datetime64], first: int, rounds: int) -> float:
    """Median CPU seconds of a call; one before is not counted."""
    detector.judge(counts, first=first, dates=dates)
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        detector.judge(counts, first=first, dates=dates)
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


def held(detector: Detector, counts: Counts, dates: NDArray[np.datetime64], first: int) -> float:
    """MiB that a call holds at most."""
    tracemalloc.start()
    try:
        detector.judge(counts, first=first, dates=dates)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def grown(method: str, base: tuple[int, int], rounds: int) -> Growth:
    """Measure one method."""
    detector, growth = build(method, {}), Growth(method, base)
    series, steps = base
    for factor in FACTORS:
        wide, long = drawn(detector, factor * series, steps), drawn(detector, series, factor * steps)
        growth.series.append(timed(detector, *wide, rounds))
        growth.steps.append(timed(detector, *long, rounds))
        growth.series_mb.append(held(detector, *wide))
        growth.steps_mb.append(held(detector, *long))
        if factor in (1, FACTORS[-1]):
            counts, dates, _ = long
            growth.latest.append(timed(detector, counts, dates, counts.shape[1] - 1, rounds))
    return growth


def line(growth: Growth) -> list[str]:
    """One row of the table."""
    series, steps = growth.base
    return [
        growth.method,
        f"{series:,} × {steps}",
        f"{growth.series[0] * 1000:,.1f}",
        f"{growth.series[0] / (series * steps) * 1e9:,.0f}",
        " / ".join(f"{seconds / growth.series[0]:.1f}" for seconds in growth.series[1:]),
        " / ".join(f"{seconds / growth.steps[0]:.1f}" for seconds in growth.steps[1:]),
        f"{growth.series_mb[0]:,.1f}",
        f"{growth.series_mb[-1]:,.1f}",
        f"{growth.steps_mb[-1]:,.1f}",
        " → ".join(f"{seconds * 1000:,.2f}" for seconds in growth.latest),
    ]


HEADERS = (
    "method", "series × steps", "ms", "ns a point", "series × 2 / 5 / 10", "steps × 2 / 5 / 10", "MiB",
    "series × 10, MiB", "steps × 10, MiB", "latest step, ms",
)  # fmt: skip


def main() -> None:
    """Measure, publish, and draw."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0, help="of the base sizes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-picture", action="store_true", help="leave the committed picture as it is")
    given = parser.parse_args()
    before = machine()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found = [
        grown(method, (max(10, round(series * given.scale)), steps), given.rounds)
        for method, (series, steps) in BASES.items()
    ]
    publish(
        "growth",
        "Growth of the methods, one core",
        f"CPU seconds, the median of {given.rounds} rounds after a first; {before}.",
        table(HEADERS, [line(growth) for growth in found]),
        "The columns with three numbers say how many times as long it took for 2, 5 and 10 times as much; growing with "
        "the work is 2 / 5 / 10. A step is a day, for the Farringtons a week; behind each judged one stands all the "
        "history that the method looks back on (for a percentile 1,850 days). The last column is the newest step "
        "alone, behind the base's history and behind one with ten times the steps.",
    )
    if not given.no_picture:
        from bench.pictures import draw_growth  # matplotlib comes with the development packages only

        draw_growth(found, FACTORS, PICTURE)


if __name__ == "__main__":
    main()
