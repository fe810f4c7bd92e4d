"""The demo as a process: every source's records, replayed into a running Tocsin."""

import logging
import threading

from schemas.topics import Topics
from tocsin.demo.days import END
from tocsin.demo.merge import releases
from tocsin.demo.unchecked import careless_publishers
from tocsin.replay import ReplayTicks, publishers, replay

log = logging.getLogger(__name__)

SPEED = 100_000.0
"""Replayed seconds a second: 138 days in about two minutes."""


def run_demo(bootstrap: str, *, speed: float = SPEED, stop: threading.Event) -> int:
    """Replay the demo from where an earlier run stopped, and wait to be stopped.

    Parameters
    ----------
    bootstrap : str
        Address of the broker.
    speed : float
        Replayed seconds a second.
    stop : threading.Event
        Ends the replay, or the waiting after it.

    Returns
    -------
    int
        0.
    """
    topics = Topics()
    ticks = ReplayTicks(bootstrap, topics.clock)
    after = ticks.last()
    until = int(END.timestamp() * 1000)
    with publishers(bootstrap, topics) as senders, careless_publishers(bootstrap, topics) as careless:
        sent = replay(
            releases(), senders=senders | careless, tick=ticks, speed=speed, after=after, until=until, stop=stop
        )
    log.info("replayed %d records", sent)
    # Ended is not failed: a supervisor would start an exited process again.
    stop.wait()
    return 0
