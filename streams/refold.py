"""The refold: the whole journal read by a plain consumer and folded in large batches, before anything is live."""

import logging
import time
from collections.abc import Callable

from streams.log_reader import LogReader
from streams.tally import Tally

_LOG = logging.getLogger(__name__)

MOMENT = "detect.refold"
"""Failpoint that each batch reaches."""


def refold(reader: LogReader, journal: str, tally: Tally, failpoint: Callable[[str], None]) -> dict[int, int]:
    """Fold the journal to its present end; return for each partition the offset that comes next.

    Parameters
    ----------
    reader
        Reads.
    journal
        Topic of the journal.
    tally
        Takes the entries; empty at the beginning.
    failpoint
        Reached with ``detect.refold`` after each batch.

    Raises
    ------
    JournalTruncated
        The journal does not begin at offset 0.
    """
    started = time.monotonic()
    following: dict[int, int] = {}
    entries = 0
    for partition in tally.chains:
        first, end = reader.bounds(journal, partition)
        if first > 0:
            raise JournalTruncated(f"{journal}/{partition} begins at offset {first}")
        following[partition] = first
        for messages in reader.batches(journal, partition, first, end):
            values = [message.value() or b"" for message in messages]
            tally.apply(partition, values)
            following[partition] = (messages[-1].offset() or 0) + 1
            entries += len(values)
            failpoint(MOMENT)
    _LOG.info("refolded %d entries, %d reports, in %.1f s", entries, tally.reports, time.monotonic() - started)
    return following


class JournalTruncated(RuntimeError):
    """The beginning of the journal is missing: its retention must be unlimited."""
