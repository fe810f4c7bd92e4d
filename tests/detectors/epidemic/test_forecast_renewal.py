"""The renewal forecast against epidemics that are drawn with a known R."""

import numpy as np
import pytest

from detectors import Reason
from detectors.epidemic.forecast_renewal import forecast_renewal
from detectors.epidemic.reproduction_number import estimate, serial_interval

INTERVAL = serial_interval(4.0, 2.0, 20)


@pytest.mark.parametrize(("r", "scatter"), [(0.8, 1.0), (1.0, 1.0), (1.4, 1.0), (1.2, 3.0)])
def test_drawn_epidemics_lie_within(r: float, scatter: float) -> None:
    random = np.random.default_rng(4)
    counts = np.zeros((150, 61), dtype=np.int64)
    counts[:, :10] = 30
    for day in range(10, 61):
        mean = r * sum(INTERVAL[lag] * counts[:, day - lag] for lag in range(1, min(20, day) + 1))
        if scatter > 1:
            mean = random.gamma(mean / (scatter - 1) + 1e-12, scatter - 1)
        counts[:, day] = random.poisson(mean)
    found = forecast_renewal(counts[:, :40], INTERVAL, 21, window=14, scatter=scatter, paths=400)
    inside = (found.lower <= counts[:, 40:]) & (counts[:, 40:] <= found.upper)
    assert (found.reason == Reason.JUDGED).mean() > 0.99
    # 21 days of a path go together: of 150 paths 0.95 has a deviation of 0.018 at most.
    assert inside[found.reason == 0].mean() > 0.90
    assert inside[:, :7][found.reason[:, :7] == 0].mean() > 0.92
    if scatter > 1:
        plain = forecast_renewal(counts[:, :40], INTERVAL, 21, window=14, paths=400)
        held = (plain.lower <= counts[:, 40:]) & (counts[:, 40:] <= plain.upper)
        assert held.mean() < inside.mean() - 0.1


def test_its_mean_is_that_of_the_renewal_equation() -> None:
    """One step after the other with a generation of a step: the mean is E[R]^h times the last count."""
    counts = np.array([[100, 110, 121, 133, 146]])
    r = estimate(counts, np.array([0.0, 1.0]), first=4, window=4)
    found = forecast_renewal(counts, np.array([0.0, 1.0]), 2, window=4, paths=20_000)
    mean = float(r.mean[0, 0])
    shape = 1 + 510
    assert found.expected[0, 0] == pytest.approx(146 * mean, rel=0.003)
    assert found.expected[0, 1] == pytest.approx(146 * mean**2 * (1 + 1 / shape), rel=0.005)


def test_a_series_is_the_same_alone_and_again() -> None:
    counts = np.random.default_rng(1).poisson(np.array([[2.0], [20.0], [50.0]]), (3, 60))
    whole = forecast_renewal(counts, INTERVAL, 7)
    for series in range(3):
        alone = forecast_renewal(counts[series], INTERVAL, 7)
        for part in ("expected", "lower", "upper", "reason"):
            np.testing.assert_array_equal(getattr(whole, part)[series : series + 1], getattr(alone, part))
    other = forecast_renewal(counts, INTERVAL, 7, seed=2)
    assert (other.expected != whole.expected).any()
    # 1,000 draws leave a mean an error of a thirtieth of the draws' deviation.
    np.testing.assert_allclose(other.expected[1:], whole.expected[1:], rtol=0.1)


def test_where_nothing_can_be_said() -> None:
    counts = np.random.default_rng(1).poisson(5.0, (3, 60)).astype(float)
    counts[1] = 0
    counts[2, 55] = np.nan
    found = forecast_renewal(counts, INTERVAL, 7)
    assert found.reason[:, 0].tolist() == [Reason.JUDGED, Reason.TOO_FEW_CASES, Reason.MISSING_IN_BASELINE]
    assert np.isnan(found.upper[1:]).all()
    assert (forecast_renewal(counts[:, :4], INTERVAL, 7).reason == Reason.TOO_LITTLE_HISTORY).all()
    assert forecast_renewal(np.zeros((2, 0)), INTERVAL, 3).reason.shape == (2, 3)
    huge = forecast_renewal(np.geomspace(1, 2e9, 30).astype(int), INTERVAL, 28)
    assert np.isfinite(huge.upper).all()
