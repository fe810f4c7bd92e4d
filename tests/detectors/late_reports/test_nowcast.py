"""The nowcast against drawn delays whose truth is known, against exact distributions, and before a detector."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import betaln, gammaln
from scipy.stats import nbinom

import detectors
from detectors import Reason
from detectors.late_reports.final_counts import estimate
from detectors.late_reports.nowcast import delay_adjusted, nowcast

DELAY = np.array([0.15, 0.2, 0.2, 0.15, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01])
LATE = slice(-9, None)
Integers = NDArray[np.int64]


def drawn(
    random: np.random.Generator, means: Any, series: int, steps: int = 60, precision: float | None = None
) -> tuple[Integers, Integers]:
    """Final counts, and a whole triangle of which a nowcast may see half; steps differ by `precision`."""
    final = random.poisson(np.broadcast_to(means, (series, steps)))
    chance = np.broadcast_to(DELAY, (series, steps, DELAY.size))
    if precision is not None:
        chance = random.dirichlet(DELAY * precision, (series, steps))
    return final, random.multinomial(final, chance)


@pytest.mark.parametrize(
    ("means", "precision"), [(2.0, None), (10.0, None), (50.0, None), (10.0, 20.0), (50.0, 20.0), ("rising", None)]
)
def test_its_interval_covers_the_final_count(means: float | str, precision: float | None) -> None:
    """Of 150 series × 9 open steps; counts are whole, so that an interval of 95 % covers at least about so often."""
    rate = np.exp(np.linspace(0, 4, 60)) if isinstance(means, str) else means
    final, triangle = drawn(np.random.default_rng(4), rate, 150, precision=precision)
    found = nowcast(triangle)
    judged = found.reason[:, LATE] == Reason.JUDGED
    inside = ((found.lower <= final) & (final <= found.upper))[:, LATE][judged]
    assert judged.mean() > 0.85
    # Steps of one series share their delay: 0.93 is four deviations below 0.95 of some 900 independent ones.
    assert inside.mean() > 0.93
    assert found.lower[:, :-9].tolist() == final[:, :-9].tolist() == found.upper[:, :-9].tolist()
    excess = (found.median - final)[:, LATE][judged]
    assert abs(excess.mean()) < 4 * excess.std() / np.sqrt(150)


def test_a_triangle_by_hand() -> None:
    """Reported later by a step: 4 of 10, 5 of 10, 2 of 10; the prior adds half a case to either."""
    found = nowcast([[6, 4], [5, 5], [8, 2], [7, 99]], least_cases=1)
    assert found.reported[0].tolist() == [10, 10, 10, 7]
    assert found.share[0].tolist() == [1, 1, 1, pytest.approx(19.5 / 31)]
    # 7 reported at 63 % are about 11, of a size 7½ negative binomial with some room for the share.
    assert found.expected[0, 3] == pytest.approx(7 + 7.5 * 11.5 / 18.5, abs=0.3)
    assert found.lower[0, 3] == 7
    assert found.upper[0, 3] == pytest.approx(7 + nbinom.ppf(0.975, 7.5, 19.5 / 31), abs=3)


def test_the_distribution_is_a_beta_negative_binomial() -> None:
    """The exact mixture over a beta share: Γ(r+k)/(k!Γ(r))·B(a+r, b+k)/B(a, b)."""
    for reported, mean, variance in ((0, 0.3, 0.004), (3, 0.5, 0.01), (40, 0.8, 0.002)):
        found = estimate(
            np.array([[reported]]), np.array([[mean]]), np.array([[variance]]), np.zeros((1, 1), np.uint8), 0.95, 0.01
        )
        weight = mean * (1 - mean) / variance - 1
        a, b, r, more = mean * weight, (1 - mean) * weight, reported + 0.5, np.arange(2000)
        chance = np.exp(gammaln(r + more) - gammaln(more + 1) - gammaln(r) + betaln(a + r, b + more) - betaln(a, b))
        at_most = np.cumsum(chance)
        assert found.expected[0, 0] == pytest.approx(reported + r * b / (a - 1), rel=0.01)
        for part, level in ((found.median, 0.5), (found.lower, 0.025), (found.upper, 0.975)):
            assert abs(part[0, 0] - reported - np.searchsorted(at_most, level)) <= 1
        for bound in (0.0, 5.0, 44.5, 60.0):
            exact = 1.0 if bound < reported else 1 - at_most[int(bound) - reported]
            assert found.probability_above(bound)[0, 0] == pytest.approx(exact, abs=0.005)


def test_a_known_delay_is_a_negative_binomial() -> None:
    counts = np.random.default_rng(1).poisson(8, (5, 20))
    found = delay_adjusted(counts, DELAY)
    known = np.cumsum(DELAY)
    for age in range(9):
        more = nbinom(counts[:, -1 - age] + 0.5, known[age])
        now = counts[:, -1 - age]
        np.testing.assert_allclose(found.expected[:, -1 - age], now + more.mean(), rtol=1e-6)
        np.testing.assert_array_equal(found.median[:, -1 - age], now + more.ppf(0.5))
        np.testing.assert_array_equal(found.upper[:, -1 - age], now + more.ppf(0.975))
        assert found.share[0, -1 - age] == pytest.approx(known[age])


def test_an_outbreak_that_late_reports_hide_is_found() -> None:
    means = np.full(60, 8.0)
    means[-3:] = 35.0
    final, triangle = drawn(np.random.default_rng(6), means, 60)
    found = nowcast(triangle)
    c2 = detectors.build("c2", {"baseline": 21, "guard": 9})
    hidden = c2.judge(found.reported, first=58)
    seen = c2.judge(found.completed(), first=58)
    complete = c2.judge(final, first=58)
    assert complete.alarm.any(axis=1).all()
    assert hidden.alarm.any(axis=1).mean() < 0.3
    assert seen.alarm.any(axis=1).mean() > 0.8
    # What an alarm means: at least nine times in ten the final count is above the bound.
    sure = found.probability_above(np.hstack([np.zeros((60, 58)), seen.upper]))[:, 58:]
    judged = seen.reason == Reason.JUDGED
    assert (sure[judged & seen.alarm] >= 0.9 - 1e-9).all()
    assert (sure[judged & ~seen.alarm] < 0.9 + 1e-9).all()
    assert (final[:, 58:] > seen.upper)[seen.alarm].mean() > 0.9


def test_its_probabilities_are_true() -> None:
    """Their mean is the share of final counts above the bound, where counts of all sizes are as likely."""
    random = np.random.default_rng(7)
    final, triangle = drawn(random, random.uniform(0, 100, (300, 60)), 300)
    for bound in (20.0, 50.0):
        likely = nowcast(triangle).probability_above(bound)[:, LATE]
        assert likely.mean() == pytest.approx((final[:, LATE] > bound).mean(), abs=0.02)
        near = (likely > 0.3) & (likely < 0.7)
        assert (final[:, LATE] > bound)[near].mean() == pytest.approx(likely[near].mean(), abs=0.1)


def test_quiet_series_alarm_no_more_than_with_complete_counts() -> None:
    final, triangle = drawn(np.random.default_rng(9), 5.0, 500)
    c2 = detectors.build("c2", {"baseline": 21, "guard": 9})
    complete = c2.judge(final, first=57).alarm.mean()
    found = nowcast(triangle)
    assert c2.judge(found.completed(), first=57).alarm.mean() < complete + 4 * np.sqrt(complete / 1500)
    assert c2.judge(found.completed(0.5), first=57).alarm.mean() > 3 * complete
    assert (found.completed(0.9) >= found.reported).all()
    assert (found.completed(0.9) <= found.completed(0.5)).all()


def test_weekdays_have_their_own_delay() -> None:
    random = np.random.default_rng(2)
    steps = 210
    chance = np.where((np.arange(steps) % 7 < 2)[:, np.newaxis], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1])
    triangle = random.multinomial(random.poisson(30, (40, steps)), chance[np.newaxis])
    final = triangle.sum(axis=2)
    errors = {}
    for weekday in (False, True):
        found = nowcast(triangle[:, :-1], weekday=weekday)
        errors[weekday] = np.abs(found.median[:, -1] - final[:, -2]).mean()
        if weekday:
            assert found.share[:, -1].mean() == pytest.approx(0.8 if (steps - 2) % 7 >= 2 else 0.1, abs=0.05)
    assert errors[True] < 0.7 * errors[False]


def test_a_window_follows_a_delay_that_has_changed() -> None:
    random = np.random.default_rng(3)
    chance = np.where((np.arange(120) < 80)[:, np.newaxis], [0.8, 0.2, 0.0], [0.3, 0.3, 0.4])
    triangle = random.multinomial(random.poisson(30, (40, 120)), chance[np.newaxis])
    assert nowcast(triangle, window=30).share[:, -1].mean() == pytest.approx(0.3, abs=0.02)
    assert nowcast(triangle).share[:, -1].mean() > 0.5


def test_a_series_is_the_same_alone_and_the_future_is_not_looked_at() -> None:
    _, triangle = drawn(np.random.default_rng(5), np.geomspace(0.5, 60, 12)[:, np.newaxis], 12)
    whole = nowcast(triangle)
    for series in (0, 5, 11):
        alone = nowcast(triangle[series])
        for part in ("reported", "expected", "median", "lower", "upper", "share", "reason"):
            np.testing.assert_array_equal(getattr(whole, part)[series : series + 1], getattr(alone, part))
    spoilt = triangle.copy()
    spoilt[:, -1, 1:] = 1000
    np.testing.assert_array_equal(nowcast(spoilt).upper, whole.upper)


def test_where_nothing_can_be_said() -> None:
    few = nowcast(np.zeros((30, 4), dtype=int))
    assert (few.reason[0, -3:] == Reason.TOO_FEW_CASES).all()
    assert np.isnan(few.upper[0, -3:]).all()
    assert (few.upper[0, :-3] == 0).all()
    assert few.completed().mask[0].tolist() == [False] * 27 + [True] * 3
    short = nowcast(np.full((2, 4), 9))
    assert (short.reason == Reason.TOO_LITTLE_HISTORY).all()
    slow = nowcast(np.tile([0, 5, 5], (40, 1)))
    assert slow.reason[0, -2:].tolist() == [Reason.JUDGED, Reason.TOO_LITTLE_REPORTED]
    assert slow.share[0, -1] < 0.05
    gap = delay_adjusted([[3.0, np.nan, 4.0]], [0.5, 0.5])
    assert gap.reason[0].tolist() == [Reason.JUDGED, Reason.NOT_OBSERVED, Reason.JUDGED]
    assert np.isnan(gap.upper[0, 1])
    assert gap.probability_above(np.inf)[0, [0, 2]].tolist() == [0.0, 0.0]
    assert gap.probability_above(-1.0)[0, [0, 2]].tolist() == [1.0, 1.0]
    assert np.isnan(gap.probability_above([[0.0, 0.0, np.nan]])[0, 1:]).all()


def test_what_is_refused() -> None:
    with pytest.raises(detectors.ParameterError, match="window must be a whole number of at least 4"):
        nowcast(np.ones((30, 4), dtype=int), window=3)
    with pytest.raises(ValueError, match="series × onset × delay"):
        nowcast([1, 2, 3])
    with pytest.raises(ValueError, match="whole numbers of cases"):
        nowcast([[0.5, 1], [1, 1]])
    with pytest.raises(ValueError, match="add up to 1"):
        delay_adjusted([[1, 2]], [0.5, 0.4])
