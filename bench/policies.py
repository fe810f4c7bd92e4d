"""A nation's latest day by all default policies, on one core: ``python -m bench.policies [--rounds 9]``.

Every disease of the list × every county, with prefectures, provinces and the nation: each series is judged by its
level's policy of the built-in catalogue, with all methods that are only shown. The counts are drawn from an ordinary
year's numbers, spread unevenly over the counties, with weekdays and clusters. ``roll up`` makes the larger areas'
series from the counties'; ``judge`` is `detectors.judge_by_policy` on the last day. ``agreement`` is ``judge`` of the
frequent diseases where a percentile of five earlier years has to agree with W8. Each in a process bound to one core.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.nation import YEARLY, all_diseases
from bench.report import ROOT, machine, publish, spread, table
from catalogue.levels import AREA_LEVELS
from catalogue.loader import load
from catalogue.model import MethodUse
from catalogue.model import Policy as Stated
from detectors import Member, Nation, Policy, build, judge_by_policy
from schemas.areas import areas

LAST = dt.date(2026, 6, 15)
FREQUENT = (
    "dysentery", "other_infectious_diarrhoea", "influenza", "covid19", "hfmd", "mumps", "scarlet_fever", "pertussis",
)  # fmt: skip
_RARE = 0.1
_WEEKDAYS = np.array([1.25, 1.15, 1.1, 1.05, 1.0, 0.7, 0.75])
_PERCENTILE = MethodUse(
    "percentile", {"q": 0.9, "years_back": 5, "half_width": 2, "window": 7, "minimum": 3}, speaks=True, minimum=3
)


class Areas:
    """The areas in force: the nodes that each sums, first … last-1, and its level; counties count for themselves."""

    def __init__(self) -> None:
        tree = areas()
        now = np.flatnonzero(np.isnat(tree.valid_to))
        self.nodes = len(tree.level)
        self.first = now
        self.last = np.asarray(tree.end)[now]
        self.level = len(AREA_LEVELS) - 1 - np.asarray(tree.level)[now]
        self.county = self.level == AREA_LEVELS.index("county")


def drawn(space: Areas, diseases: Sequence[str], days: int, seed: int = 1) -> NDArray[np.int32]:
    """Daily counts (disease, node, day), at the counties only."""
    rng = np.random.default_rng(seed)
    counties = space.first[space.county]
    share = rng.pareto(1.5, len(counties)) + 0.2
    share /= share.sum()
    weekday = _WEEKDAYS[np.arange(days) % 7]
    counts = np.zeros((len(diseases), space.nodes, days), np.int32)
    for number, code in enumerate(diseases):
        means = YEARLY.get(code, _RARE) * 1000 / 365 * share[:, np.newaxis] * weekday
        counts[number, counties] = rng.poisson(means * rng.gamma(4, 1 / 4, means.shape))
    return counts


def rolled_up(space: Areas, counts: NDArray[np.int32]) -> NDArray[np.int32]:
    """Daily counts (series, day): every area's total, disease by disease."""
    out = np.empty((len(counts), len(space.first), counts.shape[2]), np.int32)
    wide = ~space.county
    sums = np.zeros((space.nodes + 1, counts.shape[2]), np.int32)
    for own, totals in zip(counts, out, strict=True):
        np.cumsum(own, axis=0, out=sums[1:])
        totals[space.county] = own[space.first[space.county]]
        totals[wide] = sums[space.last[wide]] - sums[space.first[wide]]
    return out.reshape(-1, counts.shape[2])


def policies(diseases: Sequence[str], agreement: bool) -> list[Policy]:
    """The policy of each disease and level, in that order, on the last day."""
    catalogue = load(probe=build)
    found = []
    for code in diseases:
        judging = catalogue.signals[f"{code}.cases"].judging_on(LAST)
        for level in AREA_LEVELS:
            stated = judging.levels[level]
            if agreement:
                stated = Stated((*stated.uses, _PERCENTILE), "all", fallback="w8")
            found.append(_built(stated))
    return found


def _built(stated: Stated) -> Policy:
    members = [Member(build(use.method, use.parameters), use.speaks, use.minimum) for use in stated.uses]
    return Policy(members, stated.agree, stated.minimum, stated.fallback)


def one(agreement: bool, rounds: int) -> dict[str, Any]:
    """Measure in this process, bound to one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    diseases = FREQUENT if agreement else all_diseases()
    space, rules = Areas(), policies(diseases, agreement)
    days = max(policy.lookback or 0 for policy in rules) + 1
    counts = drawn(space, diseases, days)
    which = np.concatenate([number * len(AREA_LEVELS) + space.level for number in range(len(counts))])
    dates = np.datetime64(LAST) - np.arange(days)[::-1]
    seconds: dict[str, list[float]] = {"roll up": [], "judge": [], "both": []}
    before = _peak()
    for _ in range(rounds + 1):
        began = time.process_time()
        series = rolled_up(space, counts)
        rolled = time.process_time()
        nation = judge_by_policy(rules, which, series, first=days - 1, dates=dates)
        done = time.process_time()
        for name, took in (("roll up", rolled - began), ("judge", done - rolled), ("both", done - began)):
            seconds[name].append(took)
    _right(space, rules, counts, series, which, nation, dates)
    return {
        "first": seconds["both"][0],
        "seconds": {name: took[1:] for name, took in seconds.items()},
        "series": len(which),
        "counties": int(space.county.sum()),
        "diseases": len(counts),
        "groups": len(nation.groups),
        "alarms": int(nation.alarm.sum()),
        "days": days,
        "counts_mb": series.nbytes / 2**20,
        "before_mb": before,
        "peak_mb": _peak(),
    }


def _right(
    space: Areas,
    rules: Sequence[Policy],
    counts: NDArray[np.int32],
    series: NDArray[np.int32],
    which: NDArray[np.int64],
    nation: Nation,
    dates: NDArray[np.datetime64],
) -> None:
    """Fail where the nation is not the sum of its counties, or some series by itself is judged otherwise."""
    whole = np.flatnonzero(which % len(AREA_LEVELS) == AREA_LEVELS.index("nation"))
    assert len(whole) == len(counts)
    assert np.array_equal(series[whole], counts[:, space.first[space.county]].sum(axis=1))
    alarms = np.flatnonzero(nation.alarm[:, 0])
    for row in (*alarms[:20], *range(0, len(which), len(which) // 50)):
        alone = rules[which[row]].judge(series[row], first=len(dates) - 1, dates=dates)
        for part in ("alarm", "agreeing", "able", "reason"):
            assert getattr(alone, part)[0, 0] == getattr(nation, part)[row, 0]


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measured(name: str, rounds: int) -> dict[str, Any]:
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.policies", "--one", name, "--rounds", str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--one", choices=("default", "agreement"))
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.one == "agreement", given.rounds)))
        return
    before = machine()
    default, agreement = _measured("default", given.rounds), _measured("agreement", given.rounds)
    lines = [[name, spread(took)] for name, took in default["seconds"].items()]
    lines.append([f"agreement: {agreement['diseases']} diseases, judge", spread(agreement["seconds"]["judge"])])
    publish(
        "policies",
        "A nation's latest day by all default policies, one core",
        f"{default['diseases']} diseases × {default['counties']:,} counties and the areas above them: "
        f"{default['series']:,} series, {default['groups']} distinct policies of eight methods, {default['days']} days "
        f"of counts, {given.rounds} rounds after a first; {before}.",
        table(("min / median / max", "CPU seconds"), lines),
        f"The first round, which fills remembered bounds, took {default['first']:.2f} s. The series hold "
        f"{default['counts_mb']:,.0f} MiB; the process had at most {default['before_mb']:,.0f} MiB before the first "
        f"round and {default['peak_mb']:,.0f} MiB at the end. {default['alarms']:,} policies alarmed.",
        f"Agreement: W8 and a percentile of five earlier years, {agreement['series']:,} series, "
        f"{agreement['days']:,} days of counts ({agreement['counts_mb']:,.0f} MiB; at most "
        f"{agreement['peak_mb']:,.0f} MiB).",
    )


if __name__ == "__main__":
    main()
