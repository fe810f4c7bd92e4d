"""EARS, CUSUM and Farrington flexible against R's surveillance, on one core.

    python -m bench.detectors_against_r [--rounds 5] [--series 1000]

Ours judge 1,000 made-up series of 365 days (Farrington: 300 series, the last 52 of 342 weeks), R the first 100 of
them (20, the last 8 weeks): it takes minutes for all, and its `cusum` takes longer a point the more series there are.
In each round R comes first and then ours, both by CPU seconds, so that a busy machine slows both. R's bounds must be
ours. Where there is no R with surveillance, the figures recorded with R 4.2.2 and surveillance 1.20.3 stand in its
place.

The yardstick "copies" is how long it takes to copy the counts and the verdicts once, in memory that is already there.
The live shape is 125,000 series of which the latest day is judged, with as much history as each method looks back on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import detectors
from bench.report import ROOT, machine, publish, spread, table

DAYS, WEEKS, JUDGED_WEEKS = 365, 342, 52
SERIES_FOR_R, WEEKLY_FOR_R, WEEKS_FOR_R = 100, 20, 8
LIVE_SERIES = 125_000
RECORDED = {"c1": 2.1e-5, "c2": 2.6e-5, "c3": 4.9e-5, "cusum": 6.6e-6, "farrington_flexible": 1.06e-2}
"""Seconds a point (Farrington: a series-week) by R."""
AIMS = {"c1": 1000, "c2": 1000, "c3": 1000, "cusum": 500, "farrington_flexible": 300}
AS_R: dict[str, dict[str, Any]] = {
    "c1": {"min_sigma": 0.0, "compatibility": "surveillance"},
    "c2": {"min_sigma": 0.0, "compatibility": "surveillance"},
    "c3": {"min_sigma": 0.0, "compatibility": "surveillance"},
    "cusum": {"restart": "none", "reset": False, "compatibility": "surveillance"},
    "farrington_flexible": {"alpha": 0.005, "p_trend": 0.05, "compatibility": "surveillance"},
}
Counts = NDArray[np.int64]


def made_up(series: int, steps: int, season: int) -> Counts:
    """Seeded negative-binomial counts from rare to common, with a season."""
    random = np.random.default_rng(4)
    swing = np.exp(0.6 * np.cos(2 * np.pi * np.arange(steps) / season))
    means = random.permutation(np.geomspace(0.05, 30, series))[:, np.newaxis] * swing
    return random.poisson(random.gamma(4, means / 4)).astype(np.int64)


def seconds(work: Callable[..., object], *given: Any, **named: Any) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    work(*given, **named)
    return time.process_time() - began


class FromR:
    """R with surveillance in a process of its own, on the first of the counts."""

    def __init__(self, directory: str, daily: Counts, weekly: Counts) -> None:
        self.directory = Path(directory)
        self.counts = {"daily": daily[:SERIES_FOR_R], "weekly": weekly[:WEEKLY_FOR_R]}
        for name, counts in self.counts.items():
            np.savetxt(self.directory / f"{name}.csv", counts.T, fmt="%d", delimiter=",")

    @staticmethod
    def there() -> str | None:
        """Which R and surveillance there are, if both."""
        if shutil.which("Rscript") is None:
            return None
        ask = 'cat(R.version$major, ".", R.version$minor, " and surveillance ", '
        ask += 'as.character(packageVersion("surveillance")), sep = "")'
        done = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True, check=False)
        return f"R {done.stdout}" if done.returncode == 0 else None

    def measure(self) -> dict[str, float]:
        """CPU seconds a point of each method."""
        script = Path(__file__).with_suffix(".R")
        subprocess.run(["Rscript", str(script), self.directory], capture_output=True, check=True)
        told = [line.split() for line in (self.directory / "times.txt").read_text(encoding="ascii").splitlines()]
        return {name: float(spent) / int(points) for name, spent, points in told}

    def agrees(self) -> None:
        """Raise unless R's bounds are ours."""
        for method, parameters in AS_R.items():
            counts = self.counts["weekly" if method == "farrington_flexible" else "daily"]
            theirs = np.genfromtxt(self.directory / f"{method}.csv", delimiter=",", missing_values="NA").T
            ours = detectors.build(method, parameters).judge(counts, first=counts.shape[1] - theirs.shape[1]).upper
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9, err_msg=method)


def copies(counts: Counts, verdicts: detectors.Verdicts) -> float:
    """CPU seconds of copying counts and verdicts once; the best of some."""
    parts = [counts, verdicts.expected, verdicts.upper, verdicts.score, verdicts.alarm, verdicts.reason]
    there = [part.copy() for part in parts]

    def copy() -> None:
        for to, part in zip(there, parts, strict=True):
            np.copyto(to, part)

    return min(seconds(copy) for _ in range(20))


def measure(rounds: int, series: int) -> dict[str, Any]:
    """Everything, in this process, bound to one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    daily, weekly = made_up(series, DAYS, 365), made_up(max(WEEKLY_FOR_R, 3 * series // 10), WEEKS, 52)
    dates = np.datetime64("2023-01-01") + np.arange(DAYS)
    own: dict[str, list[float]] = {}
    by_r: dict[str, list[float]] = {}
    copied: dict[str, list[float]] = {}
    there = FromR.there()
    with tempfile.TemporaryDirectory() as directory:
        r = FromR(directory, daily, weekly) if there else None
        for turn in range(rounds):
            for method, spent in r.measure().items() if r else ():
                by_r.setdefault(method, []).append(spent)
            if r and turn == 0:
                r.agrees()
            for method, parameters in [*AS_R.items(), *((method, {}) for method in AS_R)]:
                flexible = method == "farrington_flexible"
                counts, first = (weekly, WEEKS - JUDGED_WEEKS) if flexible else (daily, 0)
                detector = detectors.build(method, parameters)
                points = counts.shape[0] * (counts.shape[1] - first)
                name = method if parameters else f"{method} by default"
                given = {"first": first, "dates": None if flexible else dates}
                times = [seconds(detector.judge, counts, **given) for _ in range(1 if flexible else 5)]
                own.setdefault(name, []).append(float(np.median(times)) / points)
                if not flexible and parameters:
                    copied.setdefault(method, []).append(copies(counts, detector.judge(counts, dates=dates)) / points)
    return {"there": there, "own": own, "r": by_r, "copies": copied, "live": live(rounds)}


def live(rounds: int) -> dict[str, list[float]]:
    """CPU seconds of the latest day of a nation."""
    told: dict[str, list[float]] = {}
    dates = np.datetime64("2023-06-30") + np.arange(-199, 1)
    counts = made_up(LIVE_SERIES, dates.size, 365)
    for _ in range(rounds):
        for method in ("c1", "c2", "c3", "cusum", "w8"):
            detector = detectors.build(method, {})
            assert detector.lookback is not None
            columns = slice(dates.size - detector.lookback - 1, None)
            own = np.ascontiguousarray(counts[:, columns])
            told.setdefault(method, []).append(
                seconds(detector.judge, own, first=own.shape[1] - 1, dates=dates[columns])
            )
    return told


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--one", action="store_true")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.rounds, given.series)))
        return
    before = machine()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.detectors_against_r", "--one", *sys.argv[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    told = json.loads(done.stdout.splitlines()[-1])
    lines = [_line(method, told) for method in AS_R]
    headers = (
        "ns a point, min / median / max",
        "ours as R",
        "ours by default",
        "R",
        "R over ours",
        "recorded R over ours",
        "aim",
        "copies",
    )
    source = f"{told['there']} in the same run" if told["there"] else "recorded with R 4.2.2, surveillance 1.20.3"
    publish(
        "detectors_against_r",
        "EARS, CUSUM and Farrington flexible against R",
        f"{given.series:,} series × {DAYS} days, one core, CPU seconds, {given.rounds} rounds; R: {source}; {before}.",
        table(headers, lines),
        "A point of Farrington is a series-week. *Copies*: how often counts and verdicts could have been copied in the "
        "time. " + ("R's bounds are ours." if told["there"] else "R's bounds were not compared: there is no R here."),
        table(
            (f"latest day of {LIVE_SERIES:,} series", "CPU ms, min / median / max"),
            [[method, spread([spent * 1e3 for spent in all_], 1)] for method, all_ in told["live"].items()],
        ),
    )


def _line(method: str, told: dict[str, Any]) -> list[object]:
    ours, default = told["own"][method], told["own"][f"{method} by default"]
    by_r = told["r"].get(method, [RECORDED[method]] * len(ours))
    ratios = [theirs / mine for theirs, mine in zip(by_r, ours, strict=True)]
    copied = told["copies"].get(method)
    times = spread([mine / copy for mine, copy in zip(ours, copied, strict=True)], 0) if copied else ""
    nanoseconds = [spread([value * 1e9 for value in part], 1) for part in (ours, default)]
    return [
        method,
        *nanoseconds,
        spread([value * 1e9 for value in by_r], 0),
        spread(ratios, 0),
        spread([RECORDED[method] / mine for mine in ours], 0),
        f"≥ {AIMS[method]:,}",
        times,
    ]


if __name__ == "__main__":
    main()
