"""When to evaluate: at once while that is quick, and less often while much arrives and it is not."""

import time
from collections.abc import Callable

_QUICK_SECONDS = 0.25
_REST = 2.0
_LONGEST_SECONDS = 10.0


class Pace:
    """Decides after each look at the inbox whether to evaluate.

    An evaluation of a few series takes milliseconds and follows every arrival. While a nation's year is read in, each
    one takes seconds and judges mostly what the next will judge again: then it rests twice as long as it worked,
    unless nothing comes any more.

    Parameters
    ----------
    now
        Seconds of a monotonic clock.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pending = False
        self._quiet = True
        self._rest_until = -1e18

    def came(self, something: bool) -> None:
        """Note whether a look at the inbox found anything."""
        self._pending = self._pending or something
        self._quiet = not something

    def due(self) -> bool:
        """Return whether to evaluate now."""
        return self._pending and (self._quiet or self._now() >= self._rest_until)

    def evaluated(self, seconds: float) -> None:
        """Note that an evaluation, with its sending, took so long."""
        self._pending = False
        rest = 0.0 if seconds < _QUICK_SECONDS else min(_REST * seconds, _LONGEST_SECONDS)
        self._rest_until = self._now() + rest
