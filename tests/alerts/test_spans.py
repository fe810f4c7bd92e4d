"""How far a method's alarms reach, against the method itself."""

from typing import Any

import numpy as np
import pytest

from alerts.spans import gap_of, observed_days, window_of
from detectors import build

FIRST = {"within": 100, "least_tests": 30, "tested_within": 365}
POSITIVITY = {"p": 0.001, "minimum": 3, "baseline": 8, "guard": 1, "least_tests": 30}

NAMED: list[tuple[str, dict[str, Any], tuple[int, int, int]]] = [
    ("first_ever", FIRST, (28, 1, 1)),
    ("k_places", {"k": 3, "window": 30, "places": 2}, (30, 30, 30)),
    ("k_places", {}, (30, 30, 30)),
    ("k_in_window", {"k": 3, "window": 14}, (14, 14, 14)),
    ("k_in_window", {"k": 3, "window": 2, "sum_over": 7}, (14, 14, 14)),
    ("k_in_window", {"k": 3, "window": 1, "sum_over": 7, "overlapping": True}, (7, 7, 7)),
    ("single_case", {"quiet_days": 0}, (28, 1, 1)),
    ("beta_binomial", POSITIVITY, (7, 1, 1)),
    ("beta_binomial", {**POSITIVITY, "sum_over": 7}, (7, 7, 7)),
    ("farrington_flexible", {"years_back": 3, "sum_over": 7}, (7, 7, 7)),
    ("farrington_flexible", {"years_back": 3, "window_half_width": 3}, (7, 1, 1)),
    ("c3", {"baseline": 7, "sum_over": 7}, (7, 21, 7)),
    ("c2", {"baseline": 7, "sum_over": 14}, (7, 14, 14)),
    ("w8", {"window": 28}, (7, 28, 28)),
    ("w8", {"window": 2, "sum_over": 7}, (7, 14, 14)),
    ("cusum", {"k": 1.04}, (7, 7, 1)),
    ("cusum", {"k": 1.04, "sum_over": 14}, (7, 14, 14)),
    ("percentile", {"window": 7}, (7, 7, 7)),
]


@pytest.mark.parametrize(("method", "parameters", "expected"), NAMED)
def test_gap_window_and_observed_days(method: str, parameters: dict[str, Any], expected: tuple[int, int, int]) -> None:
    found = gap_of(method, parameters), window_of(method, parameters), observed_days(method, parameters)
    assert found == expected


@pytest.mark.parametrize(("method", "parameters"), [one[:2] for one in NAMED if one[0] in ("k_in_window", "k_places")])
def test_the_observed_days_are_those_whose_cases_the_score_adds_up(method: str, parameters: dict[str, Any]) -> None:
    days = np.random.default_rng(1).poisson(2, (1, 120))
    verdicts = build(method, parameters).judge(days, first=119, population=np.full(days.shape, 5.0))
    assert verdicts.score[0, 0] == days[0, -observed_days(method, parameters) :].sum()


@pytest.mark.parametrize("parameters", [{"sum_over": 7}, {"sum_over": 14}, {}])
def test_the_observed_days_of_a_share_are_its_positives(parameters: dict[str, Any]) -> None:
    """Cases outside the observed days and the baseline change nothing; one in them changes the verdict."""
    rule = build("beta_binomial", {**POSITIVITY, **parameters})
    length = observed_days("beta_binomial", {**POSITIVITY, **parameters})
    days = np.ones((1, 400), np.int64)
    tests = np.full(days.shape, 30.0)

    def p_value(back: int) -> float:
        more = days.copy()
        more[0, -1 - back] += 5
        found = rule.judge(more, first=399, population=tests).p_value
        assert found is not None
        return float(found[0, 0])

    assert len({p_value(0), p_value(length - 1)}) == 1
    assert p_value(length - 1) < p_value(length)


@pytest.mark.parametrize("wrong", [0, -7, "7", 1.5])
def test_days_that_are_none_are_refused(wrong: Any) -> None:
    for name in ("window", "sum_over"):
        with pytest.raises(ValueError, match=f"{name} must be a positive number of days"):
            observed_days("k_in_window", {name: wrong})
