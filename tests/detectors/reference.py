"""The phase-1 methods once more, one step at a time in plain Python, from their definitions."""

import math
from statistics import NormalDist, mean, stdev

from scipy.stats import nbinom


def c2(window: list[int], today: int, alpha: float, min_sigma: float) -> tuple[float, bool]:
    """Bound and alarm of C1 and C2, given the baseline."""
    upper = mean(window) + NormalDist().inv_cdf(1 - alpha) * max(stdev(window), min_sigma)
    return upper, today > upper


def c3(counts: list[int], t: int, baseline: int, guard: int, alpha: float, min_sigma: float) -> tuple[float, bool]:
    """Statistic and alarm of the textbook's C3 at index t."""
    total = 0.0
    for u in (t - 2, t - 1, t):
        window = counts[u - guard - baseline : u - guard]
        total += max(0.0, (counts[u] - mean(window)) / max(stdev(window), min_sigma) - 1)
    return total, total > NormalDist().inv_cdf(1 - alpha) and counts[t] > 0


def w8_p(counts: list[int], t: int, blocks: int, window: int, guard: int) -> float:
    """P(Y >= y) of W8 at index t."""
    y = sum(counts[t - window + 1 : t + 1])
    sums = []
    for block in range(blocks):
        end = t - window - guard - block * window + 1
        sums.append(sum(counts[end - window : end]))
    middle = (sum(sums) + 0.5) / blocks
    plain = sum(sums) / blocks
    ratio = (1 + 1 / blocks) * (max(1.0, stdev(sums) ** 2 / plain) if plain else 1.0)
    size = middle / (ratio - 1)
    return float(nbinom.sf(y - 1, size, 1 / ratio))


def cusum(counts: list[int], training: list[int], k: float, h: float, rossi: bool, reset: bool) -> list[float]:
    """The sums over `counts`, before any reset."""
    m = max(sum(training), 0.5) / len(training)
    sums, total = [], 0.0
    for y in counts:
        z = (y - 3 * m + 2 * math.sqrt(y * m)) / (2 * math.sqrt(m)) if rossi else (y - m) / math.sqrt(m)
        total = max(0.0, total + z - k)
        sums.append(total)
        if reset and total >= h:
            total = 0.0
    return sums
