"""The demo as a process: the expanded reports, replayed into a running Tocsin."""

import logging
import threading
from datetime import datetime, time

from schemas.topics import Topics
from streams.publisher import Publisher
from tocsin.demo.expansion import case_reports
from tocsin.demo.series import LAST_DAY, SHANGHAI
from tocsin.replay import Released, ReplayTicks, replay

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
    released = (Released(int(moment.timestamp() * 1000), record) for moment, record in case_reports())
    until = int(datetime.combine(LAST_DAY, time(23, 59), tzinfo=SHANGHAI).timestamp() * 1000)
    with Publisher(bootstrap, topics=topics) as publisher:
        sent = replay(released, sender=publisher, tick=ticks, speed=speed, after=after, until=until, stop=stop)
    log.info("replayed %d reports", sent)
    # Ended is not failed: a supervisor would start an exited process again.
    stop.wait()
    return 0
