"""Named sessions of the HTTP interface: a connection that is kept between requests, for temporary tables and SET."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tocsin.embedded.clickhouse_engine import Session
from tocsin.embedded.clickhouse_errors import SESSION_IS_LOCKED, error


@dataclass
class _Held:
    session: Session
    until: float
    busy: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """Connections by session name, closed after their idle time.

    Parameters
    ----------
    connect : callable
        Opens a connection.
    """

    def __init__(self, connect: Callable[[], Session]) -> None:
        self._connect = connect
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def take(self, name: str) -> Session:
        """Hand out a session for one request; the same name is refused until it comes back.

        Raises
        ------
        ClickHouseError
            SESSION_IS_LOCKED.
        """
        if not name:
            return self._connect()
        with self._lock:
            self._sweep()
            held = self._held.get(name)
            if held is None:
                held = self._held[name] = _Held(self._connect(), time.monotonic())
            if not held.busy.acquire(blocking=False):
                raise error(SESSION_IS_LOCKED, "SESSION_IS_LOCKED", f"Session {name} is locked by a concurrent client.")
            return held.session

    def give_back(self, name: str, session: Session, changed: Mapping[str, str], timeout: int) -> None:
        """End a request: undo the settings of its address, start the idle time."""
        if not name:
            session.close()
            return
        session.reset(changed)
        with self._lock:
            held = self._held[name]
            held.until = time.monotonic() + timeout
            held.busy.release()

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for held in self._held.values():
                held.session.close()
            self._held.clear()

    def _sweep(self) -> None:
        now = time.monotonic()
        for name, held in list(self._held.items()):
            if held.until < now and held.busy.acquire(blocking=False):
                held.session.close()
                del self._held[name]
