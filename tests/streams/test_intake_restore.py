"""Records back into the ledger: cut where they were cut before, and the last one of an identity stands."""

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.journal import ChainWriter, changes, entries
from bench.nation import Load, values
from schemas import registry, wire
from schemas.columns import conform, decode_block
from schemas.sources import CASE_REPORTS
from schemas.wire import HEADER_BYTES
from streams.identity import hashes, identified
from streams.intake.restore import cut, restore
from streams.journal_batch import JournalBatch
from streams.ledger import Ledger
from tests.streams.journal_writing import Case

_NUMBERS = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([-65, -64, -1, 0, 63, 64, 8191, 8192])
_RECORDS = st.fixed_dictionaries(
    {
        "report_id": st.text(max_size=200),
        "revision": _NUMBERS,
        "age_years": st.none() | _NUMBERS,
        "severity": st.sampled_from(["UNKNOWN", "MILD", "SEVERE", "CRITICAL"]),
        "expanded_from_counts": st.booleans(),
        "institution": st.none() | st.text(max_size=80),
        "reported_at": st.integers(-(2**53), 2**53),
        "onset_date": st.none() | st.integers(-(10**6), 10**6),
    }
)


@given(st.lists(_RECORDS, min_size=1, max_size=8))
def test_a_block_is_cut_where_it_was_joined(records: list[dict[str, object]]) -> None:
    bodies = [wire.encode(registry.CASE_REPORT, {**Case("x", 0).record(), **record}) for record in records]
    block = b"".join(body[HEADER_BYTES:] for body in bodies)
    rows = decode_block(registry.CASE_REPORT, block, len(bodies))
    assert cut(registry.CASE_REPORT, block, rows) == bodies


def test_a_number_written_longer_than_it_must_be_does_not_shift_its_neighbours() -> None:
    plain = wire.encode(registry.CASE_REPORT, Case("x", 0).record())
    at = plain.index(b"\x02\x00", HEADER_BYTES)  # revision 1, action REPORT
    long = plain[:at] + b"\x82\x00" + plain[at + 1 :]
    block = plain[HEADER_BYTES:] + long[HEADER_BYTES:] + plain[HEADER_BYTES:]
    rows = decode_block(registry.CASE_REPORT, block, 3)
    assert rows["revision"].to_list() == [1, 1, 1]
    assert cut(registry.CASE_REPORT, block, rows) == [plain, long, plain]


@pytest.mark.parametrize("rows", [1, 7])
def test_the_last_record_of_an_identity_stands_however_entries_are_cut_to_batches(rows: int, tmp_path: Path) -> None:
    load = Load(3_000, 1_700_000_000_000, bad=0, revisions=0.2, seed=5)
    expected = dict(values(load))
    writers = [ChainWriter("case-reports", "an-id", partition) for partition in range(3)]
    parts: dict[int, list[bytes]] = {0: [], 1: [], 2: []}
    for partition, value, _ in entries(changes(values(load)), writers, rows):
        parts[partition].append(value)
    rng = random.Random(3)
    with Ledger(tmp_path / "ledger", {"case-reports": "an-id"}) as ledger:
        for part in parts.values():
            while part:
                size = rng.randrange(1, 400)
                restore(ledger, JournalBatch(part[:size]), np.ones(min(size, len(part)), np.bool_))
                del part[:size]
        assert len(ledger) == len(expected) == 3_000
        bodies = list(expected.values())
        block = b"".join(body[HEADER_BYTES:] for body in bodies)
        frame = conform(decode_block(registry.CASE_REPORT, block, len(bodies)), registry.CASE_REPORT)
        assert ledger.read(ledger.find(hashes(identified(frame, CASE_REPORTS), ledger.seed))) == bodies


def test_entries_that_extend_nothing_leave_no_record(tmp_path: Path) -> None:
    writer = ChainWriter("case-reports", "an-id", 0)
    made = [writer.single(change) for _, change in changes(values(Load(3, 1_700_000_000_000, bad=0)))]
    with Ledger(tmp_path / "ledger", {"case-reports": "an-id"}) as ledger:
        restore(ledger, JournalBatch(made), np.array([True, False, True]))
        assert len(ledger) == 2
        restore(ledger, JournalBatch(made), np.zeros(3, np.bool_))
        assert len(ledger) == 2


def test_the_fast_generator_writes_what_the_schemas_encoder_writes() -> None:
    fast, slow = (ChainWriter("case-reports", "an-id", 1) for _ in range(2))
    load = Load(2_000, 1_700_000_000_000, days=365, bad=0, revisions=0.1)
    replaced = 0
    for _, change in changes(values(load)):
        replaced += change[1] is not None
        assert fast.single(change) == slow.several([change])
    assert replaced > 100
