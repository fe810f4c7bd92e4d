"""The prospective space-time scan over all counties, on one core.

    python -m bench.scan [--cases 500,5000,50000] [--days 28,56] [--replicates 999] [--rounds 3]

Cases fall on counties in proportion to population, by chance alone, so that every replicate must be drawn: the slowest
day there is. Windows last up to half the study, circles hold up to half the population. ``stopped`` is the same with
`stop_after=20`, as one would run it every day. A last scan has an outbreak drawn into it and must find it. All run in
one child process with one thread, bound to one core: its CPU seconds are what it takes where nobody else is at work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report import ROOT, machine, publish, spread, table
from detectors.space_time import Geometry, Scan, scan
from schemas.areas import COUNTY, areas

_STOP_AFTER = 20


def counties() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Latitude, longitude and population of the counties in force; the median where the census knows none."""
    table_ = areas()
    which = (table_.level == COUNTY) & np.isnat(table_.valid_to)
    population = table_.population[which]
    return table_.lat[which], table_.lon[which], np.where(population > 0, population, np.nanmedian(population))


def drawn(population: NDArray[np.float64], cases: int, days: int) -> NDArray[np.int64]:
    """So many cases, in proportion to population and evenly over the days."""
    cells = np.repeat(population, days)
    return np.random.default_rng(cases + days).multinomial(cases, cells / cells.sum()).reshape(-1, days)


def timed(rounds: int, counts: NDArray[np.int64], geometry: Geometry, **given: Any) -> tuple[list[float], Scan]:
    """CPU seconds of each round, and what was found: the same every time."""
    seconds, found = [], []
    for _ in range(rounds):
        began = time.process_time()
        found.append(scan(counts, geometry, **given))
        seconds.append(time.process_time() - began)
    assert all((other.maxima == found[0].maxima).all() for other in found)
    return seconds, found[0]


def outbreak(geometry: Geometry, population: NDArray[np.float64], replicates: int) -> str:
    """Draw an outbreak into twelve neighbours, find it, and say what was found."""
    counts = drawn(population, 5_000, 56)
    where = geometry.order[len(geometry) // 2, :12]
    counts[where, -7:] += np.random.default_rng(1).poisson(0.35, (12, 7))
    first = scan(counts, geometry, population=population, replicates=replicates).clusters[0]
    hit = len(set(first.locations.tolist()) & set(where.tolist()))
    assert first.p_value <= 2 / (replicates + 1), first.p_value
    assert hit >= 8, hit
    return (
        f"An outbreak of {int(counts[where, -7:].sum())} cases in 12 neighbouring counties and 7 days was found in "
        f"{first.locations.size} counties ({hit} of the 12) and {first.days} days: {first.observed} cases where "
        f"{first.expected:.1f} were expected, p = {first.p_value:.3f}."
    )


def one(cases: list[int], days: list[int], replicates: int, rounds: int) -> None:
    """Measure in this process, bound to one core; print JSON."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    latitude, longitude, population = counties()
    began = time.process_time()
    geometry = Geometry.of(latitude, longitude)
    told: dict[str, Any] = {"counties": len(geometry), "geometry": time.process_time() - began, "rows": []}
    for length in days:
        for many in cases:
            counts = drawn(population, many, length)
            for model, given in (("Poisson", {"population": population}), ("permutation", {})):
                whole, found = timed(rounds, counts, geometry, replicates=replicates, **given)
                stopped, early = timed(rounds, counts, geometry, replicates=replicates, stop_after=_STOP_AFTER, **given)
                p_values = found.clusters[0].p_value, early.clusters[0].p_value
                told["rows"].append([model, length, many, whole, stopped, len(early.maxima), *p_values])
    told["outbreak"] = outbreak(geometry, population, replicates)
    print(json.dumps(told))


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", default="500,5000,50000")
    parser.add_argument("--days", default="28,56")
    parser.add_argument("--replicates", type=int, default=999)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", action="store_true")
    given = parser.parse_args()
    if given.one:
        cases, days = ([int(part) for part in text.split(",")] for text in (given.cases, given.days))
        one(cases, days, given.replicates, given.rounds)
        return
    before = machine()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.scan", "--one", *sys.argv[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    measured = json.loads(done.stdout.splitlines()[-1])
    lines = [
        [model, days, days // 2, f"{cases:,}", spread(whole), f"{p:.3f}", spread(stopped), drawn_, f"{early:.3f}"]
        for model, days, cases, whole, stopped, drawn_, p, early in measured["rows"]
    ]
    headers = ("model", "days", "windows", "cases", "all", "p", f"stop after {_STOP_AFTER}", "replicates", "p")
    publish(
        "scan",
        "The prospective space-time scan on one core",
        f"{measured['counties']:,} counties, {given.replicates} replicates, circles of up to half the population, "
        f"CPU seconds (min / median / max of {given.rounds} rounds) without the geometry, which took "
        f"{measured['geometry']:.2f} s once; {before}.",
        table(headers, lines),
        measured["outbreak"],
    )


if __name__ == "__main__":
    main()
