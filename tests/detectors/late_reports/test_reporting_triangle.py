"""The reporting triangle against counting case by case, and its delays against draws."""

import numpy as np
import pytest

from detectors.late_reports.reporting_delay import learn, reverse_hazards
from detectors.late_reports.reporting_triangle import checked_triangle, reporting_triangle

TODAY = np.datetime64("2024-03-31")


@pytest.mark.parametrize("step_days", [1, 7])
def test_case_by_case(step_days: int) -> None:
    random = np.random.default_rng(1)
    onset = TODAY - random.integers(0, 80, 500)
    report = onset + random.integers(0, 20, 500)
    series = random.integers(0, 3, 500)
    steps, longest = 60 // step_days, 14 // step_days
    found = reporting_triangle(
        onset, report, today=TODAY, steps=steps, longest=longest, step_days=step_days, series=series, among=3
    )
    by_hand = np.zeros_like(found)
    for begun, known, own in zip(onset, report, series, strict=True):
        at = steps - 1 - int((TODAY - begun).astype(int)) // step_days
        then = steps - 1 - int((TODAY - known).astype(int)) // step_days
        if known <= TODAY and at >= 0 and then - at <= longest:
            by_hand[own, at, then - at] += 1
    np.testing.assert_array_equal(found, by_hand)
    np.testing.assert_array_equal(checked_triangle(found), found)


def test_what_is_refused() -> None:
    days = np.array([TODAY, TODAY])
    with pytest.raises(ValueError, match="before its onset"):
        reporting_triangle(days, days - 1, today=TODAY, steps=3, longest=1)
    with pytest.raises(ValueError, match="must be known"):
        reporting_triangle(days, np.array([TODAY, np.datetime64("NaT")]), today=TODAY, steps=3, longest=1)
    with pytest.raises(ValueError, match="one length"):
        reporting_triangle(days, days[:1], today=TODAY, steps=3, longest=1)
    with pytest.raises(ValueError, match="between 0 and 0"):
        reporting_triangle(days, days, today=TODAY, steps=3, longest=1, series=np.array([0, 1]))


def test_reverse_hazards_by_hand() -> None:
    triangle = np.array([[[3, 2, 1], [4, 0, 2], [5, 1, 0], [6, 0, 0]]])
    known = np.add.outer(np.arange(4), np.arange(3)) < 4
    late, at_most = reverse_hazards(triangle, known)
    assert late[0].tolist() == [18, 3, 3]
    assert at_most[0].tolist() == [18, 15, 12]


def test_the_share_has_the_moments_of_its_posterior() -> None:
    """Draws of independent beta hazards, multiplied; rows alike, so that steps do not differ more than by chance."""
    triangle = np.tile([5, 3, 2, 1], (1, 12, 1))
    known = np.add.outer(np.arange(12), np.arange(4)) < 12
    found = learn(np.where(known, triangle, 0), known)
    random = np.random.default_rng(1)
    late, at_most = reverse_hazards(triangle, known)
    hazards = [random.beta(late[0, d] + 1 / 4, at_most[0, d] - late[0, d] + d / 4, 200_000) for d in range(1, 4)]
    for age in range(3):
        share = np.prod([1 - hazards[d - 1] for d in range(age + 1, 4)], axis=0)
        assert found.share[0, age] == pytest.approx(share.mean(), abs=1e-3)
        assert found.variance[0, age] == pytest.approx(share.var(), rel=0.02)


def test_steps_that_differ_are_noticed() -> None:
    """The correlation of a Dirichlet of weight 20 is 1/21: the variance of a step's own share is p(1-p)/21."""
    random = np.random.default_rng(2)
    shares = random.dirichlet([6.0, 8.0, 6.0], 4000)
    triangle = random.multinomial(200, shares)[np.newaxis]
    found = learn(triangle, np.ones((4000, 3), dtype=np.bool_))
    for age, share in enumerate((0.3, 0.7)):
        assert found.share[0, age] == pytest.approx(share, abs=0.01)
        assert found.variance[0, age] == pytest.approx(share * (1 - share) / 21, rel=0.1)
