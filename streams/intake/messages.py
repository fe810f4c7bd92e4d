"""A batch of consumed messages as parallel columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaError, KafkaException, Message
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
    records = [message for message in messages if message.error() is None]
    ends: dict[int, int] = {}
    if len(records) == len(messages):
        return records, ends
    for message in messages:
        error = message.error()
        if error is None:
            continue
        if error.code() == KafkaError._PARTITION_EOF:
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
    records, ends = _sort_out(messages)
    count = len(records)
    partition = np.fromiter([m.partition() for m in records], dtype=np.int32, count=count)
    if count and not (partition == partition[0]).all():
        order = np.argsort(partition, kind="stable")
        partition = partition[order]
        records = [records[i] for i in order.tolist()]
    stamps = [m.timestamp() for m in records]
    if count and stamps[0][0] != TIMESTAMP_LOG_APPEND_TIME:
        raise RuntimeError("the source topic must have message.timestamp.type=LogAppendTime")
    clocks = [_replay_clock(m) for m in records] if replay else ()
    return Messages(
        partition=partition,
        offset=np.fromiter([m.offset() for m in records], dtype=np.int64, count=count),
        appended=np.fromiter([at for _, at in stamps], dtype=np.int64, count=count),
        keys=[m.key() for m in records],
        values=[m.value() for m in records],
        replay_clock=np.array(clocks, dtype=np.int64) if replay else np.full(count, NO_CLOCK, dtype=np.int64),
        ends=ends,
    )
