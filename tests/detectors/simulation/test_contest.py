"""Thresholds: they are what the method's own parameter would do, and they come from training series alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from detectors.simulation import SCENARIOS, generate
from detectors.simulation.alerts import alert_starts
from detectors.simulation.contestants import ByStatistic, Contestant
from detectors.simulation.entrants import CONTEST, PUBLISHED
from detectors.simulation.equal_alarms import classes, contest, tune

FEW = [SCENARIOS[at] for at in (1, 8, 13, 28, 40)]
TRAINING = generate(8, seed=1, role="training", scenarios=FEW)
TEST = generate(8, seed=1, role="test", scenarios=FEW)
BY_LABEL = {contestant.label: contestant for contestant in CONTEST}


@pytest.mark.parametrize(
    ("label", "parameter", "value", "level"),
    [
        ("EARS C1", "alpha", 1e-4, norm.isf(1e-4)),
        ("EARS C2", "alpha", 1e-4, norm.isf(1e-4)),
        ("EARS C3", "alpha", 1e-4, norm.isf(1e-4)),
        ("EWMA", "alpha", 1e-3, 3.0),
        ("Bayes 3", "alpha", 1e-3, 3.0),
        ("CDC", "alpha", 1e-3, norm.isf(0.5e-3)),
        ("outbreakP", "k", 500.0, np.log(500)),
        ("3 in a week", "k", 7, 6.0),
        ("W8", "p", 1e-3, 3.0),
        ("Shewhart", "z", 4.0, 4.0),
        ("Farrington", "alpha", 2e-3, 3.0),
        ("Farrington flexible", "alpha", 1e-2, 2.0),
    ],
)
def test_a_level_is_the_parameter(label: str, parameter: str, value: float, level: float) -> None:
    """Judging once and asking more of the statistic gives the alarms of the method with that parameter."""
    contestant = BY_LABEL[label]
    by_level = contestant.grade(TEST.counts, np.array([level]))[0]
    by_parameter = contestant.judge(TEST.counts, **{parameter: value}).alarm
    assert by_parameter.any()
    np.testing.assert_array_equal(by_level, by_parameter)


@pytest.mark.parametrize("contestant", CONTEST, ids=lambda contestant: contestant.label)
def test_levels_go_from_strict_to_loose(contestant: Contestant) -> None:
    levels = contestant.levels(TRAINING.quiet[::5])
    alarms = contestant.grade(TRAINING.quiet[::5], levels[[0, len(levels) // 2, -1]])
    counts = alarms.sum(axis=(1, 2))
    assert counts[0] <= counts[1] <= counts[2]
    assert counts[0] < counts[2]
    if isinstance(contestant.knob, ByStatistic):
        assert (~alarms[0] | alarms[1]).all()
    assert contestant.tell(float(levels[0]))


@pytest.mark.parametrize("contestant", [*PUBLISHED, *CONTEST], ids=lambda contestant: contestant.label)
def test_a_contestant_judges_every_week(contestant: Contestant) -> None:
    alarms = contestant.alarms(TEST.counts[:4])
    assert alarms.shape == TEST.outbreak[:4].shape


def test_labels_are_told_apart() -> None:
    for some in (PUBLISHED, CONTEST):
        assert len({contestant.label for contestant in some}) == len(some)


def test_the_loosest_level_within_the_limit() -> None:
    alarms = np.zeros((4, 1, 50), dtype=bool)
    alarms[1, 0, 3] = True
    alarms[2, 0, [3, 9, 20]] = True
    # All weeks: one run, which would keep the limit again.
    alarms[3] = True
    assert 100 * alert_starts(alarms).mean(axis=(1, 2)) == pytest.approx([0, 2, 6, 2])
    assert tune(alarms, 2) == 1
    assert tune(alarms, 1) == 0
    assert tune(alarms[1:], 1) is None


@pytest.mark.parametrize("label", ["EARS C2", "Bayes 3", "CUSUM Rossi, 26 weeks"])
def test_the_test_series_do_not_move_the_threshold(label: str) -> None:
    outcome = contest(BY_LABEL[label], TRAINING, TEST)
    loud = replace(TEST, quiet=TEST.quiet + 500 * (np.arange(TEST.quiet.shape[1]) % 3 == 0))
    assert contest(BY_LABEL[label], TRAINING, loud).level == outcome.level
    doubled = contest(BY_LABEL[label], replace(TRAINING, current=TRAINING.current * 9), TEST)
    assert doubled.level == outcome.level
    assert contest(BY_LABEL[label], generate(8, seed=2, role="training", scenarios=FEW), TEST).level != outcome.level


def test_the_limit_holds_on_training_series_and_nearly_on_test_series() -> None:
    contestant = BY_LABEL["Bayes 3"]
    outcome = contest(contestant, TRAINING, TEST)
    level = outcome.level["all"]
    assert level is not None
    on_training = contestant.grade(TRAINING.quiet, np.array([level]))[0]
    assert 0.5 < 100 * alert_starts(on_training).mean() <= 1
    found = outcome.found["all"]
    assert found is not None
    assert found.false_alerts().low < 1.5
    assert outcome.detected == int(found.detected.sum())


def test_classes_part_the_series() -> None:
    found = classes(TEST)
    parts = np.sum([found[name] for name in ("rare", "few", "moderate", "many")], axis=0)
    assert found["all"].all()
    assert (parts == 1).all()
    assert found["rare"].sum() == 8


def test_history_is_cut_to_what_a_contestant_is_shown() -> None:
    counts = TEST.counts.copy()
    counts[:, :500] = 9999
    np.testing.assert_array_equal(BY_LABEL["W8"].alarms(counts), BY_LABEL["W8"].alarms(TEST.counts))


def test_nothing_to_tune_is_refused() -> None:
    with pytest.raises(ValueError, match="has nothing to tune"):
        contest(PUBLISHED[0], TRAINING, TEST)
