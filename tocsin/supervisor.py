"""Keeps a set of child processes running: started in order, restarted when they end or stall, stopped in order.

It knows nothing of what the children do; `tocsin.parts` says what they are.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import Counter, Gauge

from tocsin.child import Child
from tocsin.run_state import Seen
from tocsin.stall import StallWatch

log = logging.getLogger(__name__)

_TICK = 0.1
_LOOK_EVERY = 2.0
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0
_SETTLED = 1.0
_LONG_LIFE = 30.0  # a child that lived so long begins again with the shortest pause

UP = Gauge("tocsin_supervisor_up", "Whether the process runs", ["process"])
RESTARTS = Counter("tocsin_supervisor_restarts", "Starts after the first", ["process", "why"])
ALIVE = Gauge("tocsin_supervisor_alive_timestamp_seconds", "Dead-man signal: now, as long as the supervisor looks")


@dataclass
class Part:
    """One supervised process.

    Parameters
    ----------
    child : Child
        Not started.
    ready : callable
        Returns once the process serves; raises `NotReady` if it ended or took too long. Called for the first start.
    needs : tuple of str
        Parts that must be up for this one to be started, and whose restart excuses its standing still.
    watch : StallWatch, optional
        Looked at every two seconds.
    grace : float
        Seconds from SIGTERM to SIGKILL.
    """

    child: Child
    ready: Callable[[], None] = lambda: None
    needs: tuple[str, ...] = ()
    watch: StallWatch | None = None
    grace: float = 15.0
    restarts: int = 0
    state: str = "waiting"
    last_exit: str = ""
    _pause: float = field(default=_FIRST_PAUSE, repr=False)
    _due: float = field(default=0.0, repr=False)
    _since: float = field(default=0.0, repr=False)

    @property
    def name(self) -> str:
        """The child's name."""
        return self.child.name

    def seen(self) -> Seen:
        """What to tell others."""
        return Seen(self.child.pid, self.state, self.restarts, self.last_exit)

    def launch(self, now: float) -> None:
        """Start, for the first time or again."""
        self.child.start()
        self._since = now
        self.state = "up"
        UP.labels(self.name).set(1)

    def ended(self, now: float, why: str) -> None:
        """Note an end, and when to start again."""
        self.last_exit = why
        self.state = "waiting"
        self._pause = _FIRST_PAUSE if now - self._since > _LONG_LIFE else min(2 * self._pause, _LONGEST_PAUSE)
        self._due = now + self._pause
        UP.labels(self.name).set(0)

    def settled(self, now: float) -> bool:
        """Whether it lives, and has for a moment: one that ends at once is no ground for others to start on."""
        return self.child.alive and now - self._since > _SETTLED

    def due(self, now: float) -> bool:
        """Whether it may be started again now."""
        return self.state == "waiting" and now >= self._due


class Supervisor:
    """Starts, watches and stops the parts. Call everything from the thread that lives longest: children die with it.

    Parameters
    ----------
    parts : sequence of Part
        In the order of starting.
    stop : threading.Event
        Ends `run`.
    changed : callable
        Called with every part's state whenever one changed.
    look_every : float
        Seconds between two looks of the stall watches.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        stop: threading.Event,
        changed: Callable[[Mapping[str, Seen]], None] = lambda seen: None,
        look_every: float = _LOOK_EVERY,
    ) -> None:
        self._parts = {part.name: part for part in parts}
        self._stop = stop
        self._changed = changed
        self._look_every = look_every
        self._told: Mapping[str, Seen] = {}

    def start(self, begun: Callable[[Part, float], None] = lambda part, seconds: None) -> None:
        """Start the parts, those that need nothing of each other at once, and wait until each is ready.

        Parameters
        ----------
        begun : callable
            Called with a part and the seconds that it took, as each becomes ready.

        Raises
        ------
        NotReady
            A part did not come up; what was started is stopped.
        """
        waiting = list(self._parts.values())
        try:
            while waiting and not self._stop.is_set():
                now = time.monotonic()
                open_needs = {part.name for part in waiting}
                batch = [part for part in waiting if not open_needs & set(part.needs)]
                for part in batch:
                    part.launch(now)
                    part.state = "starting"
                self._tell()
                for part in batch:
                    part.ready()
                    part.state = "up"
                    begun(part, time.monotonic() - now)
                self._tell()
                waiting = [part for part in waiting if part not in batch]
        except BaseException:
            self.stop()
            raise

    def run(self) -> None:
        """Watch until the stop event is set."""
        looked = time.monotonic()
        while not self._stop.wait(_TICK):
            ALIVE.set_to_current_time()
            now = time.monotonic()
            for part in self._parts.values():
                if part.state == "up" and not part.child.alive:
                    self._ended(part, now, "exit")
                elif part.due(now) and all(self._parts[need].settled(now) for need in part.needs):
                    part.restarts += 1
                    part.launch(now)
                    self._begin_watching_again(part.name)
            if now - looked >= self._look_every:
                looked = now
                self._look(now)
            self._tell()

    def stop(self) -> None:
        """Stop the parts, those first that nothing running needs, each with its grace."""
        running = [part for part in self._parts.values() if part.child.pid is not None]
        while running:
            needed = {need for part in running for need in part.needs}
            batch = [part for part in running if part.name not in needed]
            for part in batch:
                part.child.ask_to_stop()
            for part in batch:
                begun = time.monotonic()
                code = part.child.stop(part.grace)
                log.info("%s stopped with %s after %.1f s", part.name, code, time.monotonic() - begun)
            running = [part for part in running if part not in batch]
        for part in self._parts.values():
            part.state = "stopped"
            UP.labels(part.name).set(0)
        self._tell()

    def kill(self) -> None:
        """End everything at once."""
        for part in self._parts.values():
            part.child.kill()

    def _look(self, now: float) -> None:
        for part in self._parts.values():
            if part.watch is None or part.state != "up":
                continue
            if reason := part.watch.look():
                log.warning("%s %s: ending it", part.name, reason)
                part.child.kill()
                self._ended(part, now, "stall", reason)

    def _ended(self, part: Part, now: float, why: str, reason: str = "") -> None:
        code = part.child.exit_code
        told = reason or (f"signal {-code}" if code is not None and code < 0 else f"exit code {code}")
        log.warning("%s ended (%s); its log: %s", part.name, told, part.child.log)
        RESTARTS.labels(part.name, why).inc()
        part.ended(now, told)

    def _begin_watching_again(self, started: str) -> None:
        """A part that was just started, and those that need it, have not stood still until now."""
        for part in self._parts.values():
            if part.watch is not None and (part.name == started or started in part.needs):
                part.watch.begin_again()

    def _tell(self) -> None:
        seen = {name: part.seen() for name, part in self._parts.items()}
        if seen != self._told:
            self._told = seen
            self._changed(seen)
