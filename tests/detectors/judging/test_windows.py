"""Sums over moving windows against plain loops."""

import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import detectors
from detectors.judging import windows

STEPS = 40
counts = arrays(np.int64, st.tuples(st.integers(0, 4), st.just(STEPS)), elements=st.integers(0, 2_000_000_000))
spans = st.builds(lambda near, length, stride: range(near, near + length * stride, stride),
                  st.integers(0, 9), st.integers(1, 7), st.sampled_from([1, 1, 3]))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(counts, st.lists(spans, min_size=1, max_size=3), st.integers(0, STEPS))
def test_sums_by_loops(values: NDArray[np.int64], offsets: list[range], start: int) -> None:
    """Also where a window reaches before the first column."""
    sums, squares = windows.sums_and_squares(values // 1000, start, offsets)
    missing = windows.any_missing(values % 5 == 0, start, offsets)
    for row, line in enumerate((values // 1000).tolist()):
        for step in range(start, STEPS):
            at = [step - back for span in offsets for back in span if step >= back]
            assert sums[row, step - start] == sum(line[i] for i in at)
            assert squares[row, step - start] == sum(line[i] ** 2 for i in at)
            assert missing[row, step - start] == any(values[row, i] % 5 == 0 for i in at)


@pytest.mark.parametrize("length", range(1, 35))
def test_moving_sums_of_every_length(length: int) -> None:
    values = np.random.default_rng(length).integers(0, 1000, (3, STEPS))
    sums = windows.moving_sums(values, length)
    for first in range(STEPS - length + 1):
        np.testing.assert_array_equal(sums[:, first], values[:, first : first + length].sum(axis=1))


@pytest.mark.parametrize("length", [3, 7, 28, 90])
def test_narrow_counts_never_overflow(length: int) -> None:
    highest = 46340 // length
    for value, kind in ((highest, np.int32), (highest + 1, np.int64)):
        values = np.full((2, length + 1), value)
        values[0, 0] = 0
        chosen = windows.narrow(values, length)
        assert chosen.dtype == kind
        window = [range(1, length + 1)]
        sums, squares = windows.sums_and_squares(chosen, length, window)
        found = windows.variances(chosen, length, window, sums, squares)
        exact = statistics.variance([Fraction(int(count)) for count in values[0, :length]])
        assert found[:, 0].tolist() == [float(exact), 0.0]


@pytest.mark.parametrize("method", ["c1", "c2", "c3"])
def test_a_busy_neighbour_changes_no_bit(method: str) -> None:
    """Series of one block are judged in 32 bits or, where one of them needs it, all in 64."""
    quiet = np.random.default_rng(4).poisson(30, (6, 60))
    both = np.vstack([quiet, np.full((1, 60), 1_000_000)])
    detector = detectors.build(method, {})
    together, alone = detector.judge(both), detector.judge(quiet)
    for part in ("expected", "upper", "score", "alarm", "reason"):
        np.testing.assert_array_equal(getattr(together, part)[:6], getattr(alone, part))
