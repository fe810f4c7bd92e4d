"""Neighbours against distances by another formula; ties, limits and coordinates that are none."""

import math
from typing import Any

import numpy as np
import pytest

from detectors.judging.parameters import ParameterError
from detectors.space_time import Geometry
from tests.detectors.space_time import brute


def scattered(size: int, seed: int = 0) -> list[tuple[float, float]]:
    random = np.random.default_rng(seed)
    return list(zip(random.uniform(18, 53, size).tolist(), random.uniform(74, 134, size).tolist(), strict=True))


def of(places: list[tuple[float, float]], **limits: Any) -> Geometry:
    return Geometry.of([lat for lat, _ in places], [lon for _, lon in places], **limits)


def test_distances_are_those_between_unit_vectors() -> None:
    places = [*scattered(40), (0.0, 0.0), (0.0, 180.0), (89.999, 12.0), (-90.0, 0.0), (31.0, 121.0), (31.0, 121.00001)]
    geometry = of(places)
    for centre, place in enumerate(places):
        expected = [brute.distance(place, other) for other in places]
        assert geometry.kilometres(centre, range(len(places))) == pytest.approx(expected, abs=1e-6)


def test_a_degree_of_the_equator() -> None:
    assert of([(0, 0), (0, 1)]).kilometres(0, [1])[0] == pytest.approx(2 * math.pi * 6371.0088 / 360)


def test_longitudes_may_pass_the_date_line() -> None:
    geometry = of([(10, 179.9), (10, -179.9), (10, 180.1)])
    assert geometry.kilometres(0, [1])[0] == pytest.approx(geometry.kilometres(0, [2])[0])
    assert geometry.kilometres(1, [2])[0] == pytest.approx(0, abs=1e-6)


def test_order_is_by_distance_and_starts_at_the_place_itself() -> None:
    geometry = of(scattered(300))
    assert (geometry.order[:, 0] == np.arange(300)).all()
    for centre in range(0, 300, 17):
        assert (np.diff(geometry.kilometres(centre, geometry.order[centre])) >= 0).all()
        assert sorted(geometry.order[centre]) == list(range(300))
    assert geometry.ends.all()


def test_equal_distances_enter_together() -> None:
    geometry = of([(30, 110), (30, 110), (31, 110), (29, 110), (35, 110)])
    assert geometry.ends[0].tolist() == [False, True, False, True, True]
    assert geometry.order[1].tolist() == [0, 1, 2, 3, 4]


def test_limits_of_a_circle() -> None:
    places = [(30.0, 110.0), (30.1, 110.0), (30.2, 110.0), (30.4, 110.0)]
    assert of(places, max_neighbours=1).order.shape == (4, 2)
    # Two at the same distance of the second place, one too many: the circle stays without either.
    assert of(places, max_neighbours=1).ends.tolist() == [[True, True], [True, False], [True, True], [True, True]]
    assert of(places, max_radius_km=12).ends.sum(axis=1).tolist() == [2, 2, 2, 1]
    assert of(places, max_radius_km=0).ends.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert of(places, max_neighbours=99).order.shape == (4, 4)


def test_what_is_kept_cannot_be_changed() -> None:
    geometry = of(scattered(3))
    with pytest.raises(ValueError, match="read-only"):
        geometry.order[0, 0] = 1


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [([], []), ([1.0], [1.0, 2.0]), ([91.0], [0.0]), ([0.0], [361.0]), ([math.nan], [0.0]), ([[1.0]], [[1.0]])],
)
def test_coordinates_that_are_none(latitude: list[float], longitude: list[float]) -> None:
    with pytest.raises(ValueError, match="latitude"):
        Geometry.of(latitude, longitude)


@pytest.mark.parametrize("limits", [{"max_radius_km": -1.0}, {"max_neighbours": -1}, {"max_neighbours": 1.5}])
def test_limits_that_are_none(limits: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(limits))):
        of(scattered(3), **limits)
