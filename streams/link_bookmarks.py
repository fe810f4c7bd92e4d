"""Bookmarks in chained topics: where reading may begin without losing the proof. A cache that may be deleted."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A message known to be valid, by its offset and the parent that it names."""

    offset: int
    parent: bytes


class Bookmarks:
    """Bookmarks by topic id and partition, kept in a small file.

    A wrong or foreign bookmark does no harm: the message that it points to does not name the parent, and the reader
    begins at the beginning.

    Parameters
    ----------
    file
        Need not exist.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._marks: dict[str, Bookmark] = {}
        try:
            stored = json.loads(file.read_text("utf-8"))
            self._marks = {name: Bookmark(int(at), bytes.fromhex(parent)) for name, (at, parent) in stored.items()}
        except FileNotFoundError:
            pass
        except (ValueError, TypeError, AttributeError):
            _LOG.warning("the bookmarks in %s are unreadable: outputs are read from their beginning", file)

    def of(self, topic_id: str, partition: int) -> Bookmark | None:
        """Return the bookmark of a partition."""
        return self._marks.get(f"{topic_id}/{partition}")

    def put(self, topic_id: str, partition: int, bookmark: Bookmark) -> None:
        """Set the bookmark of a partition; `save` makes it last."""
        self._marks[f"{topic_id}/{partition}"] = bookmark

    def save(self) -> None:
        """Write the file anew, whole or not at all."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: (mark.offset, mark.parent.hex()) for name, mark in self._marks.items()})
        fresh = self._file.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        fresh.replace(self._file)
