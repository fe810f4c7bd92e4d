"""What an alert's confidence is made of: each ground by example, and what holds for all."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.confidence import Confidence, confidence
from alerts.state import Evidence


def said(method: str, alarm: bool, observed: float = 5, upper: float | None = 4, **changed: object) -> Evidence:
    made = Evidence(method, "{}", method == "w8", 0, observed, 1.0, upper, None, None, alarm, "", ())
    return dataclasses.replace(made, **changed)  # type: ignore[arg-type]


def grounds(found: Confidence) -> dict[str, tuple[int, float, float]]:
    return {ground.what: (ground.weight, ground.n, ground.of) for ground in found.grounds}


def three(first: bool, second: bool, third: bool) -> list[Evidence]:
    return [said("w8", first, 6), said("c1", second), said("cusum", third)]


@pytest.mark.parametrize(
    ("methods", "wanted"),
    [
        (three(True, True, True), {"agree": (1, 3, 3)}),
        (three(True, True, False), {"agree": (1, 2, 3)}),
        (three(True, False, False), {}),
        ([*three(True, False, False), said("c2", False)], {"alone": (-1, 1, 4)}),
        # Those that could not judge are not asked; two are too few to agree.
        ([*three(True, True, False)[:2], said("c3", False, reason="no_variance")], {}),
    ],
)
def test_agreement_counts_methods_that_are_able(methods: list[Evidence], wanted: dict[str, object]) -> None:
    assert grounds(confidence(methods, 2, 20, 30)) == wanted


@pytest.mark.parametrize(
    ("observed", "p_value", "wanted"),
    [(8, None, {"far"}), (5, 1e-9, {"rare"}), (5, 1e-3, {"bare"}), (6, None, set()), (7, None, set())],
)
def test_how_far_above_the_bound_of_4(observed: float, p_value: float | None, wanted: set[str]) -> None:
    methods = [said("w8", True, observed, p_value=p_value)]
    assert grounds(confidence(methods, 2, 20, 30)).keys() == wanted
    # A number that is always exceeded in an epidemic says nothing beside a baseline's bound.
    by_number = said("k_in_window", True, observed, 1, speaks=True)
    assert grounds(confidence([*methods, by_number], 2, 20, 30)).keys() == wanted
    # Methods that only show do not say how far, and where each case alarms no bound does.
    assert grounds(confidence([dataclasses.replace(methods[0], speaks=False)], 2, 20, 30)) == {}
    assert grounds(confidence(methods, 2, 20, 30, every_case=True)) == {}


def test_one_case_is_no_near_miss_where_one_case_is_the_rule() -> None:
    assert grounds(confidence([said("single_case", True, 1, 0, speaks=True)], 2, 20, 30)) == {}
    assert grounds(confidence([said("first_ever", True, 1, 0, speaks=True)], 2, 20, 30)) == {}
    assert grounds(confidence([said("k_in_window", True, 3, 2, speaks=True)], 2, 20, 30)) == {"bare": (-1, 1.5, 0)}


def test_days_sources_and_a_missing_baseline() -> None:
    assert grounds(confidence([], 3, 20, 20)) == {"days": (1, 3, 0)}
    assert grounds(confidence([], 1, 20, 21)) == {"fresh": (-1, 1, 0)}
    assert grounds(confidence([], 1, 20, 22)) == {}
    assert grounds(confidence([], 2, 20, 22, sources=3)) == {"sources": (1, 3, 0)}
    refused = said("w8", False, reason="too_little_history", upper=None)
    kept = [refused, said("k_in_window", True, 6, speaks=False)]
    assert grounds(confidence(kept, 2, 20, 30)) == {"no_baseline": (-1, 1, 0)}


evidences = st.lists(
    st.builds(
        said,
        st.sampled_from(["w8", "c1", "cusum", "k_in_window", "single_case"]),
        st.booleans(),
        st.integers(0, 50),
        st.none() | st.floats(0, 50),
        speaks=st.booleans(),
        reason=st.sampled_from(["", "no_variance"]),
        p_value=st.none() | st.floats(0, 1),
    ),
    max_size=7,
)


@given(evidences, st.integers(1, 60), st.integers(0, 60), st.integers(1, 3), st.booleans())
def test_the_level_is_the_sum_and_more_sources_never_lower_it(
    evidence: list[Evidence], days: int, age: int, sources: int, every_case: bool
) -> None:
    found = confidence(evidence, days, 100, 100 + age, sources, every_case=every_case)
    assert found.points == sum(ground.weight for ground in found.grounds)
    assert {ground.weight for ground in found.grounds} <= {1, -1}
    assert found.level == ("high" if found.points >= 2 else "low" if found.points < 0 else "medium")
    assert found == confidence(evidence[::-1], days, 100, 100 + age, sources, every_case=every_case)
    more = confidence(evidence, days, 100, 100 + age, sources + 1, every_case=every_case)
    assert more.points >= found.points
