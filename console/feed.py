"""What every open page knows: read once from ClickHouse and the broker, told to all listeners."""

import contextlib
import datetime as dt
import json
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from catalogue.model import SEVERITIES, Catalogue
from console.desk import Desk
from console.health import Health
from console.measures import DROPPED, LISTENERS, OPEN_ALERTS, READ_AT
from console.news import News
from console.stages import Stage
from console.warehouse import Warehouse, WarehouseDown

READ_SECONDS = 0.5
IDLE_SECONDS = 2.0
BEAT_SECONDS = 1.0
SILENT_SECONDS = 6.0
_BACKLOG = 256
_BEIJING = dt.timezone(dt.timedelta(hours=8))

Json = dict[str, Any]


class Feed:
    """Open alerts, clock and health of the stages, kept current while `run` runs.

    A listener gets a snapshot first and then what changes; one that reads too slowly is cut off, and its page comes
    back for a new snapshot.

    Parameters
    ----------
    warehouse
        Where alerts are read.
    catalogue
        Names and classes.
    health
        How stages are looked at.
    replay
        Whether *now* is the data's clock.
    wall_clock
        Milliseconds UTC.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        catalogue: Catalogue,
        health: Health,
        *,
        replay: bool,
        wall_clock: Callable[[], int],
    ) -> None:
        self._desk = Desk(catalogue)
        self._news = News(warehouse)
        self._health = health
        self._replay = replay
        self._wall_clock = wall_clock
        self._listeners: set[MemoryObjectSendStream[str]] = set()
        self._has_read = False
        self._stages: list[Stage] = []
        self._read_at: int | None = None
        self._answered_at = time.monotonic()
        self._wanted = anyio.Event()

    @property
    def open_alerts(self) -> list[Json]:
        """Return the open alerts as the list shows them.

        Raises
        ------
        WarehouseDown
            They were not read yet: no alerts would be another thing to say.
        """
        if not self._has_read:
            raise WarehouseDown("alerts were not read yet")
        return list(self._desk.alerts.values())

    @property
    def events(self) -> list[list[str]]:
        """Return the ids of the open alerts that are one event, the leading alert of each first."""
        return self._desk.events

    @property
    def has_read(self) -> bool:
        """Return whether alerts were read at all."""
        return self._has_read

    @property
    def clock(self) -> int | None:
        """Return the clock of the data in milliseconds; None before the first answer."""
        return self._news.clock

    @property
    def today(self) -> dt.date | None:
        """Return the civil day of the clock."""
        return None if self.clock is None else dt.datetime.fromtimestamp(self.clock / 1000, _BEIJING).date()

    @property
    def stages(self) -> list[Stage]:
        """Return the stages as last looked at."""
        return self._stages

    @property
    def database_trouble(self) -> Json | None:
        """Return since when ClickHouse has not answered, or None while it does."""
        silent = time.monotonic() - self._answered_at
        return None if silent < SILENT_SECONDS else {"for_ms": int(silent * 1000), "read_at": self._read_at}

    async def run(self) -> None:
        """Read and tell until cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._follow_alerts)
            group.start_soon(self._follow_stages)
            group.start_soon(self._beat)

    def close(self) -> None:
        """End every listener's stream."""
        for listener in list(self._listeners):
            self._drop(listener)

    @contextlib.asynccontextmanager
    async def listen(self) -> AsyncIterator[MemoryObjectReceiveStream[str]]:
        """Yield a stream of Server-Sent Events, a snapshot first."""
        send, receive = anyio.create_memory_object_stream[str](_BACKLOG)
        send.send_nowait(self._snapshot())
        self._listeners.add(send)
        LISTENERS.set(len(self._listeners))
        self._wanted.set()
        try:
            yield receive
        finally:
            receive.close()
            self._drop(send)

    def _drop(self, listener: MemoryObjectSendStream[str]) -> None:
        self._listeners.discard(listener)
        LISTENERS.set(len(self._listeners))
        listener.close()

    def _moment(self) -> Json:
        wall = self._wall_clock()
        clock = self._news.clock
        return {"now": clock if self._replay and clock is not None else wall, "clock": clock}

    def _health_now(self) -> Json:
        stages = [{"name": s.name, "state": s.state, "lag": s.lag, "quiet_ms": s.quiet_ms} for s in self._stages]
        return {"stages": stages, "database": self.database_trouble}

    def _snapshot(self) -> str:
        listed = {"alerts": self.open_alerts if self._has_read else None, "events": self.events}
        return _event("snapshot", {**self._moment(), **self._health_now(), "replay": self._replay, **listed})

    def _tell(self, kind: str, content: Json) -> None:
        message = _event(kind, {**self._moment(), **content})
        self._send(message)

    def _send(self, message: str) -> None:
        for listener in list(self._listeners):
            try:
                listener.send_nowait(message)
            except (anyio.WouldBlock, anyio.BrokenResourceError):
                DROPPED.inc()
                self._drop(listener)

    async def _beat(self) -> None:
        while True:
            self._tell("beat", {})
            await anyio.sleep(BEAT_SECONDS)

    async def _follow_stages(self) -> None:
        while True:
            self._stages = await to_thread.run_sync(self._health.look, abandon_on_cancel=True)
            self._tell("stages", self._health_now())
            await anyio.sleep(BEAT_SECONDS)

    async def _follow_alerts(self) -> None:
        while True:
            try:
                fresh, rows = await to_thread.run_sync(self._news.read, abandon_on_cancel=True)
            except WarehouseDown:
                await anyio.sleep(BEAT_SECONDS)
                continue
            self._answered_at, self._read_at = time.monotonic(), self._wall_clock()
            READ_AT.set(self._read_at / 1000)
            changed = await to_thread.run_sync(partial(self._desk.take, rows, self.today, fresh=fresh))
            self._tell_alerts(fresh, changed)
            await self._rest()

    async def _rest(self) -> None:
        if self._listeners:
            await anyio.sleep(READ_SECONDS)
            return
        self._wanted = anyio.Event()
        with anyio.move_on_after(IDLE_SECONDS):
            await self._wanted.wait()

    def _tell_alerts(self, fresh: bool, changed: list[Json]) -> None:
        """Tell what was read: everything anew, or what changed."""
        self._has_read = True
        for severity in SEVERITIES:
            OPEN_ALERTS.labels(severity).set(sum(1 for a in self.open_alerts if a["severity"] == severity))
        if fresh:
            self._send(self._snapshot())
        elif changed:
            self._tell("alerts", {"alerts": changed, "events": self.events})


def _event(kind: str, content: Json) -> str:
    return f"event: {kind}\ndata: {json.dumps(content, ensure_ascii=False, separators=(',', ':'))}\n\n"
