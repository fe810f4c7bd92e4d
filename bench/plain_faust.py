"""Plain Faust doing intake's count: case reports by disease, area and day in a Table, as its manual teaches.

    python -m bench.plain_faust [--messages 300000] [--faust 20000] [--rounds 3]

``count`` adds every report to a Table. ``corrected`` keeps a second Table of what each report says at present, so that
a revision moves its case, which is what intake's journal lets everyone do. Both decode with fastavro and keep tables in
memory, with changelogs. Their time runs from the first event to the last, intake's from its call to its last commit:
Faust's start is a gift. All take turns on one topic of one broker.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import time
from pathlib import Path
from typing import Any

import fastavro
import faust

from bench import intake, raw
from bench.inbox import broker, folder
from bench.report import machine, publish, spread, table
from schemas import registry
from schemas.topics import Topics
from schemas.wire import HEADER_BYTES

KINDS = ("count", "corrected")


async def count(bootstrap: str, topic: str, messages: int, name: str, place: Path, *, corrected: bool) -> float:
    """Seconds from the first event to the last."""
    app = faust.App(
        name,
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=str(place),
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=3,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
    )
    source = app.topic(topic, key_serializer="raw", value_serializer="raw")
    counts = app.Table("counts", default=int)
    standing = app.Table("standing") if corrected else None
    parsed = registry.parsed(registry.CASE_REPORT)
    done = asyncio.Event()
    moments: list[float] = []
    seen = 0

    @app.agent(source)
    async def tally(stream: Any) -> None:
        nonlocal seen
        async for value in stream:
            seen += 1
            if seen == 1:
                moments.append(time.perf_counter())
            try:
                record: Any = fastavro.schemaless_reader(io.BytesIO(value[HEADER_BYTES:]), parsed, None)
                cell = f"{record['disease']}|{record['residence_area']}|{record['reported_at']:%Y%m%d}"
                if standing is not None:
                    identity = f"{record['issuer']}|{record['report_id']}"
                    before = standing.get(identity)
                    if before is not None:
                        counts[before] -= 1
                    standing[identity] = cell
                counts[cell] += 1
            except Exception:  # a bad one is skipped, as in the raw loop
                pass
            if seen == messages:
                moments.append(time.perf_counter())
                done.set()

    app.finalize()
    await app.start()
    await asyncio.wait_for(done.wait(), 1_800)
    took = moments[1] - moments[0]
    await app.stop()
    return took


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=300_000, help="for intake and the raw loop")
    parser.add_argument("--faust", type=int, default=20_000, help="for Faust, of the same ones")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", default="", choices=("", *KINDS))
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--topic", default="")
    parser.add_argument("--name", default="")
    given = parser.parse_args()
    if given.one:
        before_cpu = raw.cpu_seconds()
        corrected = given.one == "corrected"
        with folder() as place:
            told = count(given.bootstrap, given.topic, given.faust, given.name, place, corrected=corrected)
            seconds = asyncio.run(told)
            raw.tell(seconds, raw.cpu_seconds() - before_cpu)
        return
    before = machine()
    rates: dict[str, list[float]] = {kind: [] for kind in ("intake", "raw", *KINDS)}
    by_cpu: dict[str, list[float]] = {kind: [] for kind in KINDS}
    topics = Topics("shipped.")
    with broker() as bootstrap:
        intake.publish(bootstrap, topics, given.messages, "shipped")
        for turn in range(given.rounds):
            if turn:
                intake.renew_journal(bootstrap, topics)
            rates["raw"].append(given.messages / raw.measure(bootstrap, topics.case_reports, given.messages).seconds)
            own = intake.measure(bootstrap, topics.prefix, given.messages)
            rates["intake"].append(given.messages / own.seconds)
            for kind in KINDS:
                told = raw.child(
                    "-m", "bench.plain_faust", "--one", kind, "--bootstrap", bootstrap, "--topic", topics.case_reports,
                    "--faust", str(given.faust), "--name", f"{kind}-{turn}",
                )  # fmt: skip
                rates[kind].append(given.faust / told.seconds)
                by_cpu[kind].append(told.cpu / given.faust / (own.cpu / given.messages))
    rows = [["raw loop", spread(rates["raw"], 0), "", ""], ["intake", spread(rates["intake"], 0), "", ""]]
    for kind, words in zip(KINDS, ("plain Faust, counting", "plain Faust, counting with corrections"), strict=True):
        ratios = [own / base for own, base in zip(rates["intake"], rates[kind], strict=True)]
        rows.append([words, spread(rates[kind], 0), spread(ratios, 0), spread(by_cpu[kind], 0)])
    publish(
        "plain_faust",
        "Intake over plain Faust",
        f"{given.messages:,} messages for intake, {given.faust:,} of them for Faust, {given.rounds} rounds; {before}.",
        table(("min / median / max", "events/s", "intake over it", "by CPU seconds"), rows),
    )


if __name__ == "__main__":
    main()
