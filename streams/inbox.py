"""What arrived and was not yet folded: filled by one thread, emptied whole by another."""

import threading
from collections import defaultdict

_LIMIT_BYTES = 64 * 1024 * 1024


class Inbox:
    """Messages of several topics and partitions, in order within each.

    Parameters
    ----------
    limit
        Bytes from which on it calls itself full. It takes more all the same: whoever fills it has to wait.
    """

    def __init__(self, limit: int = _LIMIT_BYTES) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._values: dict[tuple[str, int], list[bytes]] = defaultdict(list)
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Return whether whoever fills it should wait."""
        return self._bytes >= self._limit

    def put(self, chain: tuple[str, int], value: bytes) -> None:
        """Add the next message of a topic's partition."""
        with self._changed:
            self._values[chain].append(value)
            self._bytes += len(value)
            self._changed.notify()

    def drain(self, timeout: float) -> dict[tuple[str, int], list[bytes]]:
        """Take everything; waits up to `timeout` seconds for a first message."""
        with self._changed:
            if not self._values:
                self._changed.wait(timeout)
            taken, self._values = dict(self._values), defaultdict(list)
            self._bytes = 0
            return taken
