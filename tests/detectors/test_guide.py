"""docs/detectors.md is true: its examples run, its tables are the code's, its claims docs/simulation.md's."""

import dataclasses
import doctest
import re
from pathlib import Path
from typing import Any

import pytest

import detectors

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "detectors.md").read_text(encoding="utf-8")
RESULTS = (DOCS / "simulation.md").read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every table row below a heading."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| -")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section(text: str, heading: str) -> str:
    return re.split(r"\n#+ ", text.split(f"\n{heading}\n")[1])[0]


def shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_the_examples_run() -> None:
    found = doctest.testfile(
        str(DOCS / "detectors.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert found.attempted > 15
    assert found.failed == 0


def test_all_methods_are_listed() -> None:
    for heading in ("## All methods", "### Defaults"):
        assert sorted(cells[0].strip("`") for cells in rows(section(GUIDE, heading))[1:]) == list(detectors.methods())


@pytest.mark.parametrize("method", detectors.methods())
def test_the_defaults_are_the_codes(method: str) -> None:
    detector: Any = detectors.build(method, {})
    expected = ", ".join(
        f"{field.name} {shown(getattr(detector, field.name))}"
        for field in dataclasses.fields(detector)
        if field.init and field.name != "compatibility"
    )
    written = {cells[0].strip("`"): cells[1] for cells in rows(section(GUIDE, "### Defaults"))}
    assert written[method] == expected


def test_every_picture_and_page_is_there() -> None:
    for page in (GUIDE, RESULTS):
        for target in re.findall(r"\]\(([^)#]+)\)", page):
            assert (DOCS / target).exists(), target


def test_the_claims_are_the_simulations() -> None:
    """What the guide says in words, by the table of the committed run."""
    table = rows(section(RESULTS, "## At equal false alarms"))[1:]
    pod = {cells[0]: int(cells[3].split()[0]) for cells in table if cells[3] != "–"}
    order = list(pod)
    assert order[:2] == ["Farrington flexible", "Farrington flexible, 3 years"]
    assert 50 < pod["Farrington flexible"] < 58
    assert pod["Farrington flexible"] - pod["Farrington flexible, 3 years"] <= 5
    half_a_year = [
        "W8",
        "Shewhart",
        "EWMA",
        "EARS C1",
        "EARS C2",
        "EARS C3",
        "RKI 1",
        "Bayes 1",
        "CUSUM Rossi, 26 weeks",
    ]
    assert max(half_a_year, key=pod.__getitem__) == "W8"
    assert sorted(half_a_year, key=pod.__getitem__)[-3:-1] in (["Shewhart", "EWMA"], ["EWMA", "Shewhart"])
    levels = {cells[0]: float(cells[1].split("=")[1]) for cells in table if cells[0].startswith("EARS")}
    assert max(levels.values()) < 1e-7
    assert next(cells for cells in table if cells[0] == "moving percentile")[1] == "none is quiet enough"
    by_size = {cells[0]: cells[1:] for cells in rows(section(RESULTS, "### By the size of the outbreak"))}
    found = [int(cell.split()[0]) for cell in by_size["Farrington flexible"]]
    assert max(found[:2]) < 50
    assert found[-1] > 85
    assert re.search(r"30 series each, 1,260 in all", RESULTS)


def test_the_published_settings_are_in_the_published_ranges() -> None:
    """Those of the abstract of Bédubourg and Le Strat (2017), whose draws and some of whose methods are others."""
    table = rows(section(RESULTS, "## As published"))[1:]
    values = {cells[0]: [float(cell.split()[0]) for cell in cells[1:]] for cells in table}
    for label, (fpr, pod, _, sensitivity, specificity, ppv, npv, _) in values.items():
        assert 0.7 <= fpr <= 59.9, label
        assert 43.3 <= pod <= 88.7, label
        assert sensitivity <= 79.5, label
        assert specificity <= 99.4, label
        assert 6.5 <= ppv <= 68.4, label
        assert npv > 94, label
