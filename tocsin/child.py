"""One child process that cannot outlive us: started, watched, stopped politely, and taken down by our own death."""

import ctypes
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LOG_KEPT = 8_000_000
# Bound before any fork: between fork and exec nothing may be imported or loaded.
_LIBC = ctypes.CDLL(None, use_errno=True)


class Child:
    """A command run as a child process, its output appended to a log file.

    The child lives in a session of its own, so that Ctrl-C in a terminal reaches only the supervisor, which then stops
    the children in order; and it asks the kernel for SIGKILL at its parent's death, so that a supervisor that is
    killed -9 leaves no orphan. The kernel means the parent *thread*: start children from a thread that lives as long as
    they shall.

    Parameters
    ----------
    name : str
        For people and for the log file's name.
    command : sequence of str
        Program and arguments.
    log : Path
        File to append standard output and error to; renamed to ``*.1`` at a start when it is past 8 MB.
    cwd : Path, optional
        Working directory.
    environment : mapping, optional
        Added to ours.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.cwd = cwd
        self.environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False

    @property
    def pid(self) -> int | None:
        """Process id of the running or last run child; None before the first start."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.poll() if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process runs now."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; nothing if it runs already."""
        if self.alive:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_KEPT:
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        self._asked = False
        parent = os.getpid()

        def bound_to_parent() -> None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before we could ask
                os._exit(1)

        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=bound_to_parent,
            )

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting; once, for a second one would cut short an end that is under way."""
        if self._process is not None and self.alive and not self._asked:
            self._asked = True
            # A stopped process (SIGSTOP) would never see the SIGTERM.
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()

    def stop(self, grace: float = 20.0) -> int | None:
        """SIGTERM, wait up to `grace` seconds, then SIGKILL.

        Returns
        -------
        int or None
            The exit code; None if it never ran.
        """
        if self._process is None:
            return None
        self.ask_to_stop()
        try:
            return self._process.wait(grace)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int | None:
        """SIGKILL and wait."""
        if self._process is None:
            return None
        self._process.kill()
        return self._process.wait()

    def signal(self, number: int) -> None:
        """Send any signal to the running process (tests stop, continue and kill)."""
        if self._process is not None:
            self._process.send_signal(number)

    def last_words(self, lines: int = 5) -> str:
        """The log's last lines, to say why it ended."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 20_000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


class NotReady(RuntimeError):
    """A child did not answer in time, or ended while starting."""


def wait_answering(url: str, child: Child, timeout: float = 60.0) -> None:
    """Block until `child` answers an HTTP GET of `url`.

    Parameters
    ----------
    url : str
        On loopback.
    child : Child
        Started; its end is noticed at once.
    timeout : float
        Seconds.

    Raises
    ------
    NotReady
        It ended, or the time is up.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if not child.alive:
            raise NotReady(f"{child.name} ended with {child.exit_code}: {child.last_words()}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise NotReady(f"{child.name} did not answer on {url} within {timeout:.0f} s")
