"""When to evaluate: at once while that is quick, and less often while much arrives and it is not."""

import time
from collections.abc import Callable

_QUICK_SECONDS = 0.25
_LIVE_REPORTS = 30_000
_LIVE_REST = 0.5
_REST = 2.0
_LONGEST_SECONDS = 10.0
# A gap of a tenth of a second is nothing while a year is read in: a backfill was judged four times where once would do.
_QUIET = 0.25
_LONGEST_QUIET_SECONDS = 1.0


class Pace:
    """Decides after each look at the inbox whether to evaluate.

    An evaluation of a few series takes milliseconds and follows every arrival. While a nation's year is read in, each
    one takes seconds and judges mostly what the next will judge again: then it rests twice as long as it worked,
    unless nothing came for a while. While few reports come at a time it rests half as long as it worked: that is a
    nation on a busy day, where somebody waits for the alert. (With twice the work there, too, each rest let so much
    arrive that the next evaluation took longer: at 2,000 reports a second an alert came after five seconds.)

    Parameters
    ----------
    now
        Seconds of a monotonic clock.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pending = False
        self._last_came = -1e18
        self._patience = 0.0
        self._rest_until = -1e18

    def came(self, something: bool) -> None:
        """Note whether a look at the inbox found anything."""
        self._pending = self._pending or something
        if something:
            self._last_came = self._now()

    def due(self) -> bool:
        """Return whether to evaluate now."""
        if not self._pending:
            return False
        now = self._now()
        return now >= self._rest_until or now - self._last_came >= self._patience

    def evaluated(self, seconds: float, reports: int) -> None:
        """Note that an evaluation, with its sending, took so long, and how many reports it was for."""
        self._pending = False
        factor = _LIVE_REST if reports < _LIVE_REPORTS else _REST
        rest = 0.0 if seconds < _QUICK_SECONDS else min(factor * seconds, _LONGEST_SECONDS)
        self._rest_until = self._now() + rest
        self._patience = min(_QUIET * seconds, _LONGEST_QUIET_SECONDS)
