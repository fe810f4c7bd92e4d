"""Which steps Farrington's methods learn from, where steps have dates."""

import numpy as np

from detectors import build


def test_a_trend_over_dated_months_counts_months() -> None:
    """As in R: a month more is a month more, be it of 28 or of 31 days."""
    random = np.random.default_rng(4)
    months = np.arange(96)
    counts = random.poisson(8 * np.exp(0.02 * months) * (1 + 0.5 * np.cos(months * np.pi / 6)), (3, 96))
    dates = np.datetime64("2015-01", "M") + months
    method = build("farrington", {"period": 12, "years_back": 4, "window_half_width": 2})
    dated = method.judge(counts, first=70, dates=dates.astype("datetime64[D]"))
    counted = method.judge(counts, first=70)
    assert (counted.reason == 0).all()
    np.testing.assert_array_equal(dated.upper, counted.upper)
    np.testing.assert_array_equal(dated.score, counted.score)
