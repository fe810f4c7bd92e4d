"""Intake as shipped against the least that a Python consumer of Avro can do, side by side in one run.

    python -m bench.intake [--source case-reports] [--messages 300000] [--rounds 3] [--profile FILE]

``raw`` is `consume(10000)` and fastavro's decode, and nothing else; ``intake`` is `run_intake` with its ledger,
journal and acknowledgements, on the same topic. They take turns, each in a process of its own on a broker of
its own, and the verdicts in the journal are counted against what the generator made. Loads: ``shipped`` (3 %
revisions, 1 % bad of every kind), ``clean``, and ``truncated`` (1 % bad, all of them torn bodies).
"""

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench import other_load, raw
from bench.inbox import broker, fill, folder
from bench.intake_load import BAD_KINDS, Load, generate
from bench.report import machine, spread, table
from bench.report import publish as publish_result
from schemas.entry import Verdict, decode_entry
from schemas.sources import sources
from schemas.topics import PARTITIONS, Topics
from streams.admin import ensure_topics
from streams.intake.config import IntakeConfig
from streams.intake.metrics import VERDICTS
from streams.intake.run import run_intake

LOADS = {"shipped": (0.01, BAD_KINDS), "clean": (0.0, BAD_KINDS), "truncated": (0.01, ("truncated",))}


def intake(bootstrap: str, topics: Topics, messages: int, folder: Path, source: str) -> float:
    """Seconds from the call to the commit of the last verdict."""
    stop = threading.Event()
    finished = 0.0

    def committed(moment: str) -> None:
        nonlocal finished
        given = sum(VERDICTS.labels(topics.inbox(source), verdict.name.lower())._value.get() for verdict in Verdict)
        if moment == f"ledger.committed.{source}" and given >= messages:
            finished = time.perf_counter()
            stop.set()

    began = time.perf_counter()
    config = IntakeConfig(bootstrap, folder, topics, sources=(source,))
    run_intake(config, failpoint=committed, stop=stop, wall_clock=lambda: time.time_ns() // 1_000_000)
    return finished - began


def verdicts(bootstrap: str, topics: Topics, source: str) -> tuple[Counter[str], int, int]:
    """Count the verdicts in the journal; return with them its entries and bytes."""
    counted: Counter[str] = Counter()
    entries = size = 0
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "check", "fetch.message.max.bytes": 16_000_000})
    for partition in range(PARTITIONS):
        chain = TopicPartition(topics.journal(source), partition)
        _, end = consumer.get_watermark_offsets(chain, 10)
        consumer.assign([TopicPartition(topics.journal(source), partition, 0)])
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


def publish(bootstrap: str, topics: Topics, messages: int, name: str, source: str = "case-reports") -> Load:
    """Fill the source topic with a load."""
    ensure_topics(bootstrap, topics)
    share, kinds = LOADS[name]
    load = Load()
    if source == "case-reports":
        made = generate(messages, 20200123, share_bad=share, kinds=kinds, load=load)
    else:
        made = other_load.generate(source, messages, 20200123, share_bad=share, kinds=kinds, load=load)
    fill(bootstrap, topics.inbox(source), made)
    return load


def renew_journal(bootstrap: str, topics: Topics, source: str) -> None:
    """Empty the journal, for another round."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    name = topics.journal(source)
    admin.delete_topics([name])[name].result()
    (spec,) = (spec for spec in topics.specs() if spec.name == name)
    for _ in range(100):
        try:
            made = admin.create_topics([NewTopic(spec.name, spec.partitions, 1, config=dict(spec.config))])
            made[spec.name].result()
            return
        except Exception:  # the deletion takes its time
            time.sleep(0.1)
    raise RuntimeError("the journal could not be made anew")


def one(arguments: argparse.Namespace) -> None:
    """One measurement of intake, in this process."""
    topics = Topics(arguments.prefix)
    # Importing is no part of what is measured; all threads of the process are.
    before = raw.cpu_seconds()
    with folder() as place:
        seconds = intake(arguments.bootstrap, topics, arguments.messages, place / "ledger", arguments.source)
        raw.tell(seconds, raw.cpu_seconds() - before)


def measure(
    bootstrap: str, prefix: str, messages: int, profile: str = "", source: str = "case-reports"
) -> raw.Measured:
    """One measurement of intake in a process of its own; `profile` is a file for cProfile's statistics."""
    profiled = ("-m", "cProfile", "-o", profile) if profile else ()
    given = ("--bootstrap", bootstrap, "--prefix", prefix, "--messages", str(messages), "--source", source)
    return raw.child(*profiled, "-m", "bench.intake", "--one", *given)


@dataclass
class Rates:
    """Messages a second of each turn, the ratio of CPU seconds, and the memory of the last."""

    raw: list[float] = field(default_factory=list)
    intake: list[float] = field(default_factory=list)
    by_cpu: list[float] = field(default_factory=list)
    rss_mb: float = 0.0

    @property
    def ratios(self) -> list[float]:
        """Intake over the raw loop of the same turn."""
        return [own / base for own, base in zip(self.intake, self.raw, strict=True)]


def run(
    messages: int, rounds: int, names: Sequence[str], profile: str, source: str
) -> tuple[dict[str, Rates], list[str]]:
    """Measure; return rates by load, and what was wrong with the verdicts."""
    wrong: list[str] = []
    rates = {name: Rates() for name in names}
    with broker() as bootstrap:
        expected = {name: publish(bootstrap, Topics(f"{name}."), messages, name, source) for name in names}
        for turn in range(rounds):
            for name in names:
                topics = Topics(f"{name}.")
                if turn:
                    renew_journal(bootstrap, topics, source)
                base = raw.measure(bootstrap, topics.inbox(source), messages, sources()[source].schema_id)
                own = measure(bootstrap, topics.prefix, messages, profile, source)
                rates[name].raw.append(messages / base.seconds)
                rates[name].intake.append(messages / own.seconds)
                rates[name].by_cpu.append(base.cpu / own.cpu)
                rates[name].rss_mb = own.rss_mb
                counted, entries, size = verdicts(bootstrap, topics, source)
                if counted != expected[name].expected:
                    wrong.append(f"{name}: {dict(counted)}, expected {dict(expected[name].expected)}")
                print(
                    f"{turn} {name:10} raw {messages / base.seconds:9,.0f} /s cpu {base.cpu:5.1f} s,"
                    f" intake {messages / own.seconds:9,.0f} /s cpu {own.cpu:5.1f} s memory {own.rss_mb:4.0f} MB,"
                    f" {entries} entries of {size / messages:.0f} bytes a message",
                    flush=True,
                )
    return rates, wrong


def rows(rates: dict[str, Rates]) -> list[list[str]]:
    """Table of the rates. The ratio of CPU seconds, all threads', holds on a machine that others use too."""
    lines = []
    for name, own in rates.items():
        lines.append([f"raw loop, {name}", spread(own.raw, 0), "", ""])
        lines.append([f"intake over raw, {name}", spread(own.intake, 0), spread(own.ratios), spread(own.by_cpu)])
    for name, own in rates.items():
        if name != "clean" and "clean" in rates:
            pairs = zip(own.intake, rates["clean"].intake, strict=True)
            lines.append([f"intake, {name} over clean", "", spread([a / b for a, b in pairs]), ""])
    return lines


HEADERS = ("min / median / max", "events/s", "ratio", "by CPU seconds")


def main() -> int:
    """Run everything; 1 if the results are wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", choices=tuple(sources()), default="case-reports")
    parser.add_argument("--messages", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loads", default=",".join(LOADS))
    parser.add_argument("--profile", default="")
    parser.add_argument("--one", action="store_true")
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--prefix", default="")
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments)
        return 0
    before = machine()
    source, loads = arguments.source, arguments.loads.split(",")
    rates, wrong = run(arguments.messages, arguments.rounds, loads, arguments.profile, source)
    words = "Verdicts equal those that the generator expects." if not wrong else "WRONG: " + "; ".join(wrong)
    sizes = f"{arguments.messages:,} messages, {arguments.rounds} rounds; {before}."
    memory = f"Intake's largest memory {max(own.rss_mb for own in rates.values()):.0f} MB."
    name = "intake" if source == "case-reports" else f"intake-{source}"
    title = "Intake over the raw loop" + (f": {source}" if name != "intake" else "")
    publish_result(name, title, sizes, table(HEADERS, rows(rates)), f"{words} {memory}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
