"""`python -m detectors.simulation`: the pages, the pictures, and what it says when it cannot."""

import sys
from pathlib import Path

import pytest

from detectors.simulation import __main__ as program
from detectors.simulation import generate
from detectors.simulation.__main__ import main
from detectors.simulation.contestants import Contestant
from detectors.simulation.entrants import CONTEST, PUBLISHED
from detectors.simulation.equal_alarms import contest
from detectors.simulation.pictures import draw

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> tuple[Contestant, ...]:
    """A few contestants that judge fast."""
    few = tuple(contestant for contestant in CONTEST if contestant.label in ("EARS C2", "Bayes 3", "RKI 3"))
    monkeypatch.setattr(program, "CONTEST", few)
    monkeypatch.setattr(program, "PUBLISHED", PUBLISHED[:2])
    return few


@pytest.mark.usefixtures("quick")
def test_the_same_seed_writes_the_same_pages(tmp_path: Path) -> None:
    pages = []
    for name in ("one", "two"):
        assert main(["--quick", "--no-pictures", "--output", str(tmp_path / name)]) == 0
        pages.append((tmp_path / name / "simulation.md").read_text())
    assert pages[0] == pages[1]
    assert main(["--quick", "--seed", "2", "--no-pictures", "--output", str(tmp_path / "three")]) == 0
    assert (tmp_path / "three" / "simulation.md").read_text() != pages[0]
    for heading in (
        "## As published",
        "## By our defaults",
        "## At equal false alarms",
        "### By how many cases",
        "### By the size",
    ):
        assert heading in pages[0]


@pytest.mark.usefixtures("quick")
def test_labelled_series_have_a_page(tmp_path: Path) -> None:
    rows = "".join(f"made,{30 if 60 <= week < 63 else week % 3},{int(60 <= week < 63)}\n" for week in range(90))
    (tmp_path / "made.csv").write_text("series,cases,outbreak\n" + rows)
    (tmp_path / "SOURCES.txt").write_text("Nobody reported them.\n")
    assert main(["--quick", "--no-pictures", "--labelled", str(tmp_path), "--output", str(tmp_path / "docs")]) == 0
    page = (tmp_path / "docs" / "labelled_series.md").read_text()
    assert "made, 90 weeks" in page
    assert "Nobody reported them." in page
    row = next(line for line in page.splitlines() if line.startswith("| EARS C2"))
    assert [cell.strip() for cell in row.split("|")[2:5]] == ["0", "1 of 1", "0"]


def test_a_bad_folder_and_missing_matplotlib_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["--no-pictures", "--labelled", str(tmp_path)]) == 1
    assert "no CSV file" in capsys.readouterr().err
    monkeypatch.delitem(sys.modules, "detectors.simulation.pictures", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["--quick", "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "matplotlib is not installed: `make install-dev`, or --no-pictures\n"


def test_pictures_are_drawn_the_same_twice(tmp_path: Path) -> None:
    training, test = (generate(2, seed=1, role=role) for role in ("training", "test"))  # type: ignore[arg-type]
    outcomes = [contest(one, training, test) for one in CONTEST if one.label in ("EARS C2", "Bayes 3")]
    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        drawn.append([path.read_bytes() for path in draw(tmp_path / name, outcomes, test)])
    assert drawn[0] == drawn[1]
    assert all(b"<svg" in picture for picture in drawn[0])


def test_the_committed_page_is_this_programs() -> None:
    """Its rows are the methods that take part now; its numbers come from the command that it names."""
    page = (DOCS / "simulation.md").read_text()
    labels = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    for contestant in (*PUBLISHED, *CONTEST):
        assert contestant.label in labels
    assert "make simulate ARGS='--replicates" in page
