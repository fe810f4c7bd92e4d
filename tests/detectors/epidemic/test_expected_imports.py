"""Expected imports: against convolved negative binomials, drawn travellers, and their own invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, nbinom

from detectors import Reason
from detectors.epidemic.expected_imports import expected_imports, origin_risk
from detectors.judging.parameters import ParameterError


def convolved(shape: list[float], scale: list[float], length: int) -> np.ndarray:
    """Chances of a sum of negative binomials, term by term."""
    chance = np.zeros(length)
    chance[0] = 1.0
    for one, by in zip(shape, scale, strict=True):
        chance = np.convolve(chance, nbinom.pmf(np.arange(length), one, 1 / (1 + by)))[:length]
    return chance


def test_the_share_is_the_gamma_posterior() -> None:
    found = origin_risk([7, 0], [20_000, 500], [np.nan, 0.002])
    for row, (shape, exposure) in enumerate([(7.5, 20_000.0), (0.5, 750.0)]):
        posterior = gamma(shape, scale=1 / exposure)
        assert found.mean[row] == pytest.approx(posterior.mean())
        assert (found.lower[row], found.upper[row]) == pytest.approx((posterior.ppf(0.025), posterior.ppf(0.975)))


@given(
    origins=st.lists(
        st.tuples(st.integers(0, 30), st.integers(50, 5000), st.integers(0, 3000)), min_size=1, max_size=4
    ),
    observed=st.integers(0, 40),
)
@settings(max_examples=40, deadline=None)
def test_a_sum_over_origins_is_their_convolution(origins: list[tuple[int, int, int]], observed: int) -> None:
    positives, travellers, passengers = (list(column) for column in zip(*origins, strict=True))
    found = expected_imports([passengers], origin_risk(positives, travellers), [observed])
    shape = [x + 0.5 for x in positives]
    scale = [m / n for m, n in zip(passengers, travellers, strict=True)]
    mean = sum(a * b for a, b in zip(shape, scale, strict=True))
    spread = sum(a * b * (1 + b) for a, b in zip(shape, scale, strict=True)) ** 0.5
    chance = convolved(shape, scale, int(mean + 12 * spread + 40 * (1 + max(scale))) + 1)
    assert found.expected[0] == pytest.approx(mean)
    at_most = chance.cumsum()
    for bound, level in ((found.lower[0], 0.025), (found.upper[0], 0.975)):
        assert at_most[int(bound)] >= level - 1e-9
        assert bound == 0 or at_most[int(bound) - 1] < level + 1e-9
    assert found.p_value[0] == pytest.approx(chance[observed:].sum(), abs=1e-9)


def test_what_is_drawn_lies_within_as_often_as_said() -> None:
    """Shares, past and future travellers drawn: the interval holds 95 % or more, and is not much too wide."""
    random = np.random.default_rng(5)
    draws, origins = 400, 3
    inside = expected = came = 0.0
    for _ in range(draws):
        share = random.gamma(0.8, 0.001, origins)
        travellers = random.integers(2000, 20_000, origins)
        passengers = random.integers(100, 5000, origins)
        found = expected_imports([passengers], origin_risk(random.poisson(share * travellers), travellers))
        imports = random.poisson(share * passengers).sum()
        inside += found.lower[0] <= imports <= found.upper[0]
        expected += found.expected[0]
        came += imports
    assert 0.945 < inside / draws < 0.995
    # Jeffreys' half case makes the mean a little too high: at most half a case's worth an origin.
    assert 1.0 < expected / came < 1.3


def test_nothing_known_is_told_and_not_guessed() -> None:
    risk = origin_risk([3, 0], [1000, 0])
    assert risk.reason.tolist() == [Reason.JUDGED, Reason.NO_DENOMINATOR]
    found = expected_imports([[10, 5], [10, 0], [0, 0]], risk, [0, 0, 1])
    assert found.reason.tolist() == [Reason.NO_DENOMINATOR, Reason.JUDGED, Reason.JUDGED]
    assert np.isnan(found.expected[0])
    assert np.isnan(found.p_value[0])
    # Nobody comes: nothing is expected, and a case is impossible.
    assert (found.expected[2], found.lower[2], found.upper[2]) == (0, 0, 0)
    assert found.p_value[2] == pytest.approx(0, abs=1e-12)
    far = expected_imports([[10**9]], origin_risk([3], [1]))
    assert far.reason.tolist() == [Reason.NO_BOUND]
    assert far.expected[0] == pytest.approx(3.5e9)


def test_a_prior_speaks_where_travellers_do_not() -> None:
    bare, told, seen = origin_risk([0, 0, 90], [0, 0, 10_000], [np.nan, 0.004, 0.004]).mean
    assert np.isnan(bare)
    assert told == pytest.approx(0.004)
    assert seen == pytest.approx(0.009, rel=0.02)


def test_more_passengers_and_more_past_cases_never_lower_it() -> None:
    many = expected_imports(np.arange(0, 4000, 200)[:, None], origin_risk([4], [3000]))
    assert (np.diff(many.expected) > 0).all()
    assert (np.diff(many.upper) >= 0).all()
    past = origin_risk(np.arange(20), np.full(20, 3000))
    each = expected_imports(np.diag(np.full(20, 500)), past, np.full(20, 6))
    assert (np.diff(each.p_value) > 0).all()


def test_a_share_of_origins_is_the_sum_of_its_own() -> None:
    risk = origin_risk([4, 9, 0], [3000, 800, 90])
    whole = expected_imports([[100, 50, 30]], risk)
    parts = expected_imports(np.diag([100, 50, 30]), risk)
    assert whole.expected[0] == pytest.approx(parts.expected.sum())
    assert whole.upper[0] <= parts.upper.sum()


@pytest.mark.parametrize(
    ("positives", "travellers", "prior"),
    [([1], [0], None), ([-1], [5], None), ([1.5], [5], None), ([1], [5, 6], None), ([1], [5], [0.0])],
)
def test_what_cannot_be_is_refused(positives: list[float], travellers: list[int], prior: list[float] | None) -> None:
    with pytest.raises(ParameterError):
        origin_risk(positives, travellers, prior)


def test_groups_must_fit_the_risks() -> None:
    risk = origin_risk([1], [50])
    with pytest.raises(ParameterError):
        expected_imports([[1, 2]], risk)
    with pytest.raises(ParameterError):
        expected_imports([[1]], risk, [1, 2])
