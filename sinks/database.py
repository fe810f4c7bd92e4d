"""ClickHouse as the sinks use it: one client, patience while it is down, insert bodies with a token."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client

from sinks import metrics
from sinks.client import Address, connect
from sinks.faults import TRANSPORT_ERRORS, Stopped, raise_if_lasting, worded
from sinks.table import Table

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
T = TypeVar("T")


class Database:
    """Requests to one ClickHouse from several threads, each repeated until it is answered.

    Parameters
    ----------
    address
        Where it is.
    halts
        Any of them set ends every wait with `Stopped`.
    """

    def __init__(self, address: Address, *halts: threading.Event) -> None:
        self.name = address.database
        self._address = address
        self._halts = halts
        self._client: Client | None = None
        self._lock = threading.Lock()
        self._down_since: float | None = None

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = connect(self._address)
            return self._client

    def _raise_if_halted(self) -> None:
        if any(halt.is_set() for halt in self._halts):
            raise Stopped

    def _answered(self) -> None:
        metrics.CLICKHOUSE_UP.set(1)
        since, self._down_since = self._down_since, None
        if since is not None:
            _log.warning("ClickHouse answers again after %.1f s", time.monotonic() - since)

    def pause(self, error: BaseException, seconds: float) -> None:
        """Note that a request failed, and wait before the next.

        Raises
        ------
        Stopped
            The process is to end.
        Refold, DatabaseFault
            There is no use in waiting.
        """
        raise_if_lasting(error)
        metrics.CLICKHOUSE_UP.set(0)
        metrics.RETRIES.inc()
        if self._down_since is None:
            self._down_since = time.monotonic()
            _log.warning("ClickHouse does not take it (%s); waiting, nothing is lost", worded(error))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._raise_if_halted()
            time.sleep(min(0.1, seconds))

    def patiently(self, action: Callable[[Client], T]) -> T:
        """Return what `action` returns, repeating it while ClickHouse is down; it must bear repetition."""
        seconds = _FIRST_PAUSE
        while True:
            self._raise_if_halted()
            try:
                result = action(self._connected())
            except TRANSPORT_ERRORS as error:
                self.pause(error, seconds)
                seconds = min(2 * seconds, _LONGEST_PAUSE)
            else:
                self._answered()
                return result

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        return self.patiently(lambda client: client.query(query).result_rows)

    def command(self, statement: str) -> None:
        """Run a statement that bears repetition."""
        self.patiently(lambda client: client.command(statement))

    def insert_once(self, table: Table, body: bytes, token: str) -> None:
        """Send one block, once.

        Parameters
        ----------
        table
            Where to.
        body
            One Native block of all its columns.
        token
            By which ClickHouse drops the same block if it comes again.

        Raises
        ------
        clickhouse_connect.driver.exceptions.ClickHouseError, urllib3.exceptions.HTTPError, OSError
            The block may or may not be in.
        """
        self._connected().raw_insert(
            f"{self.name}.{table.name}",
            column_names=table.column_names,
            insert_block=body,
            settings={"insert_deduplication_token": token},
            fmt="Native",
        )
        self._answered()

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None
