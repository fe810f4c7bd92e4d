"""Intake as shipped against the least that a Python consumer of Avro can do, side by side in one run.

    python bench/intake.py [--messages 300000] [--rounds 3] [--profile FILE]

``raw`` is `consume(10000)` and fastavro's decode, and nothing else; ``intake`` is `run_intake` with its ledger,
journal and acknowledgements, on the same topic. They take turns, each in a process of its own on a broker of
its own, and the verdicts in the journal are counted against what the generator made. Loads: ``shipped`` (3 %
revisions, 1 % bad of every kind), ``clean``, and ``truncated`` (1 % bad, all of them torn bodies).
"""

import argparse
import contextlib
import io
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import fastavro
import numpy as np
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from intake_load import BAD_KINDS, Load, generate

from schemas import registry
from schemas.entry import Verdict, decode_entry
from schemas.topics import PARTITIONS, Topics
from streams.admin import ensure_topics
from streams.intake.config import IntakeConfig
from streams.intake.metrics import VERDICTS
from streams.intake.run import run_intake
from tocsin.embedded.kafka import KafkaNode, wait_ready
from tocsin.ports import free_ports

LOADS = {"shipped": (0.01, BAD_KINDS), "clean": (0.0, BAD_KINDS), "truncated": (0.01, ("truncated",))}


def raw(bootstrap: str, topics: Topics, messages: int) -> float:
    """Seconds to consume and decode all messages; the bad ones are skipped."""
    parsed = registry.parsed(registry.CASE_REPORT)
    began = time.perf_counter()
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "raw", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topics.case_reports, p, OFFSET_BEGINNING) for p in range(PARTITIONS)])
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


def intake(bootstrap: str, topics: Topics, messages: int, folder: Path) -> float:
    """Seconds from the call to the commit of the last verdict."""
    stop = threading.Event()
    finished = 0.0

    def committed(moment: str) -> None:
        nonlocal finished
        given = sum(VERDICTS.labels(topics.case_reports, verdict.name.lower())._value.get() for verdict in Verdict)
        if moment == "ledger.committed" and given >= messages:
            finished = time.perf_counter()
            stop.set()

    began = time.perf_counter()
    config = IntakeConfig(bootstrap=bootstrap, folder=folder, topics=topics)
    run_intake(config, failpoint=committed, stop=stop, wall_clock=lambda: time.time_ns() // 1_000_000)
    return finished - began


def verdicts(bootstrap: str, topics: Topics) -> tuple[Counter[str], int, int]:
    """Count the verdicts in the journal; return with them its entries and bytes."""
    counted: Counter[str] = Counter()
    entries = size = 0
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "check", "fetch.message.max.bytes": 16_000_000})
    for partition in range(PARTITIONS):
        chain = TopicPartition(topics.journal(), partition)
        _, end = consumer.get_watermark_offsets(chain, 10)
        consumer.assign([TopicPartition(topics.journal(), partition, 0)])
        at = 0
        while at < end:
            message = consumer.poll(10)
            entry = decode_entry(message.value())
            for code, count in enumerate(np.bincount(entry.verdicts, minlength=6).tolist()):
                counted[Verdict(code).name.lower()] += count
            counted["replaced"] += entry.before_of.size
            at = message.offset() + 1
            entries += 1
            size += len(message.value())
    consumer.close()
    return +counted, entries, size


@contextlib.contextmanager
def broker() -> Iterator[str]:
    """A broker of this benchmark's own."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    node = KafkaNode(folder, *free_ports(2))
    child = node.child(folder / "broker.log")
    child.start()
    try:
        wait_ready(node, child)
        yield node.bootstrap
    finally:
        child.stop()
        shutil.rmtree(folder, ignore_errors=True)


def publish(bootstrap: str, topics: Topics, messages: int, name: str) -> Load:
    """Fill the source topic with a load."""
    ensure_topics(bootstrap, topics)
    share, kinds = LOADS[name]
    load = Load()
    producer = Producer(
        {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 20, "compression.type": "lz4"}
    )
    for key, value in generate(messages, 20200123, share_bad=share, kinds=kinds, load=load):
        while True:
            try:
                producer.produce(topics.case_reports, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()
    return load


def renew_journal(bootstrap: str, topics: Topics) -> None:
    """Empty the journal, for another round."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.delete_topics([topics.journal()])[topics.journal()].result()
    (spec,) = (spec for spec in topics.specs() if spec.name == topics.journal())
    for _ in range(100):
        try:
            made = admin.create_topics([NewTopic(spec.name, spec.partitions, 1, config=dict(spec.config))])
            made[spec.name].result()
            return
        except Exception:  # the deletion takes its time
            time.sleep(0.1)
    raise RuntimeError("the journal could not be made anew")


def child(arguments: argparse.Namespace) -> None:
    """One measurement, in this process."""
    topics = Topics(arguments.prefix)
    # Importing is no part of what is measured; all threads of the process are.
    before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    if arguments.child == "raw":
        seconds = raw(arguments.bootstrap, topics, arguments.messages)
    else:
        with tempfile.TemporaryDirectory() as folder:
            seconds = intake(arguments.bootstrap, topics, arguments.messages, Path(folder) / "ledger")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime - before
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rss_mb": usage.ru_maxrss / 1024}))


def measure(kind: str, bootstrap: str, prefix: str, messages: int, profile: str = "") -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, *(["-m", "cProfile", "-o", profile] if profile else []), __file__, "--child", kind]
    command += ["--bootstrap", bootstrap, "--prefix", prefix, "--messages", str(messages)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def spread(values: list[float]) -> str:
    """Minimum, median and maximum."""
    return f"{min(values):.2f} / {statistics.median(values):.2f} / {max(values):.2f}"


def main() -> int:
    """Run everything; 1 if the results are wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loads", default=",".join(LOADS))
    parser.add_argument("--profile", default="")
    parser.add_argument("--child", default="")
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--prefix", default="")
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments)
        return 0
    wrong = 0
    rates: dict[str, list[float]] = {}
    with broker() as bootstrap:
        names = arguments.loads.split(",")
        expected = {name: publish(bootstrap, Topics(f"{name}."), arguments.messages, name) for name in names}
        for turn in range(arguments.rounds):
            for name in names:
                topics = Topics(f"{name}.")
                if turn:
                    renew_journal(bootstrap, topics)
                for kind in ("raw", "intake"):
                    profile = arguments.profile if kind == "intake" else ""
                    done = measure(kind, bootstrap, topics.prefix, arguments.messages, profile)
                    rate = arguments.messages / done["seconds"]
                    rates.setdefault(f"{name} {kind}", []).append(rate)
                    print(
                        f"{turn} {name:10} {kind:7} {rate:10,.0f} /s  cpu {done['cpu']:5.1f} s"
                        f"  memory {done['rss_mb']:4.0f} MB",
                        flush=True,
                    )
                counted, entries, size = verdicts(bootstrap, topics)
                if counted != expected[name].expected:
                    wrong = 1
                    print(f"  WRONG: {dict(counted)}, expected {dict(expected[name].expected)}")
                else:
                    print(f"  verdicts right; {entries} entries, {size / arguments.messages:.0f} bytes a message")
        print("ratios, minimum / median / maximum:")
        for name in names:
            pairs = zip(rates[f"{name} intake"], rates[f"{name} raw"], strict=True)
            print(f"  intake over raw, {name:10} {spread([own / base for own, base in pairs])}")
        for name in names:
            if name != "clean" and "clean" in names:
                pairs = zip(rates[f"{name} intake"], rates["clean intake"], strict=True)
                print(f"  {name} over clean: {spread([own / base for own, base in pairs])}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
