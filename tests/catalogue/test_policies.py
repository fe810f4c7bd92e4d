"""Policies as the files say them: how methods agree, policies with a name, and what cannot be meant."""

from pathlib import Path

import pytest

import detectors
from catalogue.document import CatalogueError
from catalogue.loader import load
from catalogue.model import METHODS, Catalogue, MethodUse, Policy, PolicyError
from catalogue.override import override

LINE = "        w8: {speaks: true, parameters: {p: 0.001, minimum: 3}}"
"""The county's rule in the file of family E."""


def rewritten(folder: Path, *lines: str) -> Catalogue:
    """The catalogue with other lines for the counties of family E."""
    file = folder / "families" / "e_zoonotic.yaml"
    text = file.read_text("utf-8")
    assert text.count(LINE) >= 1
    file.write_text(text.replace(LINE, "\n".join(lines), 1), "utf-8")
    return load(folder, probe=detectors.build)


def county(catalogue: Catalogue, signal: str = "hfrs.cases") -> Policy:
    (judging,) = catalogue.signals[signal].judgings
    return judging.levels["county"]


def test_what_a_policy_says_is_read(folder: Path, built_in: Catalogue) -> None:
    changed = rewritten(
        folder, LINE, "        percentile: {speaks: true, minimum: 4, parameters: {q: 0.95}}", "        agree: all",
        "        minimum: 6", "        fallback: k_in_window",
    )  # fmt: skip
    policy = county(changed)
    assert (policy.agree, policy.minimum, policy.fallback) == ("all", 6, "k_in_window")
    assert policy.voices == ("w8", "percentile")
    assert policy.heard == {"w8", "percentile", "k_in_window"}
    assert [use.method for use in policy.uses] == [*METHODS, "percentile"]
    percentile = policy.uses[-1]
    assert (percentile.parameters["q"], percentile.parameters["years_back"], percentile.minimum) == (0.95, 5, 4)
    assert changed.version != built_in.version
    assert changed.signals["hfrs.cases"].identity == built_in.signals["hfrs.cases"].identity


@pytest.mark.parametrize(("line", "agree"), [("agree: any", "any"), ("agree: 1", 1), ("agree: 2", 2)])
def test_a_number_of_methods_may_have_to_agree(folder: Path, line: str, agree: object) -> None:
    assert county(rewritten(folder, LINE, "        c2: {speaks: true}", f"        {line}")).agree == agree


def test_a_policy_of_the_defaults_goes_by_its_name(folder: Path, built_in: Catalogue) -> None:
    file = folder / "families" / "e_zoonotic.yaml"
    text = file.read_text("utf-8").replace(f"      county:\n{LINE}", "      county: frequent_county", 1)
    file.write_text(text, "utf-8")
    changed = load(folder)
    assert county(changed) == county(built_in, "mumps.cases") != county(built_in)


def test_a_name_is_not_content(folder: Path, built_in: Catalogue) -> None:
    for file in (folder / "defaults.yaml", *(folder / "families").iterdir()):
        file.write_text(file.read_text("utf-8").replace("frequent_county", "five_a_week"), "utf-8")
    assert load(folder).version == built_in.version


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["agree: both"], "any, all or a whole number of methods is expected here, not 'both'"),
        (["agree: 0"], "any, all or a whole number of methods is expected here, not 0"),
        (["agree: 2"], "agree must be at most the 1 methods that speak, not 2"),
        (["agree: [w8]"], "a single value is expected here"),
        (["minimum: 0"], "a whole number of at least 1"),
        (["fallback: w9"], "'w9' is none of c1"),
        (["fallback: percentile"], "fallback must be a method that is judged, not 'percentile'"),
        (["farrington: {speaks: true}"], "unknown key 'farrington'"),
        (["percentile: {parameters: {q: 2.0}}"], "q must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_line(folder: Path, lines: list[str], message: str) -> None:
    at = (folder / "families" / "e_zoonotic.yaml").read_text("utf-8").splitlines().index(LINE) + 1
    with pytest.raises(CatalogueError) as caught:
        rewritten(folder, LINE, *(f"        {line}" for line in lines))
    assert message in caught.value.message
    assert caught.value.line == at + 1


@pytest.mark.parametrize("line", ["agree: all", "agree: 1", "fallback: w8"])
def test_without_a_voice_nothing_can_be_agreed(folder: Path, line: str) -> None:
    with pytest.raises(CatalogueError, match=r"no method speaks|0 methods that speak"):
        rewritten(folder, f"        {line}")


def test_names_that_no_policy_has(folder: Path) -> None:
    file = folder / "families" / "g_respiratory.yaml"
    file.write_text(file.read_text("utf-8").replace("county: frequent_county", "county: rare_county"), "utf-8")
    with pytest.raises(
        CatalogueError, match="no policy has the name 'rare_county'; there are frequent_county"
    ) as caught:
        load(folder)
    assert caught.value.file == file


def test_a_named_policy_is_checked_though_nobody_names_it(folder: Path) -> None:
    file = folder / "defaults.yaml"
    text = file.read_text("utf-8").replace("policies:\n", "policies:\n  odd:\n    agree: 3\n    w8: {speaks: true}\n")
    file.write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match="at most the 1 methods"):
        load(folder)


def test_a_method_on_request_needs_its_defaults(folder: Path) -> None:
    file = folder / "defaults.yaml"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("  percentile:")]
    file.write_text("\n".join(lines), "utf-8")
    load(folder)
    with pytest.raises(CatalogueError, match="percentile has no default parameters"):
        rewritten(folder, LINE, "        percentile: {}")


def test_an_override_alone_asks_nobody_to_agree(folder: Path) -> None:
    agreed = rewritten(folder, LINE, "        c2: {speaks: true}", "        agree: all", "        fallback: c1")
    alone = county(override(agreed, signal="hfrs.cases", method="c3", speaks=True, alone=True))
    assert (alone.voices, alone.agree, alone.fallback) == (("c3",), "any", None)
    beside = county(override(agreed, signal="hfrs.cases", level="county", method="c3", speaks=True))
    assert (beside.voices, beside.agree, beside.fallback) == (("c2", "c3", "w8"), "all", "c1")


def test_a_policy_that_cannot_be_reached_is_no_policy() -> None:
    silent = (MethodUse("w8", {}, False),)
    for agree, fallback, key in (("all", None, "agree"), (1, None, "agree"), ("any", "w8", "fallback")):
        with pytest.raises(PolicyError) as caught:
            Policy(silent, agree, 1, fallback)  # type: ignore[arg-type]
        assert caught.value.key == key
