"""The scan against plain loops and exact enumeration, what must hold whatever the counts, and what it finds."""

import itertools
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import binom

from detectors import Reason
from detectors.judging.parameters import ParameterError
from detectors.space_time import Cluster, Geometry, Scan, scan
from tests.detectors.space_time import brute

PLACES = [(30.0, 110.0), (30.13, 110.02), (30.4, 110.1), (30.5, 110.31), (30.9, 110.0), (31.3, 110.6), (31.4, 110.5)]
GEOMETRY = Geometry.of([lat for lat, _ in PLACES], [lon for _, lon in PLACES])
DAYS = 10

small_counts = arrays(np.int64, (len(PLACES), DAYS), elements=st.integers(0, 4))


def found(counts: NDArray[Any], **parameters: Any) -> Scan:
    return scan(counts, GEOMETRY, **{"replicates": 9, **parameters})


def same(one: Cluster, other: Cluster) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(astuple(one), astuple(other), strict=True))


def check_by_loops(counts: NDArray[np.int64], expected: NDArray[np.float64], result: Scan) -> None:
    """Each cluster is a cylinder as likely as the likeliest that shares no place with those before."""
    left = list(brute.cylinders(PLACES, counts, expected, range(1, 6), 0.5))
    for cluster in result.clusters:
        best = max(cylinder.ratio for cylinder in left)
        assert cluster.log_likelihood_ratio == pytest.approx(best, rel=1e-7, abs=1e-9)
        inside = frozenset(cluster.locations.tolist())
        (cylinder,) = (each for each in left if each.places == inside and each.days == cluster.days)
        assert (cluster.observed, cluster.start) == (cylinder.cases, DAYS - cylinder.days)
        assert cluster.expected == pytest.approx(cylinder.expected)
        total = int(counts.sum())
        if cluster.observed < total:
            outside = (total - cylinder.cases) / (total - cylinder.expected)
            assert cluster.relative_risk == pytest.approx(cylinder.cases / cylinder.expected / outside)
        radius = max(brute.distance(PLACES[cluster.centre], PLACES[place]) for place in inside)
        assert cluster.radius_km == pytest.approx(radius, abs=1e-5)
        left = [each for each in left if not each.places & inside]
    assert len(result.clusters) == 10 or not left


@settings(max_examples=60, deadline=None)
@given(small_counts)
def test_permutation_clusters_by_loops(counts: NDArray[np.int64]) -> None:
    result = found(counts)
    if counts.sum() == 0:
        assert result.reason == Reason.TOO_FEW_CASES
    else:
        check_by_loops(counts, brute.permutation_expected(counts), result)


@settings(max_examples=60, deadline=None)
@given(small_counts, arrays(np.float64, (len(PLACES), DAYS), elements=st.floats(0.1, 9)))
def test_poisson_clusters_by_loops(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
    if counts.sum():
        expected = brute.poisson_expected(counts, weights)
        if any(c.places for c in brute.cylinders(PLACES, counts, expected, range(1, 6), 0.5)):
            check_by_loops(counts, expected, found(counts, expected=weights))


def test_p_values_by_enumeration() -> None:
    counts = np.array([[1, 0, 2], [1, 0, 1], [0, 2, 0], [1, 0, 0]])
    where = PLACES[:4]
    geometry = Geometry.of([lat for lat, _ in where], [lon for _, lon in where])
    expected = brute.permutation_expected(counts)
    day_of = [day for row in counts for day, cases in enumerate(row) for _ in range(cases)]
    place_of = np.repeat(np.arange(4), counts.sum(axis=1))
    observed = brute.largest(where, counts, expected, range(1, 3), 0.5)
    as_well: dict[bytes, bool] = {}
    reached = every = 0
    for days in itertools.permutations(day_of):
        cells = np.bincount(place_of * 3 + np.array(days), minlength=12).reshape(4, 3)
        key = cells.tobytes()
        if key not in as_well:
            as_well[key] = brute.largest(where, cells, expected, range(1, 3), 0.5) >= observed - 1e-9
        reached += as_well[key]
        every += 1
    exact = reached / every
    many = 9999
    result = scan(counts, geometry, max_days=2, replicates=many, seed=3)
    assert result.clusters[0].log_likelihood_ratio == pytest.approx(observed)
    low, high = binom(many, exact).interval(0.9999)
    assert low <= result.clusters[0].p_value * (many + 1) - 1 <= high
    assert 0.02 < exact < 0.98


@settings(max_examples=30, deadline=None)
@given(small_counts, st.permutations(range(len(PLACES))), st.sampled_from([None, 1e4]))
def test_names_and_units_do_not_matter(counts: NDArray[np.int64], order: list[int], population: float | None) -> None:
    counts[0, 0] += 1
    people = np.arange(1, len(PLACES) + 1) * population if population else None
    plain = found(counts, population=people)
    other = Geometry.of([PLACES[i][0] for i in order], [PLACES[i][1] for i in order])
    moved = scan(counts[order], other, population=None if people is None else people[order], replicates=9)
    assert [c.log_likelihood_ratio for c in moved.clusters][:1] == pytest.approx(
        [c.log_likelihood_ratio for c in plain.clusters][:1]
    )
    if people is not None:
        scaled = found(counts, population=people * 8)
        assert all(same(a, b) for a, b in zip(plain.clusters, scaled.clusters, strict=True))
        assert (scaled.maxima == plain.maxima).all()


@settings(max_examples=30, deadline=None)
@given(small_counts, st.integers(1, 5))
def test_a_case_more_in_the_cluster_makes_it_no_less_likely(counts: NDArray[np.int64], more: int) -> None:
    people = np.arange(3, len(PLACES) + 3) * 100.0
    before = found(counts, population=people).clusters
    if before:
        counts[before[0].locations[0], -1] += more
        after = found(counts, population=people).clusters
        assert after[0].log_likelihood_ratio >= before[0].log_likelihood_ratio - 1e-9


def test_expected_from_a_population_is_the_population() -> None:
    counts = np.random.default_rng(1).poisson(2, (len(PLACES), DAYS))
    people = np.array([100.0, 250, 30, 70, 90, 410, 120])
    each_day = np.repeat(people[:, None], DAYS, axis=1)
    results = [found(counts, population=people), found(counts, population=each_day), found(counts, expected=each_day)]
    for other in results[1:]:
        assert all(same(a, b) for a, b in zip(results[0].clusters, other.clusters, strict=True))
        assert (other.maxima == results[0].maxima).all()


def test_p_values_are_uniform_where_there_is_no_cluster() -> None:
    random = np.random.default_rng(7)
    places = Geometry.of(random.uniform(30, 33, 15), random.uniform(110, 113, 15))
    people = random.uniform(1, 4, 15)
    many = 120
    seen: dict[str, list[float]] = {"permutation": [], "poisson": []}
    for number in range(many):
        counts = random.poisson(people[:, None] * 0.35, (15, 10))
        for name, population in (("permutation", None), ("poisson", people)):
            result = scan(counts, places, population=population, replicates=19, seed=number)
            seen[name].append(result.clusters[0].p_value if result.clusters else 1.0)
    for values in seen.values():
        for level in (0.05, 0.1, 0.25, 0.5, 0.75):
            low, high = binom(many, level).interval(0.999)
            # Ties count against the cluster, so a few fewer are small.
            assert low * 0.9 <= np.count_nonzero(np.array(values) <= level) <= high


@pytest.mark.parametrize("people", [None, np.full(200, 1000.0)])
def test_an_outbreak_spread_over_neighbours_is_found(people: NDArray[np.float64] | None) -> None:
    random = np.random.default_rng(12)
    places = Geometry.of(random.uniform(28, 34, 200), random.uniform(108, 116, 200))
    counts = random.poisson(0.2, (200, 60))
    outbreak = places.order[17, :9]
    counts[outbreak, -6:] += random.poisson(0.6, (9, 6))
    result = scan(counts, places, population=people, seed=2)
    first = result.clusters[0]
    assert first.p_value == 0.001
    assert first.recurrence_days == pytest.approx(1000)
    assert 3 <= first.days <= 9
    assert len(set(first.locations) & set(outbreak)) >= 7
    assert first.locations.size <= 14
    assert all(later.p_value > 0.01 for later in result.clusters[1:])
    taken = np.concatenate([cluster.locations for cluster in result.clusters])
    assert np.unique(taken).size == taken.size


def test_the_same_seed_gives_the_same_scan() -> None:
    counts = np.random.default_rng(3).poisson(1, (len(PLACES), DAYS))
    one, again, other = (found(counts, replicates=99, seed=seed) for seed in (4, 4, 5))
    assert all(same(a, b) for a, b in zip(one.clusters, again.clusters, strict=True))
    assert (one.maxima == again.maxima).all()
    assert (one.maxima != other.maxima).any()


def test_stopping_early_keeps_the_rank_valid() -> None:
    counts = np.random.default_rng(3).poisson(1, (len(PLACES), DAYS))
    whole = found(counts, replicates=999, seed=4)
    ratio = whole.clusters[0].log_likelihood_ratio
    tenth = int(np.flatnonzero(whole.maxima >= ratio * (1 - 1e-9))[9]) + 1
    stopped = found(counts, replicates=999, seed=4, stop_after=10)
    assert stopped.clusters[0].p_value == pytest.approx(10 / tenth)
    assert (stopped.maxima == whole.maxima[: tenth - 1]).all()
    never = found(counts, replicates=99, seed=4, stop_after=100)
    assert (never.maxima == whole.maxima[:99]).all()


def test_a_gumbel_tail_is_finer_and_agrees_where_both_can_tell() -> None:
    counts = np.random.default_rng(3).poisson(1, (len(PLACES), DAYS))
    rank, fitted = (found(counts, replicates=1999, gumbel=gumbel).clusters for gumbel in (False, True))
    for a, b in zip(rank, fitted, strict=True):
        assert b.p_value == pytest.approx(a.p_value, abs=0.05)
    counts[2, -2:] += 15
    people = np.ones(len(PLACES))
    strong = found(counts, population=people, gumbel=True, replicates=999, every_days=7).clusters[0]
    assert strong.p_value < 1e-6
    assert strong.recurrence_days == pytest.approx(7 / strong.p_value)


def test_missing_counts() -> None:
    counts = np.random.default_rng(5).poisson(2, (len(PLACES), DAYS)).astype(float)
    counts[2, 4:] = np.nan
    people = np.full(len(PLACES), 50.0)
    weights = np.where(np.isnan(counts), 0.0, 50.0)
    known = np.nan_to_num(counts).astype(np.int64)
    check_by_loops(known, brute.poisson_expected(known, weights), found(counts, population=people))
    without = found(counts)
    assert without.left_out.tolist() == [2]
    assert without.total == known[[0, 1, 3, 4, 5, 6]].sum()
    assert all(2 not in cluster.locations for cluster in without.clusters)
    counts[:] = np.nan
    for population in (None, people):
        nothing = found(counts, population=population)
        assert (nothing.reason, nothing.clusters, nothing.maxima.size) == (Reason.NOT_OBSERVED, (), 0)
        assert nothing.left_out.size == len(PLACES)


def test_a_place_without_population_is_no_place() -> None:
    counts = np.random.default_rng(6).poisson(2, (len(PLACES), DAYS))
    people = np.arange(len(PLACES)) * 10.0
    with pytest.raises(ValueError, match="location 0 has a case on day"):
        found(counts, population=people)
    counts[0] = 0
    result = found(counts, population=people)
    assert result.left_out.tolist() == [0]
    assert all(0 not in cluster.locations for cluster in result.clusters)
    towns = Geometry.of(GEOMETRY.latitude[1:], GEOMETRY.longitude[1:])
    alone = scan(counts[1:], towns, population=people[1:], replicates=9)
    assert [c.log_likelihood_ratio for c in alone.clusters[:1]] == [c.log_likelihood_ratio for c in result.clusters[:1]]


def test_no_cases_no_verdict() -> None:
    result = found(np.zeros((len(PLACES), DAYS), dtype=int), population=np.ones(len(PLACES)))
    assert (result.reason, result.clusters, result.total) == (Reason.TOO_FEW_CASES, (), 0)


def test_a_quiet_end_has_no_cluster() -> None:
    counts = np.ones((len(PLACES), DAYS), dtype=int)
    counts[:, -5:] = 0
    result = found(counts)
    assert (result.reason, result.clusters, result.maxima.size) == (Reason.JUDGED, (), 0)


def test_cases_in_one_place_alone_tell_nothing_by_permutation() -> None:
    counts = np.zeros((len(PLACES), DAYS), dtype=int)
    counts[3, -1] = 5
    assert found(counts).reason == Reason.TOO_FEW_CASES
    assert found(counts, population=np.ones(len(PLACES))).clusters[0].relative_risk == np.inf


def test_limits_of_the_circles() -> None:
    counts = np.random.default_rng(8).poisson(1, (len(PLACES), DAYS))
    people = np.ones(len(PLACES))
    assert max(c.locations.size for c in found(counts, population=people, max_share=3 / 7).clusters) <= 3
    near = Geometry.of(GEOMETRY.latitude, GEOMETRY.longitude, max_radius_km=20)
    assert max(c.radius_km for c in scan(counts, near, replicates=1).clusters) <= 20
    alone = Geometry.of(GEOMETRY.latitude, GEOMETRY.longitude, max_neighbours=0)
    assert all(c.radius_km == 0 and c.locations.size == 1 for c in scan(counts, alone, replicates=1).clusters)
    assert all(3 <= c.days <= 4 for c in found(counts, min_days=3, max_days=4).clusters)
    assert len(found(counts, clusters=1).clusters) == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"min_days": 0},
        {"max_days": 11},
        {"max_days": 3, "min_days": 4},
        {"max_share": 0.0},
        {"max_share": 1.5},
        {"replicates": 0},
        {"seed": -1},
        {"seed": 1.0},
        {"stop_after": 0},
        {"clusters": 0},
        {"every_days": 0},
        {"gumbel": 1},
        {"gumbel": True, "stop_after": 5},
        {"population": np.ones(7), "expected": np.ones((7, 10))},
    ],
)
def test_parameters_that_are_none(parameters: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(parameters))):
        found(np.ones((7, DAYS), dtype=int), **parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"population": np.ones(6)}, "population has shape"),
        ({"expected": np.ones(7)}, "expected has shape"),
        ({"population": -np.ones(7)}, "population must be finite"),
        ({"expected": np.full((7, 10), np.nan)}, "expected must be finite"),
        ({"population": np.ones(7), "max_share": 0.1}, "no circle holds"),
    ],
)
def test_what_does_not_fit(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        found(np.ones((7, DAYS), dtype=int), **parameters)
    with pytest.raises(ValueError, match="counts of 3 locations"):
        scan(np.ones((3, DAYS), dtype=int), GEOMETRY)


def test_too_many_cases_to_draw_from() -> None:
    with pytest.raises(ValueError, match="at most 999999999 cases"):
        found(np.full((7, DAYS), 20_000_000))


def test_inputs_stay_as_they_were() -> None:
    counts, people = np.full((len(PLACES), DAYS), 2.0), np.ones(len(PLACES))
    counts[1, 1] = np.nan
    before = counts.copy(), people.copy()
    found(counts, population=people)
    assert np.array_equal(counts, before[0], equal_nan=True)
    assert np.array_equal(people, before[1])
