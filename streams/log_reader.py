"""Reading one partition of a log from an offset to its present end, in large batches."""

import time
from collections.abc import Callable, Iterator
from types import TracebackType

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from streams.delivery import passes, watermarks

_BATCH = 20_000
_WAIT_SECONDS = 0.2
_TIMEOUT = 30.0
_STALL_SECONDS = 60.0


class LogStalled(RuntimeError):
    """Nothing came for a minute though there is more to read."""


class LogReader:
    """A plain consumer without a group: what it reads is nobody else's business.

    Parameters
    ----------
    bootstrap
        Kafka's addresses.
    stopped
        Asked between batches; once true, reading ends early.
    """

    def __init__(self, bootstrap: str, stopped: Callable[[], bool] = lambda: False) -> None:
        self._stopped = stopped
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "tocsin-detect-reader",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.message.max.bytes": 16_000_000,
                "queued.max.messages.kbytes": 65_536,
                # Another partition is asked for only when the broker has answered for the one before, and after a full
                # queue only when the pause is over: the defaults, half a second and a second, are most of a start.
                "fetch.wait.max.ms": 20,
                "fetch.queue.backoff.ms": 20,
            }
        )

    def __enter__(self) -> "LogReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """Return the first offset and the one behind the last.

        Raises
        ------
        confluent_kafka.KafkaException
            The broker refused, or had no leader for the partition for half a minute.
        """
        return watermarks(self._consumer, topic, partition, _TIMEOUT)

    def batches(self, topic: str, partition: int, start: int, end: int) -> Iterator[list[Message]]:
        """Yield the messages from `start` to before `end`, in order.

        Raises
        ------
        LogStalled
            More should come and does not.
        confluent_kafka.KafkaException
            The broker refused.
        """
        if start >= end:
            return
        self._consumer.assign([TopicPartition(topic, partition, start)])
        seen = time.monotonic()
        try:
            while start < end and not self._stopped():
                messages = []
                for message in self._consumer.consume(min(_BATCH, end - start), _WAIT_SECONDS):
                    error = message.error()
                    if error is None:
                        messages.append(message)
                    elif not passes(error):
                        raise KafkaException(error)
                if not messages:
                    if time.monotonic() - seen > _STALL_SECONDS:
                        raise LogStalled(f"{topic}/{partition} gave nothing at {start} of {end}")
                    continue
                seen = time.monotonic()
                start = (messages[-1].offset() or 0) + 1
                surplus = start - end
                yield messages if surplus <= 0 else [m for m in messages if (m.offset() or 0) < end]
        finally:
            self._consumer.unassign()
