"""What counts, less what is news, is what outputs said: whatever the order in which partitions are read."""

from collections import Counter
from random import Random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.marker import Marker
from streams.known_first import KnownFirst, Rows
from streams.repeats import Repeats
from tests.streams.repeated_results import Entry, batch, counting, frame, journal, revisions

TOPIC = "lab-results"
PARTITIONS = 3
KEPT = [name for name in frame([]).columns if name not in ("patient", "specimen_id")]


def partitioned(seed: int, results: int) -> list[list[Entry]]:
    """Return the entries of each partition, an entry being one offset; a result keeps to one partition."""
    told = revisions(seed, results)
    return [journal(seed + part, told[part::PARTITIONS], most=3) for part in range(PARTITIONS)]


def nested(random: Random, partitions: list[list[Entry]], markers: int) -> list[Marker]:
    """Return markers each of which contains the one before; the first may contain nothing."""
    found = [Marker()] if random.random() < 0.3 else []
    reached = [0] * PARTITIONS
    for _ in range(markers):
        reached = [random.randint(low, len(entries)) for low, entries in zip(reached, partitions, strict=True)]
        found.append(Marker({(TOPIC, part): to for part, to in enumerate(reached)}))
    return list(dict.fromkeys(found))


def counts_at(partitions: list[list[Entry]], marker: Marker) -> Counter[tuple[Any, ...]]:
    """Return what counts of the entries within a marker."""
    within = [entry for part, entries in enumerate(partitions) for entry in entries[: marker.get((TOPIC, part), 0)]]
    newest = {(one.issuer, one.result_id): one for entry in within for one in entry.after}
    return Counter(frame(counting(newest.values())).select(KEPT).rows())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(0, 3), st.booleans())
def test_counts_less_news_are_what_was_said(seed: int, results: int, markers: int, one_by_one: bool) -> None:
    random = Random(seed)
    partitions = partitioned(seed, results)
    known = nested(random, partitions, markers)
    first, kept = KnownFirst(known), Repeats()
    total: Counter[tuple[Any, ...]] = Counter()
    news: list[Counter[tuple[Any, ...]]] = [Counter() for _ in known]
    reached = [0] * PARTITIONS
    handed_on = 0
    while reached != [len(entries) for entries in partitions]:
        unread = [part for part in range(PARTITIONS) if reached[part] < len(partitions[part])]
        part = unread[0] if one_by_one else random.choice(unread)
        start, stop = reached[part], min(reached[part] + random.randint(1, 6), len(partitions[part]))
        entries = partitions[part][start:stop]
        fresh = np.array([[at >= m.get((TOPIC, part), 0) for at in range(start, stop)] for m in known], np.bool_)
        rows = Rows(*batch(entries, 0), fresh.reshape(len(known), stop - start))
        reached[part] = stop
        for ready in first.ready(rows, TOPIC, dict(enumerate(reached))):
            handed_on += ready.after.height
            said = kept.settled(ready.after, ready.before, ready.after_entry, ready.before_entry)
            for sign, frame_, entry in ((1, said.after, said.after_entry), (-1, said.before, said.before_entry)):
                for row, number in zip(frame_.rows(), entry.tolist(), strict=True):
                    total[row] += sign
                    for one, fresh_for in zip(news, ready.fresh, strict=True):
                        one[row] += sign * int(fresh_for[number])
    everything = Marker({(TOPIC, part): len(entries) for part, entries in enumerate(partitions)})
    assert handed_on == sum(len(entry.after) for entries in partitions for entry in entries)
    assert +total == counts_at(partitions, everything)
    for marker, one in zip(known, news, strict=True):
        then = Counter(total)
        then.subtract(one)
        assert {row: n for row, n in then.items() if n} == counts_at(partitions, marker)


def test_other_topics_are_not_waited_for() -> None:
    first = KnownFirst([Marker({("case-reports", 0): 50, (TOPIC, 0): 1})])
    entries = partitioned(1, 30)[0][:2]
    rows = Rows(*batch(entries, 0), np.array([[False, True]]))
    assert [ready.after_entry.tolist() for ready in first.ready(rows, TOPIC, {0: 2})] == [
        [0] * len(entries[0].after),
        [1] * len(entries[1].after),
    ]
