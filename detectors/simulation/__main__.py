"""`python -m detectors.simulation`: the tables and pictures of docs/, from a seed."""

import argparse
import sys
from pathlib import Path

from detectors.simulation.entrants import CONTEST, PUBLISHED
from detectors.simulation.equal_alarms import contest
from detectors.simulation.generator import generate
from detectors.simulation.labelled import read, sources
from detectors.simulation.measures import tally
from detectors.simulation.report import Run, labelled_page, simulation_page


def main(arguments: list[str] | None = None) -> int:
    """Run, write and say where."""
    parser = argparse.ArgumentParser(prog="python -m detectors.simulation", description=__doc__)
    parser.add_argument(
        "--replicates", type=int, default=30, help="series a scenario, for training and again for tests"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="two series a scenario: to see that it runs")
    parser.add_argument("--labelled", type=Path, help="a folder of weekly series with marked outbreaks, as CSV")
    parser.add_argument(
        "--output", type=Path, help="where the pages and pictures/ go: docs, or var/simulation if quick"
    )
    parser.add_argument("--no-pictures", action="store_true")
    options = parser.parse_args(arguments)
    run = Run(2 if options.quick else options.replicates, options.seed)
    output = options.output or Path("var/simulation" if options.quick else "docs")
    if not options.no_pictures:
        try:
            from detectors.simulation.pictures import draw
        except ModuleNotFoundError as missing:
            print(f"{missing.name} is not installed: `make install-dev`, or --no-pictures", file=sys.stderr)
            return 1
    try:
        labelled = read(options.labelled) if options.labelled else []
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    training = generate(run.replicates, seed=run.seed, role="training")
    test = generate(run.replicates, seed=run.seed, role="test")
    counts, outbreak = test.counts, test.outbreak
    fixed = []
    for contestant in (*PUBLISHED, *CONTEST):
        print(f"as set: {contestant.label}", file=sys.stderr)
        fixed.append((contestant, tally(contestant.alarms(counts), contestant.alarms(test.quiet), outbreak)))
    outcomes = []
    for contestant in CONTEST:
        print(f"at equal false alarms: {contestant.label}", file=sys.stderr)
        outcomes.append(contest(contestant, training, test))
    outcomes.sort(key=lambda outcome: -outcome.detected)
    pages = {
        "simulation.md": simulation_page(run, fixed[: len(PUBLISHED)], fixed[len(PUBLISHED) :], outcomes, test),
    }
    if labelled:
        levels = [(outcome.contestant, outcome.level["all"]) for outcome in outcomes]
        pages["labelled_series.md"] = labelled_page(run, labelled, sources(options.labelled), levels)
    (output / "pictures").mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        (output / name).write_text(page + "\n", encoding="utf-8")
        print(output / name)
    if not options.no_pictures:
        for path in draw(output / "pictures", outcomes, test):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
