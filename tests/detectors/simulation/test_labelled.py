"""Labelled series: read from a folder, counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from detectors.simulation.contestants import Contestant
from detectors.simulation.entrants import CONTEST
from detectors.simulation.labelled import FROM, Found, Labelled, compare, find, read


def flags(text: str) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([sign == "x" for sign in text])


def test_counted_by_hand() -> None:
    found = compare(flags("xx..x.xx..x"), flags("xxxxxxxxxxx"), flags("...xxx..xx."))
    assert found == Found(judged=6, delays=[1, -1], false_alerts=3, false_weeks=5)


def test_a_run_into_an_outbreak_is_no_false_alert_but_its_early_weeks_are_counted() -> None:
    assert compare(flags(".xxx."), flags("xxxxx"), flags("..xx.")) == Found(3, [0], 0, 1)


def test_an_outbreak_that_nobody_judged_is_not_missed() -> None:
    assert compare(flags("....."), flags("..xxx"), flags(".xx..")) == Found(2, [], 0, 0)


def test_units_are_added_week_by_week(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "series,unit,year,cases,outbreak\nflu,north,2001,3,0\nflu,north,2001,4,1\nflu,south,2001,1,0\nflu,south,2001,0,0\n"
    )
    (tmp_path / "b.csv").write_text("series,cases,outbreak\nmumps,2,True\nmumps,0,false\n")
    flu, mumps = read(tmp_path)
    assert (flu.name, flu.cases.tolist(), flu.outbreak.tolist()) == ("flu", [4, 4], [False, True])
    assert (mumps.name, mumps.cases.tolist(), mumps.outbreak.tolist()) == ("mumps", [2, 0], [True, False])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("series,cases\nx,1\n", "a.csv: no column 'outbreak'"),
        ("series,cases,outbreak\nx,1,0\nx,-1,0\n", "a.csv, line 3: cases must be a whole number, not '-1'"),
        ("series,cases,outbreak\nx,1,maybe\n", "a.csv, line 2: outbreak must be 0, 1, true or false, not 'maybe'"),
        ("series,unit,cases,outbreak\nx,1,1,0\nx,1,1,0\nx,2,1,0\n", "series 'x': its units have 1 and 2 weeks"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=r"must|no column|units") as error:
        read(tmp_path)
    assert message in str(error.value)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no CSV file"):
        read(tmp_path)


def test_a_clear_outbreak_is_found_by_default_and_at_a_level() -> None:
    cases = np.random.default_rng(1).poisson(4, 80)
    outbreak = np.zeros(80, dtype=bool)
    outbreak[60:63] = True
    cases[61:63] += 30
    series = Labelled("made", cases, outbreak)
    contestant = next(one for one in CONTEST if one.label == "EARS C2")
    assert find(contestant, series).delays == [1]
    assert find(contestant, series, 6.0) == Found(80 - FROM - 3, [1], 0, 0)
    assert find(contestant, series, 1e6).delays == [-1]


def test_a_method_without_enough_history_judges_nothing() -> None:
    series = Labelled("short", np.ones(100, dtype=np.int64), np.zeros(100, dtype=bool))
    assert find(Contestant("five years", "farrington_flexible"), series).judged == 0
