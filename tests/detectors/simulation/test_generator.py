"""The simulated series against the formulas of their scenarios."""

import math

import numpy as np
import pytest

from detectors.simulation import SCENARIOS, generate
from detectors.simulation.generator import outbreak_sizes
from detectors.simulation.scenarios import BASELINE_FROM, JUDGED_FROM, LEVELS, WEEKS


def test_the_scenarios_are_numbered_as_published() -> None:
    assert [scenario.number for scenario in SCENARIOS] == list(range(1, 43))
    for scenario in SCENARIOS:
        assert scenario.number == 6 * (scenario.kind - 1) + 3 * scenario.trend + scenario.waves + 1
    assert sorted(kind for kinds in LEVELS.values() for kind in kinds) == [1, 2, 3, 4, 5, 6, 7]


def test_the_mean_by_its_formula() -> None:
    """Scenario 18: the third parameter set with trend and both waves."""
    mean = SCENARIOS[17].mean()
    for week in (1, 26, 400, 624):
        waves = sum(
            0.2 * math.cos(2 * math.pi * j * week / 52) - 0.4 * math.sin(2 * math.pi * j * week / 52) for j in (1, 2)
        )
        assert mean[week - 1] == pytest.approx(math.exp(1.5 + 0.003 * week + waves), rel=1e-12)
    assert (SCENARIOS[12].mean() == math.exp(1.5)).all()


@pytest.mark.parametrize("scenario", [SCENARIOS[at] for at in (0, 6, 12, 18, 29, 41)], ids=lambda s: str(s.number))
def test_counts_have_the_mean_and_the_variance(scenario) -> None:  # type: ignore[no-untyped-def]
    """In the weeks before any outbreak, within five standard errors."""
    series = 4000
    quiet = generate(series, seed=5, role="test", scenarios=[scenario]).quiet[:, :BASELINE_FROM]
    mean, ratio = scenario.mean()[:BASELINE_FROM], scenario.dispersion
    standardised = (quiet - mean) / np.sqrt(ratio * mean)
    assert abs(standardised.mean()) < 5 / math.sqrt(standardised.size)
    fourth = float((standardised**4).mean())
    assert abs((standardised**2).mean() - 1) < 5 * math.sqrt((fourth - 1) / standardised.size)


def test_the_same_seed_gives_the_same_series() -> None:
    one, two = generate(2, seed=9, role="training"), generate(2, seed=9, role="training")
    np.testing.assert_array_equal(one.counts, two.counts)
    other = generate(2, seed=10, role="training")
    assert (one.counts != other.counts).any()


def test_training_and_test_are_other_series() -> None:
    training, test = (generate(2, seed=9, role=role) for role in ("training", "test"))  # type: ignore[arg-type]
    assert (training.quiet != test.quiet).any(axis=1).all()


def test_every_series_has_one_outbreak_in_the_judged_weeks_and_none_before_the_baseline() -> None:
    batch = generate(20, seed=2, role="test")
    assert batch.outbreak.any(axis=1).all()
    assert set(batch.current_size.tolist()) == set(range(1, 11))
    assert set(batch.past_size.tolist()) == {0, 2, 3, 5, 10}
    np.testing.assert_array_equal(batch.counts[:, :JUDGED_FROM], batch.quiet[:, :JUDGED_FROM])
    np.testing.assert_array_equal(batch.counts[:, JUDGED_FROM:] - batch.quiet[:, JUDGED_FROM:], batch.current)
    # The published count of outbreak weeks is 2.85 a series on other draws.
    assert batch.outbreak.sum(axis=1).mean() == pytest.approx(2.85, abs=0.2)


def test_past_outbreaks_add_their_cases_to_the_baseline() -> None:
    """Four of k√(φμ) cases each: against the same scenario's mean, over many series."""
    scenario = SCENARIOS[36]
    batch = generate(6000, seed=4, role="test", scenarios=[scenario])
    level, deviation = math.exp(5), math.sqrt(1.2 * math.exp(5))
    excess = (batch.quiet[:, BASELINE_FROM:JUDGED_FROM] - level).sum(axis=1)
    for k in (0, 2, 3, 5, 10):
        own = excess[batch.past_size == k]
        # Cases that fall behind the baseline are lost: about one in a hundred.
        assert own.mean() == pytest.approx(4 * k * deviation, rel=0.02, abs=5 * own.std() / math.sqrt(own.size))


def test_outbreak_sizes_are_poisson_above_one() -> None:
    sizes = outbreak_sizes(np.full(200_000, 1.5), np.random.default_rng(3))
    assert sizes.min() == 2
    none, one = math.exp(-1.5), 1.5 * math.exp(-1.5)
    expected = (1.5 - one) / (1 - none - one)
    assert sizes.mean() == pytest.approx(expected, rel=0.01)


def test_cases_come_after_the_first_week_by_a_lognormal_delay() -> None:
    """The share of an outbreak's cases in its first week is P(LN(0, ½) < 1) = ½."""
    batch = generate(3000, seed=6, role="test", scenarios=[SCENARIOS[36]])
    early = batch.current_size >= 5
    first = batch.outbreak.argmax(axis=1)
    inside = early & (first < 40)
    share = batch.current[inside, first[inside]].sum() / batch.current[inside].sum()
    assert share == pytest.approx(0.5, abs=0.02)


def test_no_replicate_is_refused() -> None:
    with pytest.raises(ValueError, match="replicates must be at least 1"):
        generate(0, seed=1, role="test")


def test_a_series_is_as_long_as_the_design() -> None:
    assert generate(1, seed=1, role="test").counts.shape == (42, WEEKS) == (42, 624)
