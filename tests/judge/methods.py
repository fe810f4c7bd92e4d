"""The catalogue's methods again, one day of one series at a time, in plain loops from their published definitions.

Each function takes the daily counts from the calendar origin to the day judged, that day last, and the parameters
of the catalogue; it returns (expected, upper, alarm), or None where the series is too short or has no variance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from statistics import NormalDist
from typing import Any

from scipy.stats import betabinom, nbinom

Judgement = tuple[float | None, float | None, bool]


def _mean_sd(window: Sequence[int]) -> tuple[float, float]:
    mean = sum(window) / len(window)
    return mean, math.sqrt(sum((y - mean) ** 2 for y in window) / (len(window) - 1))


def ears(counts: Sequence[int], alpha: float, baseline: int, guard: int, min_sigma: float) -> Judgement | None:
    """C1 (guard 0) and C2 (guard 2): above mean + z sd of the baseline."""
    end = len(counts) - 1 - guard
    if end - baseline < 0:
        return None
    mean, sd = _mean_sd(counts[end - baseline : end])
    if max(sd, min_sigma) == 0:
        return None
    upper = mean + NormalDist().inv_cdf(1 - alpha) * max(sd, min_sigma)
    return mean, upper, counts[-1] > upper


def c3(counts: Sequence[int], alpha: float, baseline: int, guard: int, min_sigma: float) -> Judgement | None:
    """The textbook's C3: three days' excess of C2 over one, summed; alarms only on a day with a case."""
    total = 0.0
    for back in (2, 1, 0):
        known = counts[: len(counts) - back]
        end = len(known) - 1 - guard
        if end - baseline < 0:
            return None
        mean, sd = _mean_sd(known[end - baseline : end])
        total += max(0.0, (known[-1] - mean) / max(sd, min_sigma) - 1)
    return None, None, total > NormalDist().inv_cdf(1 - alpha) and counts[-1] > 0


def single_case(counts: Sequence[int], quiet_days: int) -> Judgement:
    """A case, the first after `quiet_days` days without one."""
    before = counts[max(0, len(counts) - 1 - quiet_days) : -1] if quiet_days else []
    return None, None, counts[-1] > 0 and not any(before)


def k_in_window(counts: Sequence[int], k: int, window: int) -> Judgement:
    """k cases or more within the window, the day judged among them."""
    return None, None, sum(counts[-window:]) >= k and counts[-1] > 0


def w8(counts: Sequence[int], p: float, minimum: int, blocks: int = 8, window: int = 7, guard: int = 2) -> float | None:
    """P(Y >= y) of the window's sum under the negative binomial of the preceding disjoint sums."""
    if len(counts) < window + guard + blocks * window:
        return None
    y = sum(counts[-window:])
    end = len(counts) - window - guard
    sums = [sum(counts[end - (j + 1) * window : end - j * window]) for j in range(blocks)]
    mean = sum(sums) / blocks
    dispersion = 1.0
    if mean > 0:
        dispersion = max(1.0, sum((s - mean) ** 2 for s in sums) / (blocks - 1) / mean)
    m = (sum(sums) + 0.5) / blocks
    variance = max(m * (1 + 1 / blocks) * dispersion, m * (1 + 1e-9))
    size = m * m / (variance - m)
    return float(nbinom.sf(y - 1, size, size / (size + m)))


def percentile(
    counts: Sequence[int], day: date, q: float, years_back: int, half_width: int, window: int, minimum: int
) -> Judgement | None:
    """Above the quantile (linear between order statistics) of the sums round the same date of earlier years."""
    sums = []
    for years in range(1, years_back + 1):
        leap_day = (day.month, day.day) == (2, 29)
        then = date(day.year - years, 2, 28) if leap_day else day.replace(year=day.year - years)
        for aside in range(-half_width, half_width + 1):
            end = len(counts) - (day - then).days + window * aside
            if end - window < 0:
                return None
            sums.append(sum(counts[end - window : end]))
    sums.sort()
    place = (len(sums) - 1) * q
    low = math.floor(place)
    bound = sums[low] + (place - low) * (sums[min(low + 1, len(sums) - 1)] - sums[low])
    upper = max(bound, minimum - 1)
    return sums[len(sums) // 2], upper, sum(counts[-window:]) > upper


def cusum(
    counts: Sequence[int], last: date, k: float, h: float, training: int, rossi: bool, reset: bool
) -> Judgement | None:
    """Poisson CUSUM restarted on the first of the month, with the mean of the days before it as reference.

    A silent past counts as half a case, so that a first case has something to be held against.
    """
    first = len(counts) - last.day
    if first - training < 0:
        return None
    m = max(sum(counts[first - training : first]), 0.5) / training
    total, alarm = 0.0, False
    for y in counts[first:]:
        z = (y - 3 * m + 2 * math.sqrt(m * y)) / (2 * math.sqrt(m)) if rossi else (y - m) / math.sqrt(m)
        total = max(0.0, total + z - k)
        alarm = total >= h
        if alarm and reset:
            total = 0.0
    return m, None, alarm


def beta_binomial(
    counts: Sequence[int], tests: Sequence[int], baseline: int, guard: int, least_tests: int, sum_over: int
) -> float | None:
    """P(Y >= y) of the positives among the tests of the last `sum_over` days, from the share in the sums before.

    A day of fewer tests than positives, or of none, is no share: it is left out of both.
    """
    end = len(counts) - sum_over - guard * sum_over
    begin = end - baseline * sum_over
    if begin < 0:
        return None
    shares = [(y, n) if n >= max(y, 1) else (0, 0) for y, n in zip(counts, tests, strict=True)]
    y, n = (sum(numbers) for numbers in zip(*shares[-sum_over:], strict=True))
    positive, tested = (sum(numbers) for numbers in zip(*shares[begin:end], strict=True))
    if tested < least_tests or n == 0:
        return None
    return float(betabinom.sf(y - 1, n, positive + 0.5, tested - positive + 0.5))


def judge_day(
    method: str,
    parameters: Mapping[str, Any],
    counts: Sequence[int],
    day: date,
    tests: Sequence[int] | None = None,
) -> Judgement | None:
    """What a method of the catalogue says of the last of some daily counts, and of the tests that they fall among."""
    p = parameters
    if method == "c1":
        return ears(counts, p["alpha"], p["baseline"], 0, p["min_sigma"])
    if method == "c2":
        return ears(counts, p["alpha"], p["baseline"], p["guard"], p["min_sigma"])
    if method == "c3":
        return c3(counts, p["alpha"], p["baseline"], p["guard"], p["min_sigma"])
    if method in ("cusum", "cusum_rossi"):
        return cusum(counts, day, p["k"], p["h"], p["training"], method == "cusum_rossi", p["reset"])
    if method == "single_case":
        return single_case(counts, p["quiet_days"])
    if method == "k_in_window":
        return k_in_window(counts, p["k"], p["window"])
    if method == "beta_binomial":
        assert tests is not None
        rare = beta_binomial(counts, tests, p["baseline"], p["guard"], p["least_tests"], p["sum_over"])
        if rare is None:
            return None
        return None, None, rare < p["p"] and sum(counts[-p["sum_over"] :]) >= p["minimum"]
    if method == "percentile":
        return percentile(counts, day, p["q"], p["years_back"], p["half_width"], p["window"], p["minimum"])
    probability = w8(counts, p["p"], p["minimum"], p["blocks"], p["window"], p["guard"])
    if probability is None:
        return None
    return None, None, probability < p["p"] and sum(counts[-p["window"] :]) >= p["minimum"]
