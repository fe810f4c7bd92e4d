"""Many policies over many series: the same as each series by its own."""

import numpy as np
import pytest

from detectors import Counts, Policy, build_policy, judge_by_policy
from tests.detectors.cases import DATES, JUDGED, STEPS, example
from tests.detectors.policies.test_policy import STATED, alike, example_with_gaps

NAMES = [name for name in STATED if name != "remembers all"]


def built() -> list[Policy]:
    """Each policy twice, so that equal ones stand apart."""
    return [build_policy(STATED[name]) for name in (*NAMES, *NAMES)]


@pytest.mark.parametrize("first", [0, JUDGED, STEPS - 1, STEPS])
def test_each_series_is_judged_by_its_own_policy(first: int) -> None:
    policies = built()
    counts = np.vstack([example_with_gaps(), example(14, seed=4)])
    which = np.random.default_rng(2).integers(0, len(policies), len(counts))
    nation = judge_by_policy(policies, which, counts, first=first, dates=DATES)
    seen: list[int] = []
    for rows, said in nation.groups:
        seen += rows.tolist()
        for at, row in enumerate(rows):
            alone = policies[which[row]].judge(counts[row], first=first, dates=DATES)
            alike(said, alone, rows=slice(at, at + 1))
            for part in ("alarm", "agreeing", "able", "reason"):
                np.testing.assert_array_equal(getattr(nation, part)[row], getattr(alone, part)[0])
    assert sorted(seen) == list(range(len(counts)))


def test_equal_policies_are_one_group() -> None:
    policies = built()
    nation = judge_by_policy(policies, np.arange(len(policies)), example(len(policies)), first=JUDGED, dates=DATES)
    assert len(nation.groups) == len(NAMES)


def test_a_policy_that_remembers_all_reads_all() -> None:
    policy, counts = build_policy(STATED["remembers all"]), example()
    nation = judge_by_policy([policy], np.zeros(10, int), counts, first=STEPS - 1, dates=DATES)
    alike(policy.judge(counts, dates=DATES), nation.groups[0][1], columns=slice(STEPS - 1, None))


def test_forms_of_the_same_counts_agree() -> None:
    policies, counts = built(), example(len(NAMES) * 2)
    which, gaps = np.arange(len(policies)), example_with_gaps()
    whole = judge_by_policy(policies, which, counts, first=JUDGED, dates=DATES)
    for form in (Counts.of(counts), counts.astype(np.uint16), counts.tolist(), np.asfortranarray(counts)):
        np.testing.assert_array_equal(
            whole.alarm, judge_by_policy(policies, which, form, first=JUDGED, dates=DATES).alarm
        )
    with_gaps = judge_by_policy(policies, which[:10], gaps, first=JUDGED, dates=DATES)
    for form in (Counts.of(gaps), np.ma.masked_invalid(gaps)):
        said = judge_by_policy(policies, which[:10], form, first=JUDGED, dates=DATES)
        np.testing.assert_array_equal(with_gaps.able, said.able)
        np.testing.assert_array_equal(with_gaps.reason, said.reason)


def test_no_series_at_all() -> None:
    assert judge_by_policy(built(), np.zeros(0, int), np.zeros((0, 5), int)).alarm.shape == (0, 5)


def test_what_names_no_policy_is_refused() -> None:
    policies, counts = built(), example(2)
    for which in ([0], [0, 1, 2], [0.0, 1.0], [[0, 1]]):
        with pytest.raises(ValueError, match="which must be 2 whole numbers"):
            judge_by_policy(policies, which, counts)
    for which in ([0, len(policies)], [-1, 0]):
        with pytest.raises(ValueError, match="which must lie between"):
            judge_by_policy(policies, which, counts)
    with pytest.raises(ValueError, match="counts must be series"):
        judge_by_policy(policies, [0], counts[0])
    with pytest.raises(ValueError, match="a count must lie between"):
        judge_by_policy(policies, [0, 1], -counts - 1)
    with pytest.raises(ValueError, match="first must lie between 0 and 400"):
        judge_by_policy(policies, [0, 1], counts, first=401)
