"""Evaluation against the whole: however the journal is cut, the outputs fold to the same state."""

import dataclasses
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.state import AlertState
from catalogue.loader import load
from catalogue.model import Catalogue
from streams.evaluation import Evaluation, Outcome
from streams.series import china
from streams.tally import Tally
from streams.told import Told
from tests.streams.current_state import current_alerts, current_rows
from tests.streams.journal_writing import Case, Change, JournalWriter, cases, day_number, noon

START = day_number("2021-03-20")
AREAS = ("420106", "420107", "420100", "420000", "110101", "000000")
DISEASES = ("dysentery", "measles", "anthrax_pulmonary", "covid19", "tuberculosis")


class Detection:
    """Tally and evaluation together, with everything that they ever said."""

    def __init__(self, catalogue: Catalogue, cells: int = 1 << 18) -> None:
        signals = sorted(catalogue.signals.values(), key=lambda signal: signal.number)
        self.tally = Tally(signals, china(), 3)
        self.told = Told()
        self.evaluation = Evaluation(self.tally, self.told, catalogue.version, cells=cells)
        self.frames: list[pl.DataFrame] = []
        self.events: list[AlertState] = []

    def evaluate(self) -> Outcome | None:
        outcome = self.evaluation.evaluate()
        if outcome is not None:
            self.frames += outcome.frames
            self.events += outcome.events
            self.evaluation.settle(outcome)
        return outcome


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@st.composite
def histories(draw: st.DrawFn) -> list[list[Change]]:
    """Changes of three partitions: reports, revisions that move them, retractions, revivals."""
    rows: list[list[Change]] = [[], [], []]
    standing: dict[str, Case] = {}
    for _ in range(draw(st.integers(1, 60))):
        number = draw(st.integers(0, 25))
        name = f"r{number}"
        case = Case(
            name,
            START + draw(st.integers(0, 80)),
            draw(st.sampled_from(AREAS)),
            draw(st.sampled_from(DISEASES)),
            draw(st.sampled_from(("CONFIRMED", "SUSPECTED"))),
            draw(st.sampled_from(("REVISE", "REVISE", "RETRACT"))) if name in standing else "REPORT",
            standing[name].revision + 1 if name in standing else 1,
            draw(st.booleans()),
        )
        rows[number % 3].append((case, standing.get(name)))
        standing[name] = case
    return rows


def written(rows: list[list[Change]], cuts: list[int], last_day: int) -> list[JournalWriter]:
    """Journals in which entries end at the cuts, the last with the clock on the last day."""
    writers = [JournalWriter(partition) for partition in range(3)]
    for writer, changes in zip(writers, rows, strict=True):
        bounds = sorted({0, len(changes), *(cut % (len(changes) + 1) for cut in cuts)})
        for a, b in pairwise(bounds):
            writer.entry(changes[a:b], noon(START + 10))
    writers[0].entry([], noon(last_day))
    return writers


@settings(max_examples=40, deadline=None)
@given(
    histories(),
    st.lists(st.integers(0, 1000), max_size=6),
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5), st.booleans()), max_size=25),
    st.integers(40, 100),
)
def test_any_cutting_and_order_gives_the_same_state(
    catalogue: Catalogue,
    rows: list[list[Change]],
    cuts: list[int],
    steps: list[tuple[int, int, bool]],
    last: int,
) -> None:
    writers = written(rows, cuts, START + last)
    whole = Detection(catalogue)
    for writer in written(rows, [], START + last):
        whole.tally.apply(writer.partition, writer.values)
    whole.evaluate()

    pieces = Detection(catalogue, cells=3000)
    at = [0, 0, 0]
    for partition, count, evaluate in [*steps, *((p, 1 << 30, False) for p in range(3))]:
        values = writers[partition].values[at[partition] : at[partition] + count]
        at[partition] += len(values)
        pieces.tally.apply(partition, values)
        if evaluate:
            pieces.evaluate()
    pieces.evaluate()

    assert pieces.tally.today == whole.tally.today == START + last
    assert current_alerts(pieces.events) == current_alerts(whole.events)
    ours, theirs = current_rows(pieces.frames), current_rows(whole.frames)
    assert ours.equals(theirs)
    again = pieces.evaluate()
    assert again is not None
    assert not again.events
    assert not again.frames


@settings(max_examples=15, deadline=None)
@given(histories(), st.integers(40, 100))
def test_retracting_everything_withdraws_everything(catalogue: Catalogue, rows: list[list[Change]], last: int) -> None:
    detection = Detection(catalogue)
    writers = written(rows, [], START + last)
    for writer in writers:
        detection.tally.apply(writer.partition, writer.values)
    detection.evaluate()
    opened = {state.alert_id for state in detection.events if state.current}
    for writer, changes in zip(writers, rows, strict=True):
        standing = {new.report_id: new for new, _ in changes}
        gone: list[Change] = [
            (dataclasses.replace(case, action="RETRACT", revision=case.revision + 1), case)
            for case in standing.values()
        ]
        detection.tally.apply(writer.partition, [writer.entry(gone, noon(START + last))])
    detection.evaluate()
    newest = {state.alert_id: state for state in detection.events}
    assert {newest[name].state for name in opened} <= {"WITHDRAWN"}
    assert not current_alerts(detection.events)
    assert current_rows(detection.frames).height == 0


def test_counts_of_every_level_and_of_unknown_areas(catalogue: Catalogue) -> None:
    detection = Detection(catalogue)
    writer = JournalWriter(0)
    day = START + 40
    writer.entry(cases("a", [day] * 3) + cases("b", [day] * 2, area="420100"), noon(day))
    detection.tally.apply(0, writer.values)
    detection.evaluate()
    rows = current_rows(detection.frames).filter(pl.col("signal") == "dysentery.cases")
    assert {(r["area"], r["level"], r["count"]) for r in rows.iter_rows(named=True)} == {
        ("420106", "county", 3),
        ("420100u", "county", 2),
        ("420100", "prefecture", 5),
        ("420000", "province", 5),
        ("000000", "nation", 5),
    }


def test_fifty_new_cases_join_one_alert(catalogue: Catalogue) -> None:
    detection = Detection(catalogue)
    writer = JournalWriter(0)
    for step in range(50):
        day = START + 40 + step // 10
        writer.entry(cases(f"c{step}-", [day], disease="measles"), noon(day))
        detection.tally.apply(0, writer.values[-1:])
        detection.evaluate()
    county = {s.alert_id: s for s in detection.events if s.area == "420106"}
    assert [(s.state, s.cases) for s in county.values()] == [("OPEN", 50)]


def test_an_alert_ends_by_time_alone_and_is_not_told_again(catalogue: Catalogue) -> None:
    detection = Detection(catalogue)
    writer = JournalWriter(0)
    day = START + 40
    writer.entry(cases("m", [day], disease="measles"), noon(day))
    detection.tally.apply(0, writer.values)
    detection.evaluate()
    kinds = []
    for later in range(1, 40):
        detection.tally.apply(0, [writer.entry([], noon(day + later))])
        outcome = detection.evaluate()
        assert outcome is not None
        kinds += [(later, event.kind) for event in outcome.events if event.area == "420106"]
    assert kinds == [(15, "ENDED")]


def test_the_rows_are_the_counts_of_all_reports(catalogue: Catalogue) -> None:
    rng = np.random.default_rng(5)
    detection = Detection(catalogue)
    writer = JournalWriter(0)
    days = START + rng.integers(0, 60, 400)
    areas = rng.choice(AREAS, 400)
    changes: list[Change] = [
        (Case(f"n{i}", int(day), str(area)), None) for i, (day, area) in enumerate(zip(days, areas, strict=True))
    ]
    writer.entry(changes, noon(START + 60))
    detection.tally.apply(0, writer.values)
    detection.evaluate()
    rows = current_rows(detection.frames).filter(pl.col("signal") == "dysentery.cases", pl.col("area") == "000000")
    shown = dict(zip((rows["day"].cast(pl.Int32)).to_list(), rows["count"].to_list(), strict=True))
    assert {day: count for day, count in shown.items() if count} == {
        int(day): int((days == day).sum()) for day in np.unique(days)
    }
