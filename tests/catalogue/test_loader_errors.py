"""What cannot be meant stops the start, and the message names file and line."""

from pathlib import Path

import pytest

import detectors
from catalogue.document import CatalogueError
from catalogue.loader import load

CASES = [
    ("families/b_elimination.yaml", "  measles: {class: B}", "  meazles: {class: B}", "no disease has the code"),
    ("families/b_elimination.yaml", "  measles: {class: B}", "  measles: {class: D}", "'D' is none of A, B, C"),
    ("families/b_elimination.yaml", "  measles: {class: B}", "  measles: {klass: B}", "unknown key 'klass'"),
    ("families/b_elimination.yaml", "  measles: {class: B}", "  plague: {class: A}", "plague is in family A already"),
    ("families/b_elimination.yaml", "  measles: {class: B}", "  malaria: {class: B}", "'malaria' is given twice"),
    ("families/b_elimination.yaml", "    severity: low", "    severity: loud", "'loud' is none of low"),
    ("families/b_elimination.yaml", "    clock_hours: 24", "    clock_hours: soon", "a whole number"),
    ("families/e_zoonotic.yaml", "        w8: {speaks: true, parameters: {p: 0.001, minimum: 3}}",
     "        w9: {speaks: true, parameters: {p: 0.001, minimum: 3}}", "unknown key 'w9'"),
    ("families/e_zoonotic.yaml", "        w8: {speaks: true, parameters: {p: 0.001, minimum: 3}}",
     "        w8: {speaks: true, parameters: {q: 0.001, minimum: 3}}", "unknown key 'q'"),
    ("families/e_zoonotic.yaml", "        w8: {speaks: true, parameters: {p: 0.001, minimum: 3}}",
     "        w8: {speaks: true, parameters: {p: 1e-3, minimum: 3}}", "cannot stand for 0.001"),
    ("families/e_zoonotic.yaml", "        w8: {speaks: true, parameters: {p: 0.001, minimum: 3}}",
     "        w8: {speaks: true, parameters: {p: 3.0, minimum: 3}}", "p must lie between 0 and 1"),
    ("families/e_zoonotic.yaml", "        w8: {speaks: true, parameters: {p: 0.001, minimum: 3}}",
     "        w8: {speaks: yes please, parameters: {p: 0.001, minimum: 3}}", "true or false"),
    ("families/g_respiratory.yaml", "          - from: 2023-01-08", "          - from: 2023-01-09", "without an entry"),
    ("families/g_respiratory.yaml", "          - from: 2023-01-08", "          - from: 2023-01-07", "overlaps"),
    ("families/g_respiratory.yaml", "          - from: 2023-01-08", "          - from: 2023-13-08", "is no day"),
    ("families/g_respiratory.yaml", "          - to: 2023-01-07", "          - {from: 2020-01-01, to: 2023-01-07}",
     None),
    ("defaults.yaml", "    restriction: classification IN ('CLINICAL', 'CONFIRMED')",
     "    restriction: classification IN ('CLINICAL', 'CONFRIMED')", "classification is never 'CONFRIMED'"),
    ("defaults.yaml", "    restriction: classification IN ('CLINICAL', 'CONFIRMED')",
     "    restriction: outcome = 'DEAD'", "CaseReport has no column 'outcome'"),
    ("defaults.yaml", "    day: report", "    day: birthday", "'birthday' is none of report"),
    ("defaults.yaml", "  single_case: {quiet_days: 0}", "  # single_case is gone", None),
    ("laboratory.yaml", "    area: specimen", "    area: residence", "lab-results does not say the residence"),
    ("laboratory.yaml", "    area: specimen", "    area: moon", "'moon' is none of residence"),
    ("laboratory.yaml", "    day: report", "    day: arrival", "lab-results has no arrival day"),
    ("laboratory.yaml", "    denominator: {places_in: 30}", "    denominator: {places_in: 30, source: observations}",
     "'places_in' stands alone"),
    ("laboratory.yaml", "    area: type", "    area: specimen", None),
    ("laboratory.yaml", "    denominator: {places_in: 30}", "    denominator: {source: observations}",
     "'restriction' is missing"),
    ("laboratory.yaml", "  influenza_novel: &immediate", "  influenza_nouvel: &immediate", "no pathogen has the code"),
    ("laboratory.yaml", "      county: {beta_binomial: {speaks: true}}",
     "      port: {beta_binomial: {speaks: true}}", "unknown key 'port'"),
    ("entry.yaml", "      amount: count", "      amount: sum", "'sum' is none of records, count"),
    ("entry.yaml", "      conveyance: {only_named: true, k_in_window: {speaks: true, parameters: {k: 2, window: 14}}}",
     "      conveyance: {only_named: maybe}", "true or false"),
    ("annotations.yaml", "  day: 2020-04-17", "  day: spring", "'spring' is no day"),
    ("annotations.yaml", '  area: "420100"', "  area: Wuhan", "an area is six digits"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "message"), CASES)
def test_the_error_stands_at_its_line(folder: Path, name: str, before: str, after: str, message: str | None) -> None:
    file = folder / name
    lines = file.read_text("utf-8").splitlines()
    at = lines.index(before)
    lines[at] = after
    file.write_text("\n".join(lines), "utf-8")
    with pytest.raises(CatalogueError) as caught:
        load(folder, probe=detectors.build)
    assert caught.value.file == file
    if message is not None:
        assert message in caught.value.message
        assert caught.value.line == at + 1
        assert str(caught.value).startswith(f"{file}:{at + 1}: ")


def test_a_disease_in_no_family_is_an_error(folder: Path) -> None:
    file = folder / "families" / "b_elimination.yaml"
    file.write_text(file.read_text("utf-8").replace("  measles: {class: B}\n", ""), "utf-8")
    with pytest.raises(CatalogueError, match="measles is in no family") as caught:
        load(folder)
    assert caught.value.file.name == "diseases.csv"
    assert caught.value.file.read_text("utf-8").splitlines()[caught.value.line - 1].startswith("measles,")


def test_text_that_is_no_yaml(folder: Path) -> None:
    file = folder / "families" / "c_vector_borne.yaml"
    file.write_text("family: C\ndiseases: {dengue: [\n", "utf-8")
    with pytest.raises(CatalogueError, match="is no YAML") as caught:
        load(folder)
    assert (caught.value.file, caught.value.line) == (file, 3)


def test_an_empty_file(folder: Path) -> None:
    (folder / "families" / "c_vector_borne.yaml").write_text("# nothing\n", "utf-8")
    with pytest.raises(CatalogueError, match="is empty"):
        load(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        load(tmp_path / "nowhere")


def test_annotations_may_be_absent(folder: Path) -> None:
    (folder / "annotations.yaml").unlink()
    assert load(folder).annotations == ()
