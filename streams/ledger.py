"""The ledger: which record stands for each identity. A cache of the journal, and may be deleted at any time.

Three files, of which two only grow: ``records``, the accepted records as they came (wire header and body: the
next one's before image), and ``places``, pairs of identity number and place in ``records``. ``heads`` says how
far both are committed, and to which journal offset. The index is in memory, 16 bytes a slot, and is read from
``places`` at the start: a second for five million. What was appended and not committed is cut off then.

Identity numbers are hashes; that two identities may have one is `streams.identity`'s business.
"""

import json
import logging
import os
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl

from streams.boot import mark_closed, mark_open, trusted
from streams.place_table import Numbers, PlaceTable

log = logging.getLogger(__name__)

_LENGTH_BITS = 17
MAX_RECORD_BYTES = (1 << _LENGTH_BITS) - 1
_PAGE = 65_536
_CHUNK = 1_000_000

# The hash of polars is fast, promised to be stable within one version only, and may differ between processors:
# files that were made with another are of no use here.
_PROBE = pl.Series(["", "short", "long enough for the wide paths of any hash " * 8]).hash(1).to_list()
_FORMAT = f"2 polars-{pl.__version__} {_PROBE}"


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

    `put` changes what `find` answers at once, `commit` makes it last: a ledger with a change that cannot be
    committed is to be closed, and opened again stands at its last commit.

    Parameters
    ----------
    folder
        Folder of the files; created if missing.
    topic_ids
        Ids of the source topics and journals that it is made from, by name. Files made from others are deleted.
    """

    def __init__(self, folder: Path, topic_ids: Mapping[str, str]) -> None:
        self._folder = folder
        self._made_of = {"format": _FORMAT, "topic_ids": dict(topic_ids)}
        folder.mkdir(parents=True, exist_ok=True)
        committed = _newest(folder / "heads") if trusted(folder) else None
        if committed is None or committed["made_of"] != self._made_of or not self._whole(committed):
            if any(folder.iterdir()):
                log.warning("the ledger was made from other topics, or is not whole: it is made again from the journal")
            self._begin_anew()
        else:
            self._open(committed)

    def _whole(self, committed: dict[str, Any]) -> bool:
        sizes = {name: committed[name] for name in ("records", "places")}
        return all(
            (self._folder / name).exists() and (self._folder / name).stat().st_size >= size
            for name, size in sizes.items()
        )

    def _begin_anew(self) -> None:
        # The folder itself stays, and a folder in it: it may be a volume of its own, with a lost+found.
        for path in self._folder.iterdir():
            if path.is_file():
                path.unlink()
        for name in ("records", "places", "heads"):
            (self._folder / name).touch()
        self._open({"seed": secrets.randbits(63), "turn": 0, "heads": {}})

    def _open(self, committed: dict[str, Any]) -> None:
        mark_open(self._folder)
        self.seed: int = committed["seed"]
        """Seed of the identities' hash, secret so that nobody can make two identities collide."""
        self._turn = committed["turn"]
        self._heads = {int(p): Head(**head) for p, head in committed["heads"].items()}
        self._sizes = {name: committed.get(name, 0) for name in ("records", "places")}
        self._files = {name: os.open(self._folder / name, os.O_RDWR) for name in ("records", "places", "heads")}
        for name, size in self._sizes.items():
            os.ftruncate(self._files[name], size)
            os.lseek(self._files[name], size, os.SEEK_SET)
        self._uncommitted: list[bytes] = []
        self._table = PlaceTable()
        pairs = np.fromfile(self._folder / "places", dtype="<u8").reshape(-1, 2)
        for start in range(0, len(pairs), _CHUNK):
            self._index(pairs[start : start + _CHUNK, 0], pairs[start : start + _CHUNK, 1])

    def _index(self, numbers: Numbers, places: Numbers) -> None:
        # The last place of a number is the one that holds.
        distinct, last = np.unique(numbers[::-1], return_index=True)
        self._table.set(distinct, places[::-1][last])

    def wipe(self) -> None:
        """Delete everything: the journal is to be applied from its beginning."""
        self._close_files()
        self._begin_anew()

    def head(self, partition: int) -> Head | None:
        """Return how far a partition was applied, or None if nothing of it was."""
        return self._heads.get(partition)

    def __len__(self) -> int:
        return len(self._table)

    def find(self, numbers: Numbers) -> Numbers:
        """Return the place of each identity number's record, 0 where there is none."""
        return self._table.find(numbers)

    def read(self, places: Numbers) -> list[bytes]:
        """Return the records at places that `find` gave, wire header and all."""
        file = self._files["records"]
        return [
            os.pread(file, place & MAX_RECORD_BYTES, place >> _LENGTH_BITS)
            for place in places.tolist()
        ]  # fmt: skip

    def put(self, numbers: Numbers, records: Sequence[bytes]) -> None:
        """Let records stand for identity numbers, each of which may be given once."""
        if not len(records):
            return
        lengths = np.fromiter(map(len, records), dtype=np.uint64, count=len(records))
        if int(lengths.max()) > MAX_RECORD_BYTES:
            raise ValueError("a record is longer than a place can say")
        offsets = np.uint64(self._sizes["records"]) + np.cumsum(lengths) - lengths
        places = offsets << np.uint64(_LENGTH_BITS) | lengths
        self._append("records", b"".join(records))
        pairs = np.empty((len(records), 2), dtype="<u8")
        pairs[:, 0], pairs[:, 1] = numbers, places
        self._uncommitted.append(pairs.tobytes())
        self._table.set(numbers, places)

    def commit(self, heads: Mapping[int, Head]) -> None:
        """Make everything put so far, and these partitions' heads, the state that survives."""
        self._append("places", b"".join(self._uncommitted))
        self._uncommitted.clear()
        self._heads.update(heads)
        self._turn += 1
        state = {
            "made_of": self._made_of,
            "seed": self.seed,
            "turn": self._turn,
            "heads": {partition: asdict(head) for partition, head in self._heads.items()},
            **self._sizes,
        }
        _write_page(self._files["heads"], self._turn, json.dumps(state).encode())

    def _append(self, name: str, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._files[name], view) :]
        self._sizes[name] += len(data)

    def _close_files(self) -> None:
        for file in self._files.values():
            os.close(file)

    def close(self) -> None:
        """Flush to disk and close."""
        for file in self._files.values():
            os.fsync(file)
        self._close_files()
        mark_closed(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _write_page(file: int, turn: int, state: bytes) -> None:
    # Two pages in turn: a process killed in the middle of one leaves the other.
    page = b"%08x%08x" % (len(state), zlib.crc32(state)) + state
    if len(page) > _PAGE:
        raise ValueError("too many partitions for the ledger's heads")
    os.pwrite(file, page, turn % 2 * _PAGE)


def _newest(path: Path) -> dict[str, Any] | None:
    data = path.read_bytes() if path.exists() else b""
    states = []
    for start in (0, _PAGE):
        page = data[start : start + _PAGE]
        try:
            size, crc = int(page[:8], 16), int(page[8:16], 16)
        except ValueError:
            continue
        state = page[16 : 16 + size]
        if zlib.crc32(state) == crc:
            states.append(json.loads(state))
    return max(states, key=lambda state: int(state["turn"]), default=None)
