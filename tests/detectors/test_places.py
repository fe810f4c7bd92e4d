"""Cases in several places against plain loops over the places themselves, and what is unknown of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import detectors
from detectors import Reason

counties = arrays(np.int64, st.tuples(st.integers(1, 4), st.just(30)), elements=st.sampled_from([0, 0, 0, 0, 0, 1, 2]))


@settings(max_examples=60, deadline=None)
@given(counties, st.integers(1, 5), st.integers(1, 12), st.integers(1, 3))
def test_by_loops_over_the_places(by_county: NDArray[np.int64], k: int, window: int, places: int) -> None:
    days = by_county.shape[1]
    spans = [by_county[:, max(0, t - window + 1) : t + 1] for t in range(days)]
    with_cases = np.array([[(span.sum(axis=1) > 0).sum() for span in spans]], dtype=np.float64)
    rule = detectors.build("k_places", {"k": k, "window": window, "places": places})
    counts = by_county.sum(axis=0)
    for first in (0, 20):
        verdicts = rule.judge(counts, first=first, population=with_cases)
        assert (verdicts.reason == Reason.JUDGED).all()
        for t in range(first, days):
            together = sum(any(row) for row in spans[t].tolist()) >= places
            assert verdicts.alarm[0, t - first] == (counts[t] > 0 and spans[t].sum() >= k and together)
            assert verdicts.score[0, t - first] == spans[t].sum()
            assert verdicts.upper[0, t - first] == k - 1


def test_places_must_be_known() -> None:
    rule = detectors.build("k_places", {"k": 2, "window": 3})
    nothing = rule.judge([[0, 1, 1, 0]])
    assert (nothing.reason == Reason.NO_DENOMINATOR).all()
    assert not nothing.alarm.any()
    some = rule.judge([[0, 1, 1, 1, 0]], population=np.array([[0, 1, np.nan, 2, np.nan]]))
    assert some.reason.tolist() == [[0, 0, Reason.NO_DENOMINATOR, 0, 0]]
    assert some.alarm.tolist() == [[False, False, False, True, False]]
    for wrong in (np.zeros((1, 3)), np.full((1, 4), -1.0), np.full((1, 4), 1.5), np.full((1, 4), np.inf)):
        with pytest.raises(ValueError, match="population must be"):
            rule.judge([[0, 1, 1, 0]], population=wrong)


def test_a_gap_may_hide_a_place() -> None:
    rule = detectors.build("k_places", {"k": 2, "window": 3})
    verdicts = rule.judge([[1.0, np.nan, 1.0, 1.0, 1.0]], population=np.array([[1.0, 1, 1, 2, 1]]))
    judged, unseen, hidden = Reason.JUDGED, Reason.NOT_OBSERVED, Reason.MISSING_IN_BASELINE
    assert verdicts.reason[0].tolist() == [judged, unseen, hidden, judged, judged]
    assert verdicts.alarm[0].tolist() == [False, False, False, True, False]
