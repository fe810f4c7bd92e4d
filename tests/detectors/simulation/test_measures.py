"""The measures on alarms that were counted by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from detectors.simulation import tally
from detectors.simulation.alerts import alert_starts, delays
from detectors.simulation.intervals import bootstrap, wilson


def flags(*rows: str) -> np.ndarray:  # type: ignore[type-arg]
    """A row for each text; x is true."""
    return np.array([[sign == "x" for sign in row] for row in rows])


OUTBREAK = flags("..xx.x....", "xx........", ".........x")
ALARM = flags("x..x.xx...", "..x.......", "...xx....x")
QUIET = flags("x.......xx", "..x.......", "...xx.....")


def test_counted_by_hand() -> None:
    found = tally(ALARM, QUIET, OUTBREAK)
    assert found.hits.tolist() == [2, 0, 1]
    assert found.misses.tolist() == [1, 2, 0]
    assert found.false_alarms.tolist() == [2, 1, 2]
    assert found.rests.tolist() == [5, 7, 7]
    assert found.quiet_alarms.tolist() == [3, 1, 2]
    assert found.quiet_alerts.tolist() == [2, 1, 1]
    assert found.delay.tolist() == [1, -1, 0]
    assert found.pod().value == pytest.approx(2 / 3)
    assert found.pod_first_week().value == pytest.approx(1 / 3)
    assert found.fpr().value == pytest.approx(6 / 30)
    assert found.false_alerts().value == pytest.approx(100 * 4 / 30)
    assert found.sensitivity().value == pytest.approx(3 / 6)
    assert found.specificity().value == pytest.approx(19 / 24)
    assert found.ppv().value == pytest.approx(3 / 8)
    assert found.npv().value == pytest.approx(19 / 22)
    assert found.f1().value == pytest.approx(2 * (3 / 6) * (3 / 8) / (3 / 6 + 3 / 8))
    assert found.mean_delay().value == pytest.approx(0.5)
    assert found.restricted_delay().value == pytest.approx((1 + 4 + 0) / 3)


def test_a_part_of_the_series() -> None:
    found = tally(ALARM, QUIET, OUTBREAK).of(np.array([True, False, True]))
    assert found.series == 2
    assert found.pod().value == 1.0


def test_an_alarm_between_two_outbreak_weeks_detects() -> None:
    """The outbreak lasts from its first week to its last, a week without a case included."""
    assert delays(flags("....x....."), flags("...x.x....")).tolist() == [1]
    assert delays(flags("......x..."), flags("...x.x....")).tolist() == [-1]
    assert delays(flags("xxxxxxxxxx"), flags("..........")).tolist() == [-1]


def test_a_run_of_alarm_weeks_is_one_alert() -> None:
    assert alert_starts(flags("xx.xxx.x..")).sum() == 3
    assert alert_starts(flags("xxxxxxxxxx")).sum() == 1


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        tally(ALARM, QUIET[:2], OUTBREAK)


def test_nothing_to_divide_by_is_no_number() -> None:
    silent = np.zeros_like(OUTBREAK)
    found = tally(silent, silent, OUTBREAK)
    assert math.isnan(found.ppv().value)
    assert math.isnan(found.mean_delay().value)
    assert found.pod().value == 0
    assert all(math.isnan(number) for number in wilson(0, 0))


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (3, 7), (7, 7), (430, 1000)])
def test_wilson_is_scipys(successes: int, trials: int) -> None:
    low, high = binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((successes / trials, low, high), abs=1e-12)


def test_the_bootstrap_of_a_share_is_as_wide_as_its_standard_error() -> None:
    zero_one = np.random.default_rng(1).random((2000, 1)) < 0.3
    numbers = np.column_stack([zero_one, np.ones(2000)]).astype(float)
    found = bootstrap(numbers, lambda sums: sums[..., 0] / sums[..., 1], seed=2)
    error = math.sqrt(0.3 * 0.7 / 2000)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.15)
    assert found.low < found.value < found.high
    assert found == bootstrap(numbers, lambda sums: sums[..., 0] / sums[..., 1], seed=2)


@settings(max_examples=60, deadline=None)
@given(arrays(np.bool_, st.tuples(st.just(3), st.integers(1, 5), st.integers(1, 12))))
def test_weeks_are_counted_once_and_alarms_only_help_detection(drawn: np.ndarray) -> None:  # type: ignore[type-arg]
    alarm, quiet, outbreak = drawn
    found = tally(alarm, quiet, outbreak)
    np.testing.assert_array_equal(found.hits + found.misses, outbreak.sum(axis=1))
    np.testing.assert_array_equal(found.false_alarms + found.rests, (~outbreak).sum(axis=1))
    assert (found.quiet_alerts <= found.quiet_alarms).all()
    louder = tally(alarm | quiet, quiet, outbreak)
    assert (louder.detected >= found.detected).all()
    both = found.detected & louder.detected
    assert (louder.delay[both] <= found.delay[both]).all()
    backwards = tally(alarm[::-1], quiet[::-1], outbreak[::-1])
    assert backwards.pod() == found.pod()
    assert tally(outbreak, quiet, outbreak).detected.sum() == outbreak.any(axis=1).sum()
