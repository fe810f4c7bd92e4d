"""What changes a version, and what changes what is counted."""

from pathlib import Path

import pytest

from catalogue.loader import load
from catalogue.model import Catalogue
from catalogue.override import override


def rewrite(folder: Path, name: str, before: str, after: str) -> Catalogue:
    file = folder / name
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")
    return load(folder)


def test_layout_is_not_content(folder: Path, built_in: Catalogue) -> None:
    assert load(folder).version == built_in.version
    assert rewrite(folder, "defaults.yaml", "signals:", "# a remark\n\nsignals:").version == built_in.version


def test_judging_changes_the_version_and_not_the_count(folder: Path, built_in: Catalogue) -> None:
    changed = rewrite(folder, "families/e_zoonotic.yaml", "p: 0.001", "p: 0.002")
    assert changed.version != built_in.version
    assert {s: x.identity for s, x in changed.signals.items()} == {s: x.identity for s, x in built_in.signals.items()}


def test_another_condition_is_another_count(folder: Path, built_in: Catalogue) -> None:
    changed = rewrite(folder, "families/a_immediate.yaml", ", 'CARRIER')", ")")
    assert changed.signals["plague.cases"].identity != built_in.signals["plague.cases"].identity
    assert changed.signals["measles.cases"].identity == built_in.signals["measles.cases"].identity


@pytest.mark.parametrize("method", ["c1", "c2", "c3", "cusum", "cusum_rossi", "single_case", "k_in_window", "w8"])
def test_every_method_can_be_made_the_voice(built_in: Catalogue, method: str) -> None:
    changed = override(built_in, method=method, speaks=True, alone=True)
    for signal in changed.signals.values():
        for judging in signal.judgings:
            for policy in judging.levels.values():
                assert policy.voices == (method,) or method not in {use.method for use in policy.uses}
    assert changed.version != built_in.version


def test_an_override_touches_what_it_names(built_in: Catalogue) -> None:
    changed = override(
        built_in, signal="hfmd.cases", level="county", method="c2", speaks=True, parameters={"alpha": 0.01}
    )
    assert [s for s in changed.signals if changed.signals[s] != built_in.signals[s]] == ["hfmd.cases"]
    judging = changed.signals["hfmd.cases"].judgings[0]
    assert set(judging.levels["county"].voices) == {"c2", "w8"}
    assert set(judging.levels["prefecture"].voices) == {"w8"}
    assert next(u for u in judging.levels["county"].uses if u.method == "c2").parameters["alpha"] == 0.01
    with pytest.raises(ValueError, match="no parameter 'beta'"):
        override(built_in, method="c2", speaks=True, parameters={"beta": 1})
    with pytest.raises(ValueError, match="the method 'c4'"):
        override(built_in, method="c4", speaks=True)
