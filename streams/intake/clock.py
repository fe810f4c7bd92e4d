"""What time it is: the broker's in an ordinary directory, the replayer's in a replay directory."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from streams.intake.messages import NO_CLOCK, Messages


class Clock:
    """The highest time seen. It never goes back.

    Parameters
    ----------
    replay
        Honour the replayer's clock, and nothing else as long as there is one.
    wall_clock
        Milliseconds UTC; asked in ordinary directories only, so that a day ends though nothing arrives.
    seen
        Highest time that the journal's chains have seen, 0 if none.
    """

    def __init__(self, *, replay: bool, wall_clock: Callable[[], int], seen: int = 0) -> None:
        self._replay = replay
        self._wall_clock = wall_clock
        self._seen = seen

    def now(self) -> int:
        """Return the current clock, 0 if a replay has not begun."""
        if not self._replay:
            self._seen = max(self._seen, self._wall_clock())
        return self._seen

    def advance(self, clock: int) -> None:
        """Take note of a later time, as of the replayer's own tick."""
        self._seen = max(self._seen, clock)

    def arrivals(self, messages: Messages) -> NDArray[np.int64]:
        """Return when each message arrived, and take note of the highest.

        In a replay a record without the header takes the replay's current clock, and before any replay has
        begun the broker's; a sender's own time is never asked.
        """
        if not len(messages):
            return messages.appended
        if not self._replay:
            arrival = messages.appended
        else:
            told = messages.replay_clock
            running = np.maximum(np.maximum.accumulate(told), self._seen)
            if self._seen == 0 and running[0] <= 0 and (told != NO_CLOCK).any():
                # The first batch of a replay: what stands before its first header belongs to the same moment.
                running = np.maximum(running, told[told != NO_CLOCK][0])
            arrival = np.where(told != NO_CLOCK, told, np.where(running > 0, running, messages.appended))
        self._seen = max(self._seen, int(arrival.max()))
        return arrival
