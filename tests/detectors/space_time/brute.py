"""The scan by plain loops: every circle, every window, SciPy's binomial for the ratio."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Cylinder(NamedTuple):
    places: frozenset[int]
    days: int
    cases: int
    expected: float
    ratio: float


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres by the angle between two unit vectors, not by the haversine."""

    def vector(place: tuple[float, float]) -> Floats:
        lat, lon = (math.radians(degrees) for degrees in place)
        return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])

    a, b = vector(one), vector(other)
    return 6371.0088 * math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))


def circles(places: list[tuple[float, float]]) -> set[frozenset[int]]:
    """All sets of places within some distance of a place."""
    found = set()
    for centre in places:
        away = [round(distance(centre, place), 5) for place in places]
        found |= {frozenset(i for i, d in enumerate(away) if d <= radius) for radius in away}
    return found


def ratio(cases: int, expected: float, total: int) -> float:
    """The likelihood ratio of a binomial share: observed against expected."""
    if cases <= expected:
        return 0.0
    return float(binom.logpmf(cases, total, cases / total) - binom.logpmf(cases, total, expected / total))


def permutation_expected(counts: Integers) -> Floats:
    """What is expected of each cell given the margins."""
    return np.asarray(np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum())


def poisson_expected(counts: Integers, weights: Floats) -> Floats:
    """What is expected of each cell given the total."""
    return np.asarray(weights * (counts.sum() / weights.sum()))


def cylinders(
    places: list[tuple[float, float]],
    counts: Integers,
    expected: Floats,
    windows: range,
    max_share: float,
    admitted: frozenset[int] | None = None,
) -> Iterator[Cylinder]:
    """All cylinders with more cases than expected."""
    total = int(counts.sum())
    for circle in circles(places):
        inside = sorted(circle if admitted is None else circle & admitted)
        if not inside or expected[inside].sum() / expected.sum() > max_share + 1e-9:
            continue
        for days in windows:
            cases = int(counts[inside, -days:].sum())
            mean = float(expected[inside, -days:].sum())
            if cases > mean + 1e-12:
                yield Cylinder(circle, days, cases, mean, ratio(cases, mean, total))


def largest(
    places: list[tuple[float, float]], counts: Integers, expected: Floats, windows: range, max_share: float
) -> float:
    """The largest ratio, 0 if no cylinder has more cases than expected."""
    found = cylinders(places, counts, expected, windows, max_share)
    return max((cylinder.ratio for cylinder in found), default=0.0)
