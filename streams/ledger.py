"""The ledger: which record stands for each identity. A cache of the journal, and may be deleted at any time.

One LMDB file: identity → the accepted record as it came (wire header and body: the next one's before image),
and per partition the head of the chain up to which the file has applied the journal. Rows and heads change in
one transaction, so the file is always exactly some prefix of the journal.
"""

import json
import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import lmdb

from streams.boot import mark_closed, mark_open, trusted

log = logging.getLogger(__name__)

_MAP_BYTES = 1 << 38
"""Address space, not disk: the file is sparse and grows with what it holds."""

_TOPIC_IDS = b"topic-ids"

MAX_IDENTITY_BYTES = 511
"""LMDB's longest key."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far one partition of the journal was applied.

    Parameters
    ----------
    journal_offset
        Offset of the last entry applied, -1 before the first.
    entry_id
        Its id, in hexadecimal; the chain's genesis before the first.
    to_offset
        Source offset up to which verdicts were given, exclusive.
    clock
        Highest arrival, milliseconds UTC; 0 before the first.
    """

    journal_offset: int
    entry_id: str
    to_offset: int
    clock: int


class Ledger:
    """An open ledger. One process, one writer; close it (or use it as a context manager).

    Parameters
    ----------
    folder
        Folder of the file; created if missing.
    topic_ids
        Ids of the source topics and journals that it is made from, by name. A file made from others is deleted.
    """

    def __init__(self, folder: Path, topic_ids: Mapping[str, str]) -> None:
        self._folder = folder
        self._topic_ids = json.dumps(dict(topic_ids), sort_keys=True).encode()
        folder.mkdir(parents=True, exist_ok=True)
        if not trusted(folder):
            log.warning("the machine went down while the ledger was open: it is deleted and made again")
            shutil.rmtree(folder)
        self._open()
        with self._env.begin() as reading:
            stored = reading.get(_TOPIC_IDS, db=self._heads)
        if stored != self._topic_ids:
            self.wipe()

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        mark_open(self._folder)
        # Nothing is flushed to disk while it runs: what a killed process wrote the system still has, and after a
        # crash of the machine the mark says that the file is not to be trusted. A flush cost 20-40 ms each.
        self._env = lmdb.open(
            str(self._folder / "rows"), map_size=_MAP_BYTES, max_dbs=2, sync=False, readahead=False, meminit=False
        )
        self._rows = self._env.open_db(b"rows")
        self._heads = self._env.open_db(b"heads")

    def wipe(self) -> None:
        """Delete everything: the journal is to be applied from its beginning."""
        self._env.close()
        shutil.rmtree(self._folder)
        self._open()
        with self._env.begin(write=True) as writing:
            writing.put(_TOPIC_IDS, self._topic_ids, db=self._heads)

    def head(self, partition: int) -> Head | None:
        """Return how far a partition was applied, or None if nothing of it was."""
        with self._env.begin() as reading:
            stored = reading.get(str(partition).encode(), db=self._heads)
        return Head(**json.loads(stored)) if stored else None

    def held(self, identities: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the standing record, wire header and all, of those identities that have one."""
        with self._env.begin(db=self._rows) as reading, reading.cursor() as cursor:
            return dict(cursor.getmulti(identities))

    def count(self) -> int:
        """Return the number of identities held."""
        with self._env.begin() as reading:
            return int(reading.stat(self._rows)["entries"])

    def transaction(self) -> "Transaction":
        """Begin a change of rows and heads together."""
        return Transaction(self._env.begin(write=True), self._rows, self._heads)

    def close(self) -> None:
        """Flush to disk and close."""
        self._env.sync(True)
        self._env.close()
        mark_closed(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Transaction:
    """Rows put and heads set; nothing of it is seen before `commit`, which makes all of it visible at once."""

    def __init__(self, writing: lmdb.Transaction, rows: lmdb._Database, heads: lmdb._Database) -> None:
        self._writing = writing
        self._rows = rows
        self._heads = heads

    def put(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Set the standing records of identities."""
        with self._writing.cursor(self._rows) as cursor:
            cursor.putmulti(rows)

    def commit(self, heads: Mapping[int, Head]) -> None:
        """Set the heads of partitions, and make everything put here the ledger's state."""
        for partition, head in heads.items():
            self._writing.put(str(partition).encode(), json.dumps(asdict(head)).encode(), db=self._heads)
        self._writing.commit()

    def abort(self) -> None:
        """Forget everything put here."""
        self._writing.abort()
