"""The ledger: exactly its last commit, whatever happened after it, and made anew where it cannot be trusted."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import boot
from streams.ledger import Head, Ledger
from streams.place_table import PlaceTable

IDS = {"case-reports": "a", "journal.case-reports": "b"}
HEAD = Head(4, "00ff", 17, 1_579_500_000_000)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


def held(ledger: Ledger, *values: int) -> list[bytes]:
    return ledger.read(ledger.find(numbers(*values)))


def filled(folder: Path) -> None:
    """A ledger with two commits, the second of which replaced a record."""
    with Ledger(folder, IDS) as ledger:
        ledger.put(numbers(7, 2**64 - 1), [b"seven", b"last"])
        ledger.commit({0: HEAD})
        ledger.put(numbers(7), [b"seven again"])
        ledger.commit({1: Head(9, "aa", 1, 2)})


def test_what_was_committed_is_there_again(tmp_path: Path) -> None:
    filled(tmp_path)
    with Ledger(tmp_path, IDS) as ledger:
        assert held(ledger, 7, 2**64 - 1, 8) == [b"seven again", b"last", b""]
        assert (ledger.head(0), ledger.head(1), ledger.head(2)) == (HEAD, Head(9, "aa", 1, 2), None)
        assert len(ledger) == 2


def test_what_was_put_and_not_committed_is_gone(tmp_path: Path) -> None:
    filled(tmp_path)
    ledger = Ledger(tmp_path, IDS)
    ledger.put(numbers(7, 9), [b"never", b"never"])
    assert held(ledger, 9) == [b"never"]
    ledger.close()
    with Ledger(tmp_path, IDS) as ledger:
        assert held(ledger, 7, 9) == [b"seven again", b""]


@pytest.mark.parametrize("name", ["records", "places"])
def test_a_torn_tail_is_cut_off(tmp_path: Path, name: str) -> None:
    filled(tmp_path)
    with (tmp_path / name).open("ab") as file:
        file.write(b"\xff" * 13)
    with Ledger(tmp_path, IDS) as ledger:
        ledger.put(numbers(11), [b"eleven"])
        ledger.commit({})
    with Ledger(tmp_path, IDS) as ledger:
        assert held(ledger, 7, 11) == [b"seven again", b"eleven"]


def test_a_torn_head_leaves_the_one_before(tmp_path: Path) -> None:
    filled(tmp_path)
    with (tmp_path / "heads").open("r+b") as file:
        file.seek(0)
        file.write(b"torn" * 5)
    with Ledger(tmp_path, IDS) as ledger:
        assert ledger.head(0) == HEAD
        assert ledger.head(1) is None
        assert held(ledger, 7) == [b"seven"]


@pytest.mark.parametrize("name", ["records", "places", "heads"])
def test_a_shortened_or_missing_file_means_beginning_anew(tmp_path: Path, name: str) -> None:
    filled(tmp_path)
    os.truncate(tmp_path / name, 3)
    with Ledger(tmp_path, IDS) as ledger:
        assert (len(ledger), ledger.head(0)) == (0, None)
    filled(tmp_path)
    (tmp_path / name).unlink()
    with Ledger(tmp_path, IDS) as ledger:
        assert (len(ledger), ledger.head(0)) == (0, None)


def test_other_topics_mean_beginning_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    with Ledger(tmp_path, {**IDS, "journal.case-reports": "c"}) as ledger:
        assert (len(ledger), ledger.head(0)) == (0, None)
        assert held(ledger, 7) == [b""]


def test_a_ledger_open_when_the_machine_went_down_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    boot.mark_open(tmp_path)
    with Ledger(tmp_path, IDS) as ledger:
        assert len(ledger) == 2, "killed, but the same boot"
    boot.mark_open(tmp_path)
    monkeypatch.setattr(boot, "_boot_id", lambda: "another boot")
    with Ledger(tmp_path, IDS) as ledger:
        assert len(ledger) == 0
    with Ledger(tmp_path, IDS) as ledger:
        ledger.put(numbers(1), [b"x"])
        ledger.commit({})
    monkeypatch.setattr(boot, "_boot_id", lambda: "a third boot")
    with Ledger(tmp_path, IDS) as ledger:
        assert len(ledger) == 1, "closed, so flushed"


def test_wiping_leaves_nothing(tmp_path: Path) -> None:
    filled(tmp_path)
    with Ledger(tmp_path, IDS) as ledger:
        ledger.wipe()
        assert (len(ledger), ledger.head(0), held(ledger, 7)) == (0, None, [b""])
        ledger.put(numbers(3), [b"three"])
        ledger.commit({})
    with Ledger(tmp_path, IDS) as ledger:
        assert held(ledger, 3, 7) == [b"three", b""]


def test_wiping_keeps_the_folder_itself_which_may_be_a_volume(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    before = tmp_path.stat().st_ino
    with Ledger(tmp_path, IDS) as ledger:
        ledger.wipe()
        assert len(ledger) == 0
    assert tmp_path.stat().st_ino == before


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(1, 60).map(lambda n: n << 40 | 5), st.integers(1, 2**63), max_size=40), max_size=12
    )
)
def test_the_table_is_a_mapping(changes: list[dict[int, int]]) -> None:
    table, model = PlaceTable(), {}
    for change in changes:
        table.set(numbers(*change), numbers(*change.values()))
        model.update(change)
    asked = [n << 40 | 5 for n in range(1, 80)]
    assert table.find(numbers(*asked)).tolist() == [model.get(n, 0) for n in asked]
    assert len(table) == len(model)


def test_the_table_grows(tmp_path: Path) -> None:
    chance = np.random.default_rng(20200123)
    keys = np.unique(chance.integers(1, 2**63, 300_000, dtype=np.uint64))
    table = PlaceTable()
    for part in np.array_split(keys, 7):
        table.set(part, part + np.uint64(1))
    assert len(table) == keys.size
    assert (table.find(keys) == keys + np.uint64(1)).all()
    assert not table.find(keys + np.uint64(1))[~np.isin(keys + np.uint64(1), keys)].any()
    with Ledger(tmp_path, IDS) as ledger:
        ledger.put(keys, [str(key).encode() for key in keys.tolist()])
        ledger.commit({})
    with Ledger(tmp_path, IDS) as ledger:
        assert held(ledger, *keys[::1000].tolist()) == [str(key).encode() for key in keys[::1000].tolist()]
