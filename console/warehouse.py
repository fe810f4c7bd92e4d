"""ClickHouse as the console sees it: a few named questions, timed, over one read-only credential."""

import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from console.measures import QUERY_FAILURES, QUERY_SECONDS
from sinks.client import Address, connect
from sinks.faults import TRANSPORT_ERRORS

_log = logging.getLogger(__name__)

ANSWER_SECONDS = 15

Row = dict[str, Any]


class WarehouseDown(RuntimeError):
    """ClickHouse does not answer, or refuses the question; the text is fit for the page."""


class Warehouse:
    """A connection that is made when it is first needed and again after each failure, shared by threads.

    Parameters
    ----------
    address
        Where it is, a credential that may read, and the database.
    """

    def __init__(self, address: Address) -> None:
        self.database = address.database
        self._address = address
        self._lock = threading.Lock()
        self._client: Client | None = None

    def rows(self, name: str, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows of a query as dictionaries.

        Parameters
        ----------
        name
            Of the question, for the metrics.
        sql
            With ``{name:Type}`` where the server puts parameters in.
        parameters
            Their values.

        Raises
        ------
        WarehouseDown
            No connection, a time-out, or an error of the engine.
        """
        started = time.monotonic()
        try:
            result = self._connected().query(sql, parameters=dict(parameters or {}))
            names: Sequence[str] = result.column_names
            answer = [dict(zip(names, row, strict=True)) for row in result.result_rows]
        except TRANSPORT_ERRORS as error:
            QUERY_FAILURES.labels(name).inc()
            _log.warning("the question %s failed: %s", name, error)
            self._forget()
            raise WarehouseDown(_reason(error)) from error
        QUERY_SECONDS.labels(name).observe(time.monotonic() - started)
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._forget()

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = connect(self._address, timeout=ANSWER_SECONDS)
            return self._client

    def _forget(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def _reason(error: Exception) -> str:
    """Return what a reader of the page can use; the log has the rest."""
    if not isinstance(error, DatabaseError):
        return "ClickHouse does not answer"
    code = re.search(r"\bCode: (\d+)", str(error))
    return f"ClickHouse refuses the question{f' with code {code.group(1)}' if code else ''}"
