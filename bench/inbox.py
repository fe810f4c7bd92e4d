"""A broker of a benchmark's own, and the filling of its inbox."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from confluent_kafka import Producer

from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.ports import free_ports

Message = tuple[bytes | None, bytes | None]


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def broker() -> Iterator[str]:
    """A broker without anything else; gives its address."""
    with folder() as place:
        node = KafkaNode(place, *free_ports(2))
        child = node.child(place / "broker.log")
        child.start()
        try:
            wait_ready(node, child)
            yield node.bootstrap
        finally:
            child.stop()


def fill(bootstrap: str, topic: str, messages: Iterable[Message]) -> int:
    """Produce keys and values as senders do (murmur2), wait for the acknowledgements, and return how many they were.

    Raises
    ------
    RuntimeError
        The broker did not take them all.
    """
    failed: list[str] = []
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "linger.ms": 20,
            "compression.type": "lz4",
            "queue.buffering.max.messages": 500_000,
            "on_delivery": lambda error, _: failed.append(str(error)) if error else None,
        }
    )
    count = 0
    for key, value in messages:
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
        count += 1
    if producer.flush(120) or failed:
        raise RuntimeError(f"the broker did not take everything: {failed[:3]}")
    return count
