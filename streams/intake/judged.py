"""A batch with everything that is said of it: verdicts, reasons, senders, what may be told of bad records."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas import privacy
from schemas.verdicts import Verdict
from streams.intake.decide import Decisions
from streams.intake.messages import Messages
from streams.intake.screen import Screened

UNKNOWN_SENDER = -1
_CODE = re.compile(r"[0-9A-Za-z._:/-]{1,64}")


@dataclass(slots=True)
class Judged:
    """One element a message in every array; `sender_of` is a place in `senders`, or `UNKNOWN_SENDER`.

    The mappings are from a message's number in the batch: `notes` to (reason, field), `report_ids` to those that
    may be told of noted messages, `before` to the record that an accepted one replaced.
    """

    partition: NDArray[np.int32]
    offset: NDArray[np.int64]
    arrival: NDArray[np.int64]
    verdict: NDArray[np.uint8]
    schema_ids: NDArray[np.int64]
    lengths: NDArray[np.int64]
    values: Sequence[bytes | None]
    sender_of: NDArray[np.int64]
    senders: list[str]
    notes: dict[int, tuple[str, str]]
    report_ids: dict[int, str]
    before: dict[int, bytes]


def _fit_to_tell(text: str) -> bool:
    """Whether a string of a rejected record may go into the journal: a plain code that names no person."""
    return bool(_CODE.fullmatch(text)) and not privacy.holds_identifier(text)


def judged(messages: Messages, arrival: NDArray[np.int64], screened: Screened, decisions: Decisions) -> Judged:
    """Bring together what screening and deciding said of a batch.

    Parameters
    ----------
    messages, arrival, screened
        The batch, when each message arrived, and what could be read of it.
    decisions
        Verdicts of the valid rows of `screened`, in order.
    """
    numbers = screened.rows[screened.valid]
    verdict = np.full(len(messages), Verdict.REJECTED, dtype=np.uint8)
    verdict[numbers] = decisions.verdicts
    conflicts = {int(numbers[at]): (reason, "revision") for at, reason in decisions.conflicts.items()}
    notes = {**screened.faults, **conflicts}
    senders, sender_of = _senders(screened, len(messages))
    return Judged(
        partition=messages.partition,
        offset=messages.offset,
        arrival=arrival,
        verdict=verdict,
        schema_ids=screened.schema_ids,
        lengths=screened.lengths,
        values=messages.values,
        sender_of=sender_of,
        senders=senders,
        notes=notes,
        report_ids=_report_ids(screened, notes, verdict),
        before={int(numbers[at]): record for at, record in decisions.before.items()},
    )


def _senders(screened: Screened, count: int) -> tuple[list[str], NDArray[np.int64]]:
    sender_of = np.full(count, UNKNOWN_SENDER, dtype=np.int64)
    column = screened.frame["sender"]
    if not len(column):
        return [], sender_of
    distinct = column.unique(maintain_order=True)
    sender_of[screened.rows] = column.cast(pl.Enum(distinct)).to_physical().to_numpy()
    senders: list[str] = distinct.to_list()
    # A sender is as far from being checked as the record that names him.
    rejected = sender_of[screened.rows[~screened.valid]]
    for code in np.unique(rejected).tolist():
        if not _fit_to_tell(senders[code]):
            sender_of[sender_of == code] = UNKNOWN_SENDER
    return senders, sender_of


def _report_ids(screened: Screened, notes: dict[int, tuple[str, str]], verdict: NDArray[np.uint8]) -> dict[int, str]:
    noted = np.fromiter(notes, dtype=np.int64, count=len(notes))
    noted = noted[np.isin(noted, screened.rows)]
    told = screened.frame[screened.source.key].gather(np.searchsorted(screened.rows, noted)).to_list()
    return {
        number: report_id
        for number, report_id in zip(noted.tolist(), told, strict=True)
        if verdict[number] != Verdict.REJECTED or _fit_to_tell(report_id)
    }
