"""Parity with R's surveillance on series of our own drawing, and the runner that says so.

The folder's numbers were made by `golden/make.R` beside them.
"""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from detectors.golden.__main__ import main
from detectors.golden.comparison import compare
from detectors.golden.folder import Folder

FOLDER = Path(__file__).parent / "golden"
GOLDEN = Folder(FOLDER)


@pytest.mark.parametrize("identity", list(GOLDEN.configurations))
def test_equals_r(identity: str) -> None:
    found = compare(GOLDEN, GOLDEN.configurations[identity])
    assert found.agrees, found
    assert found.rows or all(not run.done for run in GOLDEN.configurations[identity].runs)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder of one configuration."""
    for name in ("series.csv.gz", "series_index.csv", "ears_C1.csv.gz"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "runs.csv").write_text(
        "".join(line for line in (FOLDER / "runs.csv").open() if '"ears_C1"' in line or '"config_id"' in line)
    )
    configurations = json.loads((FOLDER / "configs.json").read_text())
    (tmp_path / "configs.json").write_text(json.dumps([one for one in configurations if one["config_id"] == "ears_C1"]))
    return tmp_path


def test_agreement_ends_with_0(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(small)]) == 0
    said = capsys.readouterr().out
    assert "ears_C1" in said
    assert "agrees" in said
    assert "2374 rows; 0 differ" in said


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [(2, "999", "1       0       0"), (3, "1", "0       1       0"), (3, "NA", "0       0       1")],
)
def test_one_changed_number_ends_with_1(
    small: Path, capsys: pytest.CaptureFixture[str], column: int, value: str, said: str
) -> None:
    lines = gzip.decompress((small / "ears_C1.csv.gz").read_bytes()).decode().splitlines()
    quiet = next(number for number, line in enumerate(lines) if line.endswith(",0"))
    cells = lines[quiet].split(",")
    cells[column] = value
    lines[quiet] = ",".join(cells)
    (small / "ears_C1.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    assert main([str(small)]) == 1
    assert f"{said}  DIFFERS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"earsC"', '"algo.hmm"', "FAILED: algo.hmm; built are"),
        ('"method":"C1"', '"method":"C1","gap":2', "FAILED: earsC with gap"),
        ('"method":"C1"', '"method":"C9"', "FAILED: method = 'C9'"),
        ('"method":"C1"', '"method":"C1","baseline":0', "FAILED: baseline must be"),
    ],
)
def test_a_method_an_option_or_a_value_that_is_not_built_ends_with_1(
    small: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, said: str
) -> None:
    text = (small / "configs.json").read_text().replace(": ", ":")
    assert before in text
    (small / "configs.json").write_text(text.replace(before, after))
    assert main([str(small)]) == 1
    assert said in capsys.readouterr().out


def test_what_r_failed_is_said(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = (
        (small / "runs.csv").read_text().replace('"sparse","ok"', '"sparse","error"').replace('0,0,""', '0,0,"why"', 1)
    )
    (small / "runs.csv").write_text(runs)
    assert main([str(small)]) == 0
    assert "R failed ears_C1: 1 runs (why)" in capsys.readouterr().out


def test_rows_that_r_promised_and_did_not_give_end_with_1(small: Path) -> None:
    lines = gzip.decompress((small / "ears_C1.csv.gz").read_bytes()).decode().splitlines()
    kept = [line for line in lines if not line.startswith("sparse,")]
    (small / "ears_C1.csv.gz").write_bytes(gzip.compress("\n".join(kept).encode()))
    assert main([str(small)]) == 1


def test_another_folder_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "is not a golden folder" in capsys.readouterr().err
