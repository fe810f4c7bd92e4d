"""When a process that runs is to be ended all the same: it has work before it and does none, or it does not answer.

Faust can stop moving after broker trouble without an error, and any process can hang. Looks are counted and not
seconds: a laptop that slept has not stalled.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.scrape import Silent


@dataclass(frozen=True)
class Work:
    """Which of a process's metrics say that work waits, and that work is done.

    Parameters
    ----------
    waiting : str
        A gauge above 0 while something waits.
    done : tuple of str
        Counters that grow with work.
    """

    waiting: str
    done: tuple[str, ...]


WORK: Mapping[str, Work] = {
    "intake": Work("tocsin_intake_lag_messages", ("tocsin_intake_verdicts_total",)),
    "detect": Work("tocsin_detect_lag_entries", ("tocsin_detect_entries_total", "tocsin_detect_rows_total")),
    "sink": Work("tocsin_sink_lag_messages", ("tocsin_sink_messages_total", "tocsin_sink_clickhouse_retries_total")),
}


class StallWatch:
    """Counts looks at one process.

    Parameters
    ----------
    read : callable
        Returns the process's metrics, or raises `Silent`.
    work : Work or None
        None for a process that has no lag of its own: only its silence counts.
    patience : int
        Looks in a row without movement, or without an answer, after which it is stalled.
    starting : int, optional
        Looks without a first answer, after which it is stalled; None for what may fold for long before it answers.
    """

    def __init__(
        self,
        read: Callable[[], Mapping[str, float]],
        work: Work | None,
        patience: int,
        starting: int | None = None,
    ) -> None:
        self._read = read
        self._work = work
        self._patience = patience
        self._starting = starting
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was seen: the process, or one that it needs, was started anew."""
        self._looks = 0
        self._done: tuple[float, ...] | None = None
        self._answered = False

    def look(self) -> str:
        """Look once.

        Returns
        -------
        str
            Why the process is stalled; empty while it is not.
        """
        try:
            seen = self._read()
        except Silent:
            # One that never answered yet is starting: a refold of years may come before its first answer.
            self._looks += 1
            patience = self._patience if self._answered else self._starting
            return "does not answer" if patience is not None and self._looks >= patience else ""
        if not self._answered:
            self._looks = 0
        self._answered = True
        if self._work is None:
            self._looks = 0
            return ""
        done = tuple(seen.get(name, 0.0) for name in self._work.done)
        idle = seen.get(self._work.waiting, 0.0) <= 0
        self._looks = 0 if idle or done != self._done else self._looks + 1
        self._done = done
        return "has work before it and does none" if self._looks >= self._patience else ""
