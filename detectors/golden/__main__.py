"""`python -m detectors.golden DIR [--only TEXT]`: 0 if all that was compared agrees, 1 if not, 2 if nothing ran."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from detectors.golden.comparison import Comparison, compare
from detectors.golden.folder import Folder, FolderError


def main(arguments: list[str] | None = None) -> int:
    """Compare a golden folder and print one line a configuration."""
    parser = argparse.ArgumentParser(prog="python -m detectors.golden", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of recorded outputs")
    parser.add_argument("--only", default="", metavar="TEXT", help="only configurations whose name holds TEXT")
    options = parser.parse_args(arguments)
    try:
        folder = Folder(options.folder)
        found = []
        print(f"{'configuration':<36}{'rows':>8}{'bounds':>11}{'beyond':>8}{'alarms':>8}{'missing':>8}")
        for identity, configuration in folder.configurations.items():
            if options.only in identity:
                found.append(compare(folder, configuration))
                _print_line(found[-1])
    except FolderError as error:
        print(error, file=sys.stderr)
        return 2
    return _conclude(found)


def _print_line(one: Comparison) -> None:
    if one.failed:
        print(f"{one.configuration:<36}{one.rows:>8}  FAILED: {one.failed}", flush=True)
    elif one.runs or one.absent:
        absent = f"  {one.absent} runs of R have no rows" if one.absent else ""
        print(
            f"{one.configuration:<36}{one.rows:>8}{one.largest:>11.1e}{one.beyond:>8}{one.alarms:>8}{one.missing:>8}"
            f"  {'agrees' if one.agrees else 'DIFFERS'}{absent}",
            flush=True,
        )
    else:
        print(f"{one.configuration:<36}{0:>8}  R itself failed", flush=True)


def _conclude(found: list[Comparison]) -> int:
    refused = Counter({one.configuration: len(one.refused_by_r) for one in found if one.refused_by_r})
    messages = {one.configuration: {line.partition(": ")[2] for line in one.refused_by_r} for one in found}
    for configuration, runs in refused.items():
        print(f"R failed {configuration}: {runs} runs ({'; '.join(sorted(messages[configuration]))})")
    ran = [one for one in found if one.runs]
    wrong = [one.configuration for one in found if not one.agrees]
    print(
        f"{len(ran)} configurations compared, {sum(one.rows for one in ran)} rows; {len(wrong)} differ "
        f"or failed; {sum(refused.values())} runs failed in R"
    )
    if wrong:
        return 1
    return 0 if any(one.rows for one in ran) else 2


if __name__ == "__main__":
    sys.exit(main())
