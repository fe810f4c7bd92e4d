"""The ClickHouse engine inside this process: one folder, any number of connections, each a session of its own.

A connection of chDB is a server's session: its settings, temporary tables and current database are its own, and
queries of different connections run at the same time. Opening one takes under a millisecond, so a request gets a fresh
one and leaves nothing behind.
"""

import os
import shutil
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from chdb.state.sqlitelike import Connection

from tocsin.embedded.clickhouse_errors import NOT_ENOUGH_SPACE, ClickHouseError, error
from tocsin.embedded.sql_text import STREAMS, Statement, identifier, quoted

# Formats whose chunks put one behind the other are the whole: no head, no foot. The engine writes the others' head and
# foot around every chunk, so their results are made in one piece.
_CONCATENATE = frozenset(
    {"Native", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV", "JSONEachRow", "JSONLines", "NDJSON"}
    | {"JSONCompactEachRow", "RowBinary", "LineAsString", "RawBLOB", "JSONStringsEachRow"}
)

# The engine reserves a megabyte a part; a few parts may be written at once.
_SPARE = 16 << 20


@dataclass
class Numbers:
    """What a statement read, wrote and took, for the summary header."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0

    def as_header(self) -> dict[str, str]:
        """The header's fields, numbers as text as ClickHouse writes them."""
        return {name: str(value) for name, value in vars(self).items()}


class Engine:
    """The open folder. One in a process and one process a folder: a second open fails.

    Parameters
    ----------
    folder : Path
        Made if missing. Becomes the process's working directory, since the engine reads its configuration there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        package = resources.files("tocsin.embedded")
        for source, name in (("clickhouse.xml", "config.xml"), ("clickhouse_users.xml", "users.xml")):
            (folder / name).write_text(package.joinpath(source).read_text(encoding="utf-8"), encoding="utf-8")
        os.chdir(folder)
        self._path = str((folder / "data").resolve())
        # The engine ends with its last connection, so one stays.
        self._keeper = Connection(self._path)

    def connect(self) -> "Session":
        """Open a session."""
        return Session(Connection(self._path), self._path)

    def close(self) -> None:
        """Close the engine; whatever was acknowledged is on disk in any case."""
        self._keeper.close()


class Session:
    """One connection, for one request at a time."""

    def __init__(self, connection: Connection, path: str) -> None:
        self._connection = connection
        self._path = path

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def use(self, database: str) -> None:
        """Make `database` the current one."""
        self.run(f"USE {identifier(database)}")

    def set(self, settings: Mapping[str, str]) -> None:
        """Change settings of this session; the engine checks names and values."""
        if settings:
            self.run("SET " + ", ".join(f"{identifier(name)} = {quoted(value)}" for name, value in settings.items()))

    def reset(self, names: Mapping[str, str]) -> None:
        """Put settings back to their defaults."""
        if names:
            self.run("SET " + ", ".join(f"{identifier(name)} = DEFAULT" for name in names))

    def run(self, sql: str, form: str = "TabSeparatedRaw", parameters: Mapping[str, str] | None = None) -> bytes:
        """Run one statement and return its whole result.

        Raises
        ------
        ClickHouseError
            What the engine says.
        """
        return self.whole(sql, form, parameters or {}, Numbers())

    def whole(self, sql: str, form: str, parameters: Mapping[str, str], numbers: Numbers) -> bytes:
        """As `run`, adding what was read and written to `numbers`."""
        try:
            result = self._connection.query(sql, form, params=dict(parameters))
        except Exception as problem:
            raise _worded(problem) from None
        numbers.read_rows += result.storage_rows_read()
        numbers.read_bytes += result.storage_bytes_read()
        numbers.written_rows += result.rows_written()
        numbers.written_bytes += result.bytes_written()
        numbers.elapsed_ns += int(result.elapsed() * 1e9)
        content: bytes = result.bytes()
        numbers.result_rows += result.rows_read()
        numbers.result_bytes += len(content)
        return content

    def chunks(
        self, asked: Statement, form: str, parameters: Mapping[str, str], numbers: Numbers
    ) -> Generator[bytes, None, None]:
        """Run a statement and give its result out in pieces, in constant memory where statement and format allow.

        Closing the iterator cancels what still runs.
        """
        if asked.word not in STREAMS or form not in _CONCATENATE:
            yield self.whole(asked.text, form, parameters, numbers)
            return
        try:
            stream: Any = self._connection.send_query(asked.text, form, params=dict(parameters))
        except Exception as problem:
            raise _worded(problem) from None
        try:
            while (piece := self._fetched(stream)) is not None:
                numbers.read_rows += piece.storage_rows_read()
                numbers.result_rows += piece.rows_read()
                content: bytes = piece.bytes()
                numbers.result_bytes += len(content)
                yield content
        finally:
            stream.close()

    def insert(self, asked: Statement, numbers: Numbers) -> None:
        """Insert what came with an INSERT: up to a million rows or 256 MB are one block, in wholly or not at all.

        Raises
        ------
        ClickHouseError
            What the engine says, or that the disk is full: chDB's own insert calls done what it could not write.
        """
        left = shutil.disk_usage(self._path).free
        if left < _SPARE + 2 * len(asked.data or b""):
            raise error(NOT_ENOUGH_SPACE, "NOT_ENOUGH_SPACE", f"Cannot reserve space, {left} bytes are left")
        try:
            insert: Any = self._connection.send_insert(asked.text, asked.data_format)
        except Exception as problem:
            raise _worded(problem) from None
        try:
            if asked.data:
                insert.append(asked.data)
            result = insert.finish()
        except Exception as problem:
            raise _worded(problem) from None
        finally:
            insert.cancel()  # nothing, once it is finished
        numbers.written_rows += result.rows_written
        numbers.written_bytes += result.bytes_written
        numbers.elapsed_ns += int(result.elapsed * 1e9)

    @staticmethod
    def _fetched(stream: Any) -> Any:
        try:
            return stream.fetch()
        except Exception as problem:
            raise _worded(problem) from None


def _worded(problem: Exception) -> ClickHouseError:
    return ClickHouseError(str(problem))
