"""The ratio against SciPy's binomial; the least counts against a search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.space_time.likelihood import LeastCounts, log_likelihood_ratio
from tests.detectors.space_time import brute


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(1e-6, 0.999))
def test_the_ratio_is_the_binomials(total: int, part: float, share: float) -> None:
    cases, expected = round(part * total), share * total
    found = float(log_likelihood_ratio(cases, expected, total))
    assert found == pytest.approx(brute.ratio(cases, expected, total), rel=1e-7, abs=1e-7)


def test_it_grows_with_cases_and_falls_with_what_is_expected() -> None:
    cases = np.arange(101)
    by_cases = log_likelihood_ratio(cases, 20.0, 100)
    assert (by_cases[:21] == 0).all()
    assert (np.diff(by_cases[20:]) > 0).all()
    by_mean = log_likelihood_ratio(30, np.linspace(0.1, 30, 50), 100)
    assert (np.diff(by_mean) < 0).all()


def test_all_or_nothing() -> None:
    assert float(log_likelihood_ratio(10, 2.0, 10)) == pytest.approx(10 * np.log(5))
    assert float(log_likelihood_ratio(0, 0.0, 10)) == 0
    assert float(log_likelihood_ratio(1, 0.0, 10)) == np.inf


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 3000), st.floats(0, 40), st.lists(st.floats(0, 0.6), min_size=1, max_size=20))
def test_least_counts_are_never_too_high_and_hardly_too_low(total: int, floor: float, shares: list[float]) -> None:
    expected = np.array(shares) * total
    least = LeastCounts(expected, total).reaching(floor, total, np.dtype(np.int64))
    counts = np.arange(1, total + 1)
    for mean, low in zip(expected, least, strict=True):
        reaching = counts[log_likelihood_ratio(counts, mean, total) >= max(floor, 1e-300)]
        exact = reaching[0] if reaching.size else total + 1
        assert low <= exact
        # A node lies at most 0.02 standard deviations lower, and at most the whole way to it is lost.
        if mean > 1:
            assert low >= exact - 1 - 0.1 * np.sqrt(mean) * max(1, exact / mean)


def test_least_counts_of_many_cases() -> None:
    total, expected = 500_000_000, np.array([1e-6, 1.0, 1e3, 1e8])
    least = LeastCounts(expected, total).reaching(10.0, total, np.dtype(np.int64))
    reached = log_likelihood_ratio(least + 1 + np.array([0, 0, 40, 20_000]), expected, total)
    assert (reached >= 10).all()
    assert (log_likelihood_ratio(least - 1, expected, total) < 10).all()
