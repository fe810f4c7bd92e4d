"""Which record stands: the same whatever the order, the cuts and the copies (P1, P3)."""

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.verdicts import Verdict
from streams import identity
from streams.intake.decide import CONFLICT_LOST, CONFLICT_WON, decide
from streams.ledger import Ledger
from streams.place_table import Numbers
from tests.streams.intake_model import Report, Standing, frame_of, judge

REPORTS = st.lists(
    st.builds(
        Report,
        issuer=st.sampled_from(["H1", "H2", "H3"]),
        report_id=st.sampled_from(["R1", "R2", "R12"]),
        revision=st.integers(1, 3),
        retract=st.booleans(),
        content=st.integers(0, 2),
    ),
    max_size=25,
)


def crowded(frame: pl.DataFrame, seed: int) -> Numbers:
    """A hash of three values, so that identities collide all the time."""
    return (frame.select(identity._KEY.hash(0)).to_series().to_numpy() % 3 + 1).astype(np.uint64)


def run(reports: Sequence[Report], cuts: Sequence[int], ledger: Ledger) -> list[tuple[str, bytes | None]]:
    """Verdict and replaced record of each report, decided in the batches that the cuts make."""
    told: list[tuple[str, bytes | None]] = []
    bounds = sorted({0, len(reports), *(cut % (len(reports) + 1) for cut in cuts)})
    for start, end in itertools.pairwise(bounds):
        batch = reports[start:end]
        values = [report.value() for report in batch]
        decisions = decide(frame_of(batch), values, ledger)
        ledger.put(decisions.identities, [values[number] for number in decisions.standing.tolist()])
        ledger.commit({})
        told += [(Verdict(code).name, decisions.before.get(at)) for at, code in enumerate(decisions.verdicts.tolist())]
    return told


def standing(ledger: Ledger, reports: Sequence[Report]) -> dict[tuple[str, str], bytes]:
    """What the ledger holds for the identities of reports."""
    if not reports:
        return {}
    met = identity.meet(frame_of(reports), ledger)
    held = ledger.read(ledger.find(met.numbers))
    return {report.identity: record for report, record in zip(reports, held, strict=True)}


@pytest.fixture(params=[False, True], ids=["hashed", "colliding"])
def hashing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(identity, "hashes", crowded)


@pytest.mark.usefixtures("hashing")
@settings(max_examples=120, deadline=None)
@given(REPORTS, st.lists(st.integers(0, 100), max_size=6))
def test_verdicts_equal_the_rule_applied_one_by_one(reports: list[Report], cuts: list[int]) -> None:
    state: Standing = {}
    expected = [(verdict, held and held.value()) for verdict, held in judge(reports, state)]
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder), {}) as ledger:
        assert run(reports, cuts, ledger) == expected
        assert len(ledger) == len(state)
        assert standing(ledger, reports) == {key: report.value() for key, report in state.items()}


@pytest.mark.usefixtures("hashing")
@settings(max_examples=60, deadline=None)
@given(REPORTS, st.data())
def test_the_state_does_not_depend_on_order_copies_or_cuts(reports: list[Report], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.sampled_from(reports), max_size=8)) if reports else []
    shuffled = data.draw(st.permutations(reports + copies))
    cuts = data.draw(st.lists(st.integers(0, 100), max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        with Ledger(Path(folder) / "1", {}) as first:
            run(reports, [], first)
            expected = standing(first, reports)
        with Ledger(Path(folder) / "2", {}) as second:
            run(shuffled, cuts, second)
            assert standing(second, reports) == expected


def _told(ledger: Ledger, *reports: Report) -> tuple[list[str], dict[int, str]]:
    values = [report.value() for report in reports]
    decisions = decide(frame_of(reports), values, ledger)
    ledger.put(decisions.identities, [values[number] for number in decisions.standing.tolist()])
    return [Verdict(code).name for code in decisions.verdicts.tolist()], decisions.conflicts


def test_both_sides_of_a_conflict_are_told(tmp_path: Path) -> None:
    low, high = sorted((Report(content=content) for content in (1, 2)), key=lambda report: report.order)
    with Ledger(tmp_path, {}) as ledger:
        assert _told(ledger, low) == (["ACCEPTED"], {})
        assert _told(ledger, high) == (["ACCEPTED"], {0: CONFLICT_WON})
        assert _told(ledger, low) == (["CONFLICT"], {0: CONFLICT_LOST})


def test_a_retraction_of_an_unknown_report_is_kept_and_only_a_higher_revision_revives(tmp_path: Path) -> None:
    gone = Report(revision=2, retract=True)
    with Ledger(tmp_path, {}) as ledger:
        assert _told(ledger, gone)[0] == ["ACCEPTED"]
        assert _told(ledger, Report(), Report(revision=2))[0] == ["SUPERSEDED", "CONFLICT"]
        assert _told(ledger, gone, Report(revision=3), gone)[0] == ["DUPLICATE", "ACCEPTED", "SUPERSEDED"]


def test_one_id_of_two_issuers_is_two_identities(tmp_path: Path) -> None:
    with Ledger(tmp_path, {}) as ledger:
        assert _told(ledger, Report(issuer="H1"), Report(issuer="H2"))[0] == ["ACCEPTED", "ACCEPTED"]
