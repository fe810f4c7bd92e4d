"""The refold: every journal read whole by a plain consumer and folded in large batches, before anything is live."""

import logging
import time
from collections.abc import Callable

from schemas.topics import Topics
from streams.log_reader import LogReader
from streams.tally import Tally

_LOG = logging.getLogger(__name__)

MOMENT = "detect.refold"
"""Failpoint that each batch reaches."""


def refold(
    reader: LogReader, topics: Topics, tally: Tally, failpoint: Callable[[str], None]
) -> dict[tuple[str, int], int]:
    """Fold the journals to their present ends; return for each journal and partition the offset that comes next.

    Parameters
    ----------
    reader
        Reads.
    topics
        Names of the topics.
    tally
        Takes the entries; empty at the beginning.
    failpoint
        Reached with ``detect.refold`` after each batch.

    Raises
    ------
    JournalTruncated
        A journal does not begin at offset 0.
    """
    started = time.monotonic()
    following: dict[tuple[str, int], int] = {}
    entries = 0
    for source, partition in tally.chains:
        journal = topics.journal(source)
        first, end = reader.bounds(journal, partition)
        if first > 0:
            raise JournalTruncated(f"{journal}/{partition} begins at offset {first}")
        following[journal, partition] = first
        for messages in reader.batches(journal, partition, first, end):
            values = [message.value() or b"" for message in messages]
            tally.apply(partition, values, source)
            following[journal, partition] = (messages[-1].offset() or 0) + 1
            entries += len(values)
            failpoint(MOMENT)
    _LOG.info("refolded %d entries, %d reports, in %.1f s", entries, tally.reports, time.monotonic() - started)
    return following


class JournalTruncated(RuntimeError):
    """The beginning of the journal is missing: its retention must be unlimited."""
