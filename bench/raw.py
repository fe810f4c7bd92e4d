"""The least that a Python consumer of Avro can do: `consume(10000)`, fastavro's decode, and nothing else.

    python -m bench.raw --bootstrap HOST:PORT --topic TOPIC --messages N

Every rate of this folder is put over this loop's, measured in the same run on the same topic. It runs in a process of
its own (`measure`), so that nothing else in the measuring process slows it.
"""

import argparse
import contextlib
import io
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

import fastavro
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from bench.report import ROOT
from schemas import registry
from schemas.topics import PARTITIONS


@dataclass(frozen=True)
class Measured:
    """One run of a child process: wall clock and CPU seconds of its work, and its largest resident memory."""

    seconds: float
    cpu: float
    rss_mb: float


def loop(bootstrap: str, topic: str, messages: int, schema_id: int) -> float:
    """Seconds to consume and decode all messages; the bad ones are skipped."""
    parsed = registry.parsed(schema_id)
    began = time.perf_counter()
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "raw", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(PARTITIONS)])
    seen = 0
    while seen < messages:
        for message in consumer.consume(10_000, 0.05):
            value = message.value()
            seen += 1
            with contextlib.suppress(Exception):
                fastavro.schemaless_reader(io.BytesIO(value[5:]), parsed, None)
    took = time.perf_counter() - began
    consumer.close()
    return took


def cpu_seconds() -> float:
    """CPU seconds of this process so far, all threads."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def tell(seconds: float, cpu: float) -> None:
    """Print what a child measured, for `child` to read."""
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rss_mb": rss}))


def child(*command: str) -> Measured:
    """Run Python with these arguments, and return what it told.

    Raises
    ------
    RuntimeError
        It failed; with the end of what it wrote.
    """
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def measure(bootstrap: str, topic: str, messages: int, schema_id: int = registry.CASE_REPORT) -> Measured:
    """Run the loop in a process of its own."""
    told = ("--bootstrap", bootstrap, "--topic", topic, "--messages", str(messages), "--schema", str(schema_id))
    return child("-m", "bench.raw", *told)


def main() -> None:
    """One run, told as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--schema", type=int, default=registry.CASE_REPORT)
    arguments = parser.parse_args()
    before = cpu_seconds()
    seconds = loop(arguments.bootstrap, arguments.topic, arguments.messages, arguments.schema)
    tell(seconds, cpu_seconds() - before)


if __name__ == "__main__":
    main()
