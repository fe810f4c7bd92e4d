"""R_t against its definition, and against epidemics whose R is known."""

import numpy as np
import pytest
from scipy.stats import gamma

from detectors import Reason
from detectors.epidemic.reproduction_number import estimate, serial_interval


def test_the_interval_is_a_distribution_with_its_moments() -> None:
    interval = serial_interval(5.2, 2.8, 60)
    days = np.arange(61)
    assert interval.sum() == pytest.approx(1)
    assert interval[0] == 0
    assert (interval * days).sum() == pytest.approx(5.2, abs=0.01)
    # A day's rounding adds a sixth of a squared day to the variance.
    assert (interval * days**2).sum() - (interval * days).sum() ** 2 == pytest.approx(2.8**2 + 1 / 6, abs=0.05)


def test_the_posterior_by_loops() -> None:
    counts = np.random.default_rng(3).poisson(20, 40)
    interval = serial_interval(4.0, 2.0, 20)
    found = estimate(counts, interval, first=25, window=5)
    for t in range(25, 40):
        pressure = sum(interval[lag] * counts[s - lag] for s in range(t - 4, t + 1) for lag in range(1, 21) if s >= lag)
        posterior = gamma(1 + counts[t - 4 : t + 1].sum(), scale=1 / (1 / 5 + pressure))
        assert found.mean[0, t - 25] == pytest.approx(posterior.mean())
        assert found.lower[0, t - 25] == pytest.approx(posterior.ppf(0.025))
        assert found.upper[0, t - 25] == pytest.approx(posterior.ppf(0.975))


@pytest.mark.parametrize("r", [0.7, 1.0, 1.8])
def test_the_r_of_a_drawn_epidemic_lies_within(r: float) -> None:
    random, interval = np.random.default_rng(11), serial_interval(4.0, 2.0, 20)
    counts = np.zeros((200, 60), dtype=np.int64)
    counts[:, :10] = 40
    for day in range(10, 60):
        pressure = sum(interval[lag] * counts[:, day - lag] for lag in range(1, min(20, day) + 1))
        counts[:, day] = np.minimum(random.poisson(r * pressure), 10**8)
    found = estimate(counts, interval, first=30, window=7)
    inside = (found.lower <= r) & (r <= found.upper)
    assert inside[:, 0].mean() > 0.9


def test_silence_and_gaps_have_a_reason() -> None:
    interval = np.array([0.0, 0.5, 0.5])
    counts = np.zeros((2, 20))
    counts[1] = 5
    counts[1, 12] = np.nan
    found = estimate(counts, interval, window=3)
    assert (found.reason[:, :3] == Reason.TOO_LITTLE_HISTORY).all()
    assert (found.reason[0, 3:] == Reason.TOO_FEW_CASES).all()
    assert (found.reason[1, 12:17] == Reason.MISSING_IN_BASELINE).all()
    assert (found.reason[1, 17:] == Reason.JUDGED).all()
    assert np.isnan(found.mean[found.reason != Reason.JUDGED]).all()


def test_fewer_steps_than_the_window_are_too_little() -> None:
    interval = np.array([0.0, 0.5, 0.5])
    for steps in range(1, 7):
        for first in range(steps + 1):
            found = estimate(np.ones((2, steps), dtype=int), interval, first=first, window=7)
            assert found.reason.shape == (2, steps - first)
            assert (found.reason == Reason.TOO_LITTLE_HISTORY).all()


def test_an_interval_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        estimate([[1, 2]], np.array([0.2, 0.8]))
    with pytest.raises(ValueError, match="mean must be a number above 1"):
        serial_interval(0.5, 1, 10)
