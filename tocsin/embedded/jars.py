"""Apache Kafka's jars: which ones (a committed lock), where they lie, and that they are the ones meant.

The lock names coordinates, sizes and SHA-256 digests and no address: *where* they come from is the reader's own Maven
configuration, *what* they are is fixed here. jgo does the Maven part, resolution and download, in Python.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import requests
from jgo.maven import Dependency, MavenContext

ROOT = "org.apache.kafka:kafka_2.13:4.3.1"
# The broker logs through SLF4J and brings no binding of its own. Resolved beside ROOT it would bring its own managed
# versions along and turn kafka-clients into 3.9, so it is taken as one jar, without its dependencies.
EXTRA = ("org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",)
LOCK_NAME = "kafka.lock"
_TRIES = 3


class JarError(RuntimeError):
    """A jar could not be had, or is not the one in the lock."""


@dataclass(frozen=True)
class LockedJar:
    """One line of the lock file.

    Parameters
    ----------
    coordinate : str
        ``group:artifact:version``, or with ``:packaging:classifier`` before the version as Maven writes it.
    sha256 : str
        Lower-case hexadecimal digest of the jar.
    size : int
        Bytes.
    """

    coordinate: str
    sha256: str
    size: int


def locked() -> tuple[LockedJar, ...]:
    """Read the lock file that is shipped in this package.

    Returns
    -------
    tuple of LockedJar
        In the order of the class path.
    """
    text = resources.files("tocsin.embedded").joinpath(LOCK_NAME).read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(LockedJar(coordinate, digest, int(size)) for coordinate, digest, size in rows)


def folder() -> Path:
    """Where the jars are kept: ``$TOCSIN_JARS``, else a folder of ours in the user's cache.

    Not in the virtual environment: several clones and environments of one user share the 44 MB.
    """
    if named := os.environ.get("TOCSIN_JARS"):
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "tocsin" / "jars"


def fetch(at: Path | None = None, *, progress: Callable[[int, int], None] = lambda done, total: None) -> list[Path]:
    """Make every locked jar lie in the cache, verified. Quick when they already do (0.1 s: digests only).

    Parameters
    ----------
    at : Path, optional
        Maven-layout folder; `folder()` by default.
    progress : callable, optional
        Called with (jars ready, jars in all) as they come in.

    Returns
    -------
    list of Path
        The class path.

    Raises
    ------
    JarError
        A jar could not be downloaded in three tries, or its digest is not the locked one.
    """
    at = at or folder()
    at.mkdir(parents=True, exist_ok=True)
    jars = locked()
    context = MavenContext(repo_cache=at, timeout=60)
    paths: list[Path] = []
    with _only_one(at / "lock"), ThreadPoolExecutor(6) as pool:
        for path in pool.map(lambda jar: _ready(context, jar), jars):
            paths.append(path)
            progress(len(paths), len(jars))
    return paths


def relock(at: Path) -> str:
    """Resolve ROOT and EXTRA afresh and return the text of a new lock file (``make lock`` writes it).

    Parameters
    ----------
    at : Path
        Maven-layout folder to download into.
    """
    context = MavenContext(repo_cache=at, timeout=60)
    inputs, transitive = context.resolver.resolve([context.create_dependency(ROOT)])
    chosen: list[Dependency] = [*inputs, *transitive, *(context.create_dependency(extra) for extra in EXTRA)]
    lines = ["# Jars of the embedded broker: coordinate, SHA-256, bytes. Written by `make lock`; never edited by hand."]
    for dependency in sorted(chosen, key=lambda d: (d.groupId, d.artifactId)):
        body = _downloaded(dependency).read_bytes()
        coordinate = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
        lines.append(f"{coordinate} {hashlib.sha256(body).hexdigest()} {len(body)}")
    return "\n".join(lines) + "\n"


def _ready(context: MavenContext, jar: LockedJar) -> Path:
    dependency = context.create_dependency(jar.coordinate)
    path = _downloaded(dependency)
    if _digest(path) != jar.sha256:
        # Most often half a file of an install that was killed; a second download decides.
        path.unlink()
        path = _downloaded(dependency)
        if (found := _digest(path)) != jar.sha256:
            path.unlink()
            raise JarError(f"{jar.coordinate}: SHA-256 is {found}, the lock says {jar.sha256}; it was not kept")
    return path


def _downloaded(dependency: Dependency) -> Path:
    for attempt in range(1, _TRIES + 1):
        try:
            return Path(dependency.artifact.resolve())
        except (requests.RequestException, RuntimeError) as error:
            if attempt == _TRIES:
                raise JarError(f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}: {error}") from error
            time.sleep(attempt)
    raise AssertionError("unreachable")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Two installs at once would write the same files: the second waits for the first."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
