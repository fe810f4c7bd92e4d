"""Every benchmark, one after the other: ``python -m bench [--quick] [NAME …]``.

Each writes its table to ``bench/results`` (with ``--quick`` to a temporary folder), and all tables are printed together
at the end. The exit status says whether every result was right and every benchmark ran; how fast it was is for the
reader to judge.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import RESULTS, ROOT

FULL = {
    "intake": ["--messages", "300000", "--rounds", "5"],
    "plain_faust": ["--messages", "300000", "--faust", "20000", "--rounds", "3"],
    "detectors_against_r": ["--rounds", "5"],
    "evaluation": ["--rounds", "5"],
    "policies": ["--rounds", "9"],
    "growth": ["--rounds", "5"],
    "backfill": ["--reports", "1000000", "--rounds", "3"],
    "live": ["--rate", "2000", "--seconds", "60", "--history", "1000000"],
    "refold": ["--reports", "1000000,3000000,10000000", "--rounds", "3"],
    "scan": ["--rounds", "3"],
    "queries": ["--reports", "10000000"],
}
QUICK = {
    "intake": ["--messages", "30000", "--rounds", "1"],
    "plain_faust": ["--messages", "30000", "--faust", "2000", "--rounds", "1"],
    "detectors_against_r": ["--rounds", "1", "--series", "100"],
    "evaluation": ["--rounds", "1", "--reports", "200000"],
    "policies": ["--rounds", "1"],
    "growth": ["--rounds", "1", "--scale", "0.1", "--no-picture"],
    "backfill": ["--reports", "30000", "--rounds", "1"],
    "live": ["--rate", "500", "--seconds", "10", "--history", "30000"],
    "refold": ["--reports", "30000", "--rounds", "1"],
    "scan": ["--cases", "500", "--days", "28", "--replicates", "99", "--rounds", "1"],
    "queries": ["--reports", "20000", "--askings", "3"],
}


def main() -> int:
    """Run what was named, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help=f"of {', '.join(FULL)}; all if none")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything works")
    given = parser.parse_args()
    failed = []
    # A trial must not replace what was measured.
    results = Path(tempfile.mkdtemp(prefix="tocsin-bench-results-")) if given.quick else RESULTS
    names = given.names or list(FULL)
    for name in names:
        began = time.monotonic()
        print(f"== {name}", file=sys.stderr, flush=True)
        sizes = (QUICK if given.quick else FULL)[name]
        command = [sys.executable, "-m", f"bench.{name}", *sizes]
        told = {**os.environ, "TOCSIN_BENCH_RESULTS": str(results)}
        done = subprocess.run(command, check=False, cwd=ROOT, stdout=sys.stderr, env=told)
        print(f"== {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        if done.returncode:
            failed.append(name)
    for name in names:
        if name not in failed:
            print((results / f"{name}.md").read_text(encoding="utf-8"))
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
