"""Critical values of MaxSPRT against the published ones, against enumeration and against drawn processes."""

from itertools import product

import numpy as np
import pytest

from detectors.maxsprt.limits import (
    binomial_critical,
    binomial_error,
    binomial_ratio,
    latest,
    poisson_bound,
    poisson_critical,
    poisson_error,
    poisson_ratio,
)


@pytest.mark.parametrize(
    ("limit", "published"),
    [
        (0.1, 2.044069),
        (0.5, 2.637928),
        (1, 2.853937),
        (2, 3.046977),
        (5, 3.297183),
        (10, 3.467952),
        (20, 3.628123),
        (50, 3.819903),
        (100, 3.952321),
        (200, 4.074828),
    ],
)
def test_the_published_critical_values(limit: float, published: float) -> None:
    """Kulldorff and others (2011), table 1: level 0.05, at least one event."""
    assert poisson_critical(limit, 0.05, 1) == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize(
    ("limit", "minimum", "published"),
    [(1, 2, 2.366638), (1, 3, 1.774218), (2, 2, 2.689354), (2, 3, 2.349680), (2, 4, 2.000158)],
)
def test_the_published_critical_values_with_a_minimum(limit: float, minimum: int, published: float) -> None:
    """Kulldorff and Silva (2015), table 1."""
    assert poisson_critical(limit, 0.05, minimum) == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize(("limit", "alpha", "minimum"), [(10.0, 0.05, 1), (10.0, 0.01, 4), (3.0, 0.2, 2)])
def test_drawn_processes_reach_it_as_often_as_they_should(limit: float, alpha: float, minimum: int) -> None:
    draws = 40_000
    times = np.cumsum(np.random.default_rng(3).exponential(size=(draws, 60)), axis=1)
    events = np.arange(1, 61)
    ratio = poisson_ratio(np.broadcast_to(events, times.shape), times)
    over = (ratio >= poisson_critical(limit, alpha, minimum)) & (times <= limit) & (events >= minimum)
    found = over.any(axis=1).mean()
    assert found == pytest.approx(alpha, abs=4 * np.sqrt(alpha * (1 - alpha) / draws))


def test_more_than_enough_events_leave_no_error() -> None:
    critical = poisson_critical(1.0, 0.05, 12)
    assert 0 < critical < 1e-3
    assert poisson_error(critical, 1.0, 12) < 1e-9


def test_bounds_are_the_least() -> None:
    expected = np.random.default_rng(2).uniform(1e-6, 300, 2000)
    for critical, minimum in ((0.5, 1), (3.468, 1), (8.0, 4)):
        least = poisson_bound(expected, critical, minimum)
        assert (poisson_ratio(least, expected) >= critical).all()
        fewer = (poisson_ratio(least - 1, expected) >= critical) & (least - 1 >= minimum)
        assert not fewer.any()
        events = np.arange(1, 80)
        at = latest(events, critical)
        np.testing.assert_allclose(poisson_ratio(events, at), critical, rtol=1e-9)


@pytest.mark.parametrize(("share", "minimum"), [(0.5, 1), (0.25, 1), (0.25, 3), (0.6, 5)])
def test_the_binomial_error_by_every_sequence(share: float, minimum: int) -> None:
    limit = 12
    sequences = np.array(list(product((0, 1), repeat=limit)))
    exposed, events = np.cumsum(sequences, axis=1), np.broadcast_to(np.arange(1, limit + 1), sequences.shape)
    chance = np.prod(np.where(sequences == 1, share, 1 - share), axis=1)
    ratio = np.where(events >= minimum, binomial_ratio(exposed, events, share), 0.0).max(axis=1)
    for critical in (1.0, 2.0, 3.0):
        assert binomial_error(critical, limit, minimum, share) == pytest.approx(chance[ratio >= critical].sum())
    # The least attainable value whose error is at most alpha, over all values that a ratio can take.
    values = np.unique(np.round(ratio[ratio > 0], 9))
    for alpha in (0.05, 0.2):
        rare = [value for value in values if chance[ratio >= value - 1e-8].sum() <= alpha]
        found = binomial_critical(limit, alpha, minimum, share)
        assert found == pytest.approx(rare[0], abs=1e-8) if rare else np.isinf(found)


def test_the_binomial_ratio_is_a_likelihoods() -> None:
    for exposed, events, share in ((3, 4, 0.5), (5, 5, 0.25), (9, 12, 0.3)):
        best = exposed / events
        at_best = best**exposed * (1 - best) ** (events - exposed)
        at_null = share**exposed * (1 - share) ** (events - exposed)
        found = binomial_ratio(np.array([exposed]), np.array([events]), share)[0]
        assert found == pytest.approx(np.log(at_best / at_null))
    assert binomial_ratio(np.array([1]), np.array([4]), 0.5)[0] == 0
