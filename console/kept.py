"""Answers that are dear to make and slow to change, kept for a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Kept:
    """Makes an answer once for all who ask within some seconds; those who come meanwhile wait for it.

    Parameters
    ----------
    seconds
        How old an answer may be.
    most
        Answers that are kept; the oldest go first.
    now
        Seconds of a clock that only moves forward.

    Examples
    --------
    >>> made = []
    >>> kept = Kept(20, now=lambda: 100.0)
    >>> for _ in range(3):
    ...     kept.of("key", lambda: made.append("once"))
    >>> made
    ['once']
    """

    def __init__(self, seconds: float, most: int = 32, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._most, self._now = seconds, most, now
        self._answers: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the answer of a key; what `make` raises is not kept."""
        with self._lock:
            at, answer = self._answers.get(key, (float("-inf"), None))
            if self._now() - at >= self._seconds:
                answer = make()
                self._answers[key] = (self._now(), answer)
                self._answers.move_to_end(key)
                while len(self._answers) > self._most:
                    self._answers.popitem(last=False)
            return answer
