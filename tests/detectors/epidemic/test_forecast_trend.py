"""The trend forecast: its interval by numerical integration, and how often drawn futures lie in it."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import nbinom, norm, poisson

import detectors
from detectors import Reason
from detectors.epidemic.forecast_trend import forecast_trend

WEEKDAYS = np.array([1.3, 1.1, 1.0, 1.1, 1.0, 0.8, 0.7])


def drawn(mean: float, growth: float, ratio: float, training: int, series: int = 120) -> np.ndarray[Any, Any]:
    days = np.arange(training + 28)
    means = np.broadcast_to(mean * np.exp(growth * (days - training)) * WEEKDAYS[days % 7], (series, days.size))
    random = np.random.default_rng(1)
    return random.poisson(means) if ratio == 1 else random.negative_binomial(means / (ratio - 1), 1 / ratio)


@pytest.mark.parametrize(
    ("mean", "growth", "ratio", "training"),
    [(20.0, 0.0, 1.0, 56), (20.0, 0.02, 1.0, 56), (40.0, -0.02, 3.0, 56), (1.0, 0.0, 1.0, 84)],
)
def test_drawn_futures_lie_within(mean: float, growth: float, ratio: float, training: int) -> None:
    counts = drawn(mean, growth, ratio, training)
    found = forecast_trend(counts[:, :training], 28, training=training)
    future = counts[:, training:]
    assert (found.reason == Reason.JUDGED).all()
    inside = (found.lower <= future) & (future <= found.upper)
    # 28 days of a series share its error: 120 series leave 0.95 a deviation of at most 0.02.
    assert inside.mean() > 0.93
    assert inside[:, 21:].mean() > 0.92
    # Not by being wide: an interval for the known mean is at most 1.5 times narrower in the first week.
    days = np.arange(training, training + 7)
    means = mean * np.exp(growth * (days - training)) * WEEKDAYS[days % 7]
    known = poisson(means) if ratio == 1 else nbinom(means / (ratio - 1), 1 / ratio)
    width = known.ppf(0.975) - known.ppf(0.025)
    assert (found.upper - found.lower)[:, :7].mean() < 1.5 * width.mean()


def test_a_level_alone_by_integration() -> None:
    """Σ cases in n steps: the mean's logarithm has the error √(φ/Σ), and φ is Pearson's."""
    counts = np.array([3, 9, 4, 7, 1, 8, 6, 2, 9, 5, 4, 8, 3, 7])
    found = forecast_trend(counts, 2, training=14, trend=False, weekday=False)
    mean = counts.mean()
    ratio = ((counts - mean) ** 2 / mean).sum() / 13
    error = np.sqrt(ratio / counts.sum())

    def at_most(count: int) -> float:
        def density(z: float) -> float:
            at = mean * np.exp(error * z)
            return float(norm.pdf(z) * nbinom.cdf(count, at / (ratio - 1), 1 / ratio))

        return quad(density, -8, 8)[0]

    assert ratio > 1
    assert found.expected[0] == pytest.approx(mean * np.exp(error**2 / 2))
    for part, chance in ((found.lower, 0.025), (found.upper, 0.975)):
        count = int(part[0, 0])
        assert at_most(count) >= chance
        assert count == 0 or at_most(count - 1) < chance


def test_its_trend_and_weekdays_are_exact_where_the_counts_are() -> None:
    days = np.arange(70)
    counts = np.round(4000 * np.exp(0.02 * days) * WEEKDAYS[days % 7]).astype(int)
    found = forecast_trend(counts[:56], 14)
    np.testing.assert_allclose(found.expected[0], counts[56:], rtol=0.02)


def test_harmonics_see_the_season_turn() -> None:
    days = np.arange(3 * 365 + 28)
    means = 30 * np.exp(np.cos(2 * np.pi * days / 365.25))
    counts = np.random.default_rng(2).poisson(means, (3, days.size))
    past = counts[:, : 3 * 365 - 28]
    flat = forecast_trend(past, 28, training=56)
    seasonal = forecast_trend(past, 28, training=3 * 365 - 28, harmonics=1, trend=False)
    truth = means[3 * 365 - 28 : 3 * 365]
    assert abs(seasonal.expected / truth - 1).max() < 0.12
    assert abs(seasonal.expected / truth - 1).mean() < abs(flat.expected / truth - 1).mean()


def test_a_series_is_the_same_alone() -> None:
    counts = np.random.default_rng(3).poisson(np.geomspace(0.3, 80, 70)[:, np.newaxis], (70, 60))
    whole = forecast_trend(counts, 7)
    for series in (0, 33, 69):
        alone = forecast_trend(counts[series], 7)
        for part in ("expected", "lower", "upper", "reason"):
            np.testing.assert_array_equal(getattr(whole, part)[series : series + 1], getattr(alone, part))


def test_where_nothing_can_be_said() -> None:
    counts = np.random.default_rng(3).poisson(6.0, (5, 60)).astype(float)
    counts[1] = 0
    counts[2, ::2] = np.nan
    counts[3, 20:] = np.nan
    counts[4, np.arange(60) % 7 == 60 % 7] = 0
    found = forecast_trend(counts, 7)
    assert (found.reason[[0, 2]] == Reason.JUDGED).all()
    assert (found.reason[1] == Reason.TOO_FEW_CASES).all()
    assert (found.reason[4] == Reason.JUDGED).tolist() == [False] + [True] * 6
    assert found.reason[4, 0] == Reason.NO_BOUND
    for part in (found.expected, found.lower, found.upper):
        assert (np.isnan(part) == (found.reason != Reason.JUDGED)).all()
    gap = forecast_trend(np.where(np.arange(60) < 52, np.nan, 6.0), 7)
    assert (gap.reason == Reason.MISSING_IN_BASELINE).all()
    assert (forecast_trend(np.ones((1, 20), dtype=int), 7).reason == Reason.TOO_LITTLE_HISTORY).all()
    with pytest.raises(detectors.ParameterError, match="training must be at least two periods"):
        forecast_trend(np.ones((1, 20), dtype=int), 7, harmonics=1)
    with pytest.raises(detectors.ParameterError, match="horizon"):
        forecast_trend(np.ones((1, 20), dtype=int), 0)
