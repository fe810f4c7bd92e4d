"""The live part of detection: a Faust agent that follows the journals from where the refold ended."""

import asyncio
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faust
from faust.types import TP

from schemas.topics import MAX_INTERNAL_BYTES
from streams.inbox import Inbox

_LOG = logging.getLogger(__name__)

# The first event comes this soon after a crash: the broker forgets the dead member, or knows the new one by its name.
_SESSION_SECONDS = 6.0
_FETCH_BYTES = 2 * MAX_INTERNAL_BYTES
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05


class Lost(Exception):
    """The follower met an offset behind the one that comes next: something was missed, refold."""


class Follower:
    """Runs a Faust application in a thread of its own and puts what it reads into an inbox.

    The group never commits, so its committed offsets say nothing; on every assignment the agent is sought to the next
    offset that has not come yet. That is no barrier (events arrive while it is awaited, and a partition that never
    left is assigned again), so each event is checked against the offset that comes next: earlier ones came before.

    Parameters
    ----------
    bootstrap
        Kafka's addresses, comma separated.
    group
        Consumer group of this worker alone.
    positions
        For each journal topic and partition the offset that comes next; these topics are followed.
    inbox
        Takes the messages.
    folder
        Where Faust may keep files.
    """

    def __init__(
        self, bootstrap: str, group: str, positions: Mapping[tuple[str, int], int], inbox: Inbox, folder: Path
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topics = sorted({topic for topic, _ in positions})
        self._next = dict(positions)
        self._inbox = inbox
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follow", daemon=True)
        self.failure: BaseException | None = None
        self.live = threading.Event()

    @property
    def positions(self) -> Mapping[tuple[str, int], int]:
        """Return for each topic and partition the offset that comes next."""
        return dict(self._next)

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._thread.start()

    def stop(self) -> bool:
        """Stop following, wait some seconds at most, and return whether the thread ended."""
        self._stop.set()
        self._thread.join(_STOP_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._follow())
        except BaseException as failure:
            # The agent must not die in silence: whoever started it looks here and ends the process.
            self.failure = failure
            _LOG.exception("the journals are no longer followed")

    async def _follow(self) -> None:
        app = self._app()
        app.finalize()
        await app.start()
        try:
            while not self._stop.is_set() and self.failure is None and not app.crashed:
                await asyncio.sleep(_POLL_SECONDS)
            if app.crashed and self.failure is None:
                raise app.crash_reason or RuntimeError("Faust stopped without a reason")
        finally:
            await app.stop()

    def _app(self) -> Any:
        app = faust.App(
            self._group,
            broker=";".join(f"kafka://{address}" for address in self._bootstrap.split(",")),
            store="memory://",
            datadir=str(self._folder / "faust"),
            autodiscover=False,
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            consumer_auto_offset_reset="earliest",
            consumer_group_instance_id=self._group,
            consumer_max_fetch_size=_FETCH_BYTES,
            broker_session_timeout=_SESSION_SECONDS,
            broker_heartbeat_interval=_SESSION_SECONDS / 4,
            stream_recovery_delay=0.0,
            stream_wait_empty=False,
        )
        journal = app.topic(*self._topics, key_serializer="raw", value_serializer="raw", acks=False)

        async def seek(_app: Any, assigned: set[TP], **_: Any) -> None:
            ours = {tp: self._next[tp.topic, tp.partition] for tp in assigned if (tp.topic, tp.partition) in self._next}
            if ours:
                await app.consumer.seek_wait(ours)
                self.live.set()

        app.on_partitions_assigned.connect(seek)  # type: ignore[arg-type]  # it is called with just these

        @app.agent(journal, concurrency=1)
        async def follow(stream: Any) -> None:
            async for event in stream.events():
                try:
                    message = event.message
                    await self._take((message.topic, message.partition), message.offset, event.value)
                except Exception as failure:
                    # Faust would log it, count the event as done and go on.
                    self.failure = failure
                    _LOG.exception("an event of the journal could not be taken")
                    return

        return app

    async def _take(self, chain: tuple[str, int], offset: int, value: bytes) -> None:
        if offset < self._next[chain]:
            return
        if offset > self._next[chain]:
            raise Lost(f"offset {offset} of {chain[0]}/{chain[1]} came, {self._next[chain]} was next")
        while self._inbox.full and not self._stop.is_set():
            await asyncio.sleep(_POLL_SECONDS)
        self._next[chain] = offset + 1
        self._inbox.put(chain, value)
