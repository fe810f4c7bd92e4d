"""A batch of consumed messages as parallel columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    TIMESTAMP_NOT_AVAILABLE,
    KafkaError,
    KafkaException,
    Message,
)
from numpy.typing import NDArray

from schemas.topics import REPLAY_CLOCK_HEADER
from streams.delivery import passes, place

NO_CLOCK = -1


class SourceLost(RuntimeError):
    """Offsets that were to be read are no longer there: start again, the start-up accounts for them."""


@dataclass(slots=True)
class Messages:
    """Messages of one source topic, those of one partition together and in order of offset.

    `replay_clock` is the header's value in milliseconds, `NO_CLOCK` where there is none or it is not honoured.
    """

    partition: NDArray[np.int32]
    offset: NDArray[np.int64]
    appended: NDArray[np.int64]
    keys: list[bytes | None]
    values: list[bytes | None]
    replay_clock: NDArray[np.int64]
    ends: dict[int, int]
    """Partition to the offset at which its end was met, where it was: offsets before it that brought no
    message hold none."""

    def __len__(self) -> int:
        return len(self.values)


def _sort_out(messages: Sequence[Message]) -> tuple[list[Message], dict[int, int]]:
    """Divide what `consume` returned into records and ends of partitions."""
    records: list[Message] = []
    ends: dict[int, int] = {}
    for message in messages:
        error = message.error()
        if error is None:
            records.append(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            partition, offset = place(message)
            ends[partition] = offset
        elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise SourceLost(f"partition {message.partition()}: {error.str()}")
        elif not passes(error):
            raise KafkaException(error)
    return records, ends


def _replay_clock(message: Message) -> int:
    # The library's type allows a mapping, which only messages to be sent may have.
    for name, value in list(message.headers() or ()):
        if name == REPLAY_CLOCK_HEADER and isinstance(value, bytes) and value.isdigit() and len(value) <= 13:
            return int(value)
    return NO_CLOCK


def columns_of(messages: Sequence[Message], *, replay: bool) -> Messages:
    """Take messages apart.

    Parameters
    ----------
    messages
        What `Consumer.consume` returned, with ``enable.partition.eof``.
    replay
        Honour the replay clock in the headers.

    Raises
    ------
    SourceLost
        The next offset is not in the log any more.
    confluent_kafka.KafkaException
        An error that does not pass by itself.
    """
    records: Sequence[Message] = messages
    ends: dict[int, int] = {}
    stamps = [m.timestamp() for m in records]
    kinds = {kind for kind, _ in stamps}
    if TIMESTAMP_NOT_AVAILABLE in kinds:
        # Errors have no time; to ask every message whether it is one would cost as much as to read its key.
        records, ends = _sort_out(messages)
        stamps = [m.timestamp() for m in records]
        kinds = {kind for kind, _ in stamps}
    if kinds - {TIMESTAMP_LOG_APPEND_TIME}:
        raise RuntimeError("the source topic must have message.timestamp.type=LogAppendTime")
    count = len(records)
    partition = np.array([m.partition() for m in records], dtype=np.int32)
    offset = np.array([m.offset() for m in records], dtype=np.int64)
    appended = np.array([at for _, at in stamps], dtype=np.int64)
    if count and not (partition == partition[0]).all():
        order = np.argsort(partition, kind="stable")
        partition, offset, appended = partition[order], offset[order], appended[order]
        records = [records[i] for i in order.tolist()]
    clocks = np.array([_replay_clock(m) for m in records] if replay else [], dtype=np.int64)
    return Messages(
        partition=partition,
        offset=offset,
        appended=appended,
        keys=[m.key() for m in records],
        values=[m.value() for m in records],
        replay_clock=clocks if replay else np.full(count, NO_CLOCK, dtype=np.int64),
        ends=ends,
    )
