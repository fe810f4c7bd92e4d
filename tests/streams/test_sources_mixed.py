"""P3 for every source at once: however the four journals are cut, in whatever order they come, the state is one."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.state import AlertState
from catalogue.loader import load
from catalogue.model import Catalogue
from schemas.murmur2 import partition_of
from schemas.sources import sources
from streams.aggregate_rows import KEY
from streams.evaluation import Evaluation
from streams.series import china
from streams.tally import Tally
from streams.told import Told
from tests.chain.other_reports import KEY as NAME
from tests.chain.other_reports import content, drawn, framed
from tests.chain.reports import COUNTIES, case
from tests.chain.reports import framed as framed_case
from tests.streams.current_state import current_alerts
from tests.streams.journal_writing import JournalWriter

START = datetime(2024, 3, 1, 1, 0, tzinfo=UTC)
DISEASES = ("measles", "cholera", "covid19", "dysentery")
PARTITIONS = 2
Chain = tuple[str, int]


@dataclass(frozen=True)
class Record:
    """One revision of a record."""

    source: str
    fields: dict[str, Any]

    def body(self) -> bytes:
        return (framed_case(self.fields) if self.source == "case-reports" else framed(self.source, self.fields))[5:]


Change = tuple[Record, Record | None]


def _new(source: str, chance: random.Random, name: str, now: datetime) -> dict[str, Any]:
    if source != "case-reports":
        return drawn(source, chance, name, now)
    abroad = {"origin": 5, "origin_country": "TH"} if chance.random() < 0.2 else {}
    place = chance.choice(COUNTIES)
    return case(name, now, disease=chance.choice(DISEASES), residence_area=place, **abroad)


def _corrected(source: str, chance: random.Random, old: dict[str, Any]) -> dict[str, Any]:
    if source == "case-reports":
        return {"residence_area": chance.choice(COUNTIES)}
    return content(source, chance, old["reported_at"])


def histories(seed: int, size: int) -> dict[Chain, list[Change]]:
    """Accepted records of every source and what each replaced: corrections, retractions, and records that come back."""
    chance = random.Random(seed)
    made: dict[Chain, list[Change]] = {(source, p): [] for source in NAME for p in range(PARTITIONS)}
    for source in NAME:
        standing: dict[str, Record] = {}
        for _ in range(size):
            name = f"{source[0]}{chance.randrange(2 * size // 3 + 1)}"
            old = standing.get(name)
            if old is None:
                fields = _new(source, chance, name, START + timedelta(hours=chance.randrange(40 * 24)))
            else:
                action = chance.choice(("REVISE", "REVISE", "RETRACT"))
                fields = {**old.fields, **_corrected(source, chance, old.fields), "action": action}
                fields["revision"] += 1
            standing[name] = Record(source, fields)
            made[source, partition_of(name.encode(), PARTITIONS)].append((standing[name], old))
    return made


def journals(changes: dict[Chain, list[Change]], cuts: Sequence[int], last: datetime) -> dict[Chain, list[bytes]]:
    """Journals whose entries end at the cuts; the last says how late it is."""
    written = {}
    for (source, partition), of_chain in changes.items():
        writer = JournalWriter(partition, source, schema_id=sources()[source].schema_id)
        bounds = sorted({0, len(of_chain), *(cut % (len(of_chain) + 1) for cut in cuts)})
        for first, end in pairwise(bounds):
            writer.entry(of_chain[first:end], int(START.timestamp() * 1000))
        writer.entry([], int(last.timestamp() * 1000))
        written[source, partition] = writer.values
    return written


class Detection:
    """Tally and evaluation, with everything that they said."""

    def __init__(self, catalogue: Catalogue, cells: int = 1 << 18) -> None:
        signals = sorted(catalogue.signals.values(), key=lambda signal: signal.number)
        self.tally = Tally(signals, china(), PARTITIONS)
        self._evaluation = Evaluation(self.tally, Told(), catalogue.version, cells=cells)
        self._frames: list[pl.DataFrame] = []
        self._events: list[AlertState] = []

    def evaluate(self) -> None:
        outcome = self._evaluation.evaluate()
        if outcome is not None:
            self._frames += outcome.frames
            self._events += outcome.events
            self._evaluation.settle(outcome)

    def rows(self) -> pl.DataFrame:
        """The newest row of each cell, those left out that say nothing any more."""
        newest = pl.concat(self._frames).unique(KEY, keep="last", maintain_order=True)
        alarms = [pl.col(name).fill_null(False) for name in newest.columns if name.endswith("alarm")]
        says = (pl.col("count") != 0) | (pl.col("denominator").fill_null(0) != 0) | pl.any_horizontal(alarms)
        return newest.filter(says).sort(KEY)

    def alerts(self) -> list[dict[str, Any]]:
        return current_alerts(self._events)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@settings(max_examples=5, deadline=None)
@given(
    st.integers(0, 1 << 30),
    st.integers(5, 45),
    st.lists(st.integers(0, 1000), max_size=5),
    st.lists(st.tuples(st.integers(0, 7), st.integers(1, 4)), max_size=20),
    st.sets(st.integers(0, 27), max_size=4),
)
def test_any_cutting_and_order_of_all_sources_gives_the_same_state(
    catalogue: Catalogue,
    seed: int,
    size: int,
    cuts: list[int],
    steps: list[tuple[int, int]],
    looks: set[int],
) -> None:
    changes = histories(seed, size)
    last = START + timedelta(days=45)
    whole = Detection(catalogue)
    for (source, partition), values in journals(changes, [], last).items():
        whole.tally.apply(partition, values, source)
    whole.evaluate()

    pieces = Detection(catalogue, cells=5000)
    written = journals(changes, cuts, last)
    chains = random.Random(seed).sample(sorted(written), len(written))
    at = dict.fromkeys(chains, 0)
    for turn, (which, count) in enumerate([*steps, *((n, 1 << 30) for n in range(len(chains)))]):
        chain = chains[which]
        values = written[chain][at[chain] : at[chain] + count]
        at[chain] += len(values)
        pieces.tally.apply(chain[1], values, chain[0])
        if turn in looks:
            pieces.evaluate()
    pieces.evaluate()

    assert pieces.tally.marker == whole.tally.marker
    ours, theirs = pieces.rows(), whole.rows()
    assert {"case-reports", "lab-results", "entry-declarations"} == {
        catalogue.signals[name].source for name in theirs["signal"].unique().to_list()
    }
    assert ours.equals(theirs)
    assert pieces.alerts() == whole.alerts()
