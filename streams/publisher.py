"""The sender's side: check, take persons out, encode and send records.

    with Publisher("127.0.0.1:9092", sender="420100001", key_file=Path("national.key")) as publisher:
        publisher.send({"report_id": "420100-2020-000001", "disease": "measles", ...})

Sending a record again is harmless: equal fields give an equal message, and intake calls the second a duplicate.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from numpy.typing import NDArray

from schemas import wire
from schemas.columns import dtypes
from schemas.pseudonym import Pseudonymiser
from schemas.sources import CASE_REPORTS, Source
from schemas.topics import MAX_SOURCE_BYTES, REPLAY_CLOCK_HEADER, Topics
from streams.casting import PATIENT_NUMBER, Refused, given, typed

Headers = list[tuple[str, str | bytes | None]] | None

__all__ = ["NoBroker", "Publisher", "Refused", "Undelivered"]


_TOPIC_WAIT_S = 5
"""A topic made a moment ago is not known to every broker yet."""

_log = logging.getLogger(__name__)


class NoBroker(Exception):
    """No broker answers, or it has no such topic."""


class Undelivered(Exception):
    """Messages that the broker did not acknowledge in time; send them again.

    Parameters
    ----------
    count
        How many since the last flush.
    why
        The broker's error names and how often each was met.
    """

    def __init__(self, count: int, why: Mapping[str, int]) -> None:
        super().__init__(f"{count} not delivered: " + ", ".join(f"{name} {n}" for name, n in sorted(why.items())))
        self.count = count


def _frame(records: Sequence[Mapping[str, Any]], schema_id: int) -> pl.DataFrame:
    physical = {name: pl.Int64() if dtype.is_temporal() else dtype for name, dtype in dtypes(schema_id).items()}
    dated = [
        pl.col(name).cast(pl.Int32).cast(dtype) if dtype == pl.Date else pl.col(name).cast(dtype)
        for name, dtype in dtypes(schema_id).items()
    ]
    return pl.DataFrame(records, schema=physical).select(dated)


class Publisher:
    """Sends records of one type to their inbox.

    Parameters
    ----------
    bootstrap
        Address of a broker.
    sender
        The sending institution's code, for records that name none.
    source
        The type of record.
    topics
        Where to; the default is an installation's own.
    key_file
        National key for pseudonyms; without it a record with `patient_id_number` is refused.
    kafka
        Further settings of librdkafka (TLS, SASL).
    clock
        Seconds since 1970; only for the local check of dates that lie in the future.

    Raises
    ------
    schemas.pseudonym.KeyFileError
        The key file is missing or unusable.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        sender: str | None = None,
        source: Source = CASE_REPORTS,
        topics: Topics | None = None,
        key_file: Path | None = None,
        kafka: Mapping[str, str | int] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bootstrap = bootstrap
        self._sender = sender
        self.source = source
        self._topic = (topics or Topics()).inbox(source.name)
        self._pseudonymiser = Pseudonymiser(key_file) if key_file else None
        self._clock = clock
        self._failed: Counter[str] = Counter()
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                # Java's partitioner, not librdkafka's own: intake refuses a record on another partition.
                "partitioner": "murmur2_random",
                "message.max.bytes": MAX_SOURCE_BYTES,
                "linger.ms": 20,
                "compression.type": "lz4",
                **(kafka or {}),
            },
            logger=_log,
        )

    @property
    def pseudonymises(self) -> bool:
        """Return whether it has the national key."""
        return self._pseudonymiser is not None

    def __enter__(self) -> Self:
        deadline = time.monotonic() + _TOPIC_WAIT_S
        while (missing := self._topic_error()) is not None:
            if time.monotonic() > deadline:
                raise NoBroker(f"no topic {self._topic} at {self._bootstrap}: {missing}")
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.flush()
        else:
            self._producer.flush(10)

    def send(self, record: Mapping[str, object]) -> None:
        """Check one record and hand it to the background sender; many at a time are faster with `send_all`.

        Parameters
        ----------
        record
            Fields of the record by name, and `patient_id_number`. Absent: `sender` is the publisher's, `issuer` at
            revision 1 the sender, `revision` 1, `action` REPORT; all others as the schema says.

        Raises
        ------
        Refused
            Nothing was sent.
        """
        (refused,) = self.send_all([record])
        if refused is not None:
            raise refused

    def send_all(
        self, records: Iterable[Mapping[str, object]], *, replay_clocks: Sequence[int] | None = None
    ) -> list[Refused | None]:
        """Check records together and hand the good ones to the background sender.

        Parameters
        ----------
        records
            As `send` takes them.
        replay_clocks
            For a replay: when each record became known, milliseconds UTC. It travels in a header that only replay
            directories honour, and stands for now in the local check.

        Returns
        -------
        list
            For each record None, or why it was refused.
        """
        outcome: list[Refused | None] = []
        sound: list[tuple[int, dict[str, Any]]] = []
        for place, record in enumerate(records):
            try:
                sound.append((place, self._complete(record)))
                outcome.append(None)
            except Refused as refused:
                outcome.append(refused)
        if sound:
            now = np.full(len(sound), int(self._clock() * 1000))
            if replay_clocks is not None:
                now = np.array([replay_clocks[place] for place, _ in sound], dtype=np.int64)
            for row, reason, field in self._checked([record for _, record in sound], now).iter_rows():
                outcome[sound[row][0]] = Refused(field, reason)
        for place, record in sound:
            if outcome[place] is None:
                value = wire.encode(self.source.schema_id, record)
                headers: Headers = [(REPLAY_CLOCK_HEADER, str(replay_clocks[place]))] if replay_clocks else None
                self._produce(record[self.source.key].encode(), value, headers)
        return outcome

    def _checked(self, records: Sequence[Mapping[str, Any]], now: NDArray[np.int64]) -> pl.DataFrame:
        return self.source.checks.check(_frame(records, self.source.schema_id), now)

    def flush(self) -> None:
        """Wait until every message is acknowledged or given up (librdkafka's message.timeout.ms, five minutes).

        Raises
        ------
        Undelivered
            Some were not acknowledged; sending them again is safe.
        """
        while self._producer.flush(1):
            pass
        if self._failed:
            failed, self._failed = self._failed, Counter()
            raise Undelivered(failed.total(), failed)

    def _topic_error(self) -> str | None:
        try:
            found = self._producer.list_topics(self._topic, timeout=10).topics[self._topic]
        except KafkaException as error:
            raise NoBroker(f"no broker answers at {self._bootstrap}: {error.args[0].name()}") from None
        return found.error.name() if found.error is not None else None

    def _complete(self, record: Mapping[str, object]) -> dict[str, Any]:
        fields = {"revision": 1, "action": "REPORT", **given(record, self.source)}
        if self._sender is not None:
            fields.setdefault("sender", self._sender)
        if fields["revision"] in (1, "1") and "sender" in fields:
            fields.setdefault("issuer", fields["sender"])
        number = fields.pop(PATIENT_NUMBER, None)
        if number is not None:
            fields["patient"] = self._pseudonym(number, "patient" in fields)
        return typed(fields, self.source)

    def _pseudonym(self, number: object, patient_given: bool) -> str:
        if patient_given:
            raise Refused(PATIENT_NUMBER, "field_given_twice")
        if self._pseudonymiser is None:
            raise Refused(PATIENT_NUMBER, "no_pseudonym_key")
        if not isinstance(number, str):
            raise Refused(PATIENT_NUMBER, "not_text")
        try:
            return self._pseudonymiser.pseudonym(number)
        except ValueError:
            raise Refused(PATIENT_NUMBER, "not_text") from None

    def _settled(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed[error.name()] += 1

    def _produce(self, key: bytes, value: bytes, headers: Headers) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key, on_delivery=self._settled, headers=headers)
                break
            except BufferError:
                # The local queue is full: wait for acknowledgements rather than grow.
                self._producer.poll(0.1)
        self._producer.poll(0)
