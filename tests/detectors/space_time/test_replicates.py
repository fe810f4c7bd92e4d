"""The maxima are the largest of all cylinders, whatever is skipped on the way."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.space_time import bundles as bundles_module
from detectors.space_time import replicates as replicates_module
from detectors.space_time.bundles import Bundles
from detectors.space_time.geometry import Geometry
from detectors.space_time.null_model import NullModel, Windows
from detectors.space_time.permutation import PermutationModel
from detectors.space_time.poisson import PoissonModel
from detectors.space_time.replicates import Replicates
from tests.detectors.space_time import brute

DAYS, WINDOWS = 8, Windows(2, 4)


def places(size: int) -> list[tuple[float, float]]:
    """Some places, two pairs of them at the same coordinates."""
    random = np.random.default_rng(size)
    found = list(zip(random.uniform(30, 33, size).tolist(), random.uniform(110, 114, size).tolist(), strict=True))
    found[3], found[5] = found[2], found[0]
    return found


def models(size: int, mean: float) -> list[tuple[NullModel, NDArray[np.float64]]]:
    random = np.random.default_rng(2)
    counts = random.poisson(mean, (size, DAYS))
    weights = random.gamma(0.6, size=(size, DAYS))
    weights[4] = 0.0
    possible = np.where(weights > 0, counts, 0)
    return [
        (PermutationModel(counts, WINDOWS), brute.permutation_expected(counts)),
        (PoissonModel(possible, weights, WINDOWS), brute.poisson_expected(possible, weights)),
    ]


def brute_maximum(
    model: NullModel, number: int, where: list[tuple[float, float]], expected: NDArray[np.float64]
) -> float:
    """Of a replicate, its windows spread over days that have the same sums; the days before hold what is left."""
    windows = model.replicate(3, number)
    spread = np.zeros((len(where), DAYS), dtype=np.int64)
    spread[model.members, -2] = windows[:, 0]
    spread[model.members, -3] = windows[:, 1] - windows[:, 0]
    spread[model.members, -4] = windows[:, 2] - windows[:, 1]
    spread[0, 0] += model.total - int(spread.sum())
    return brute.largest(where, spread, expected, range(2, 5), 0.5)


@pytest.mark.parametrize("mean", [0.1, 2.0, 30.0])
@pytest.mark.parametrize("which", [0, 1])
def test_maxima_are_those_of_plain_loops(monkeypatch: pytest.MonkeyPatch, mean: float, which: int) -> None:
    where = places(12)
    geometry = Geometry.of([lat for lat, _ in where], [lon for _, lon in where])
    model, expected = models(12, mean)[which]
    # Bundles of many circles each, as with thousands of places.
    monkeypatch.setattr(bundles_module, "_WIDTH", 6.0)
    found = np.concatenate(list(Replicates(Bundles.of(geometry, model, 0.5), model, 3).batches(25)))
    truth = [brute_maximum(model, number, where, expected) for number in range(25)]
    assert found == pytest.approx(truth, rel=1e-9)
    assert np.ptp(found) > 0


@pytest.mark.parametrize("which", [0, 1])
def test_the_way_there_does_not_matter(monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    random = np.random.default_rng(0)
    geometry = Geometry.of(random.uniform(20, 50, 150), random.uniform(75, 130, 150))
    model, _ = models(150, 0.5)[which]
    bundles = Bundles.of(geometry, model, 0.5)
    plain = np.concatenate(list(Replicates(bundles, model, 9).batches(60)))
    assert (np.concatenate(list(Replicates(bundles, model, 9).batches(33))) == plain[:33]).all()
    for name, value in {"_COLUMNS": 7, "_PILOT": 1, "_FIRST_FLOOR": 40.0, "_OPENED_FIRST": 3}.items():
        monkeypatch.setattr(replicates_module, name, value)
        assert (np.concatenate(list(Replicates(bundles, model, 9).batches(60))) == plain).all()


@pytest.mark.parametrize(("kind", "total"), [(np.uint16, 100_000), (np.float32, 200_000), (np.float64, 40_000_000)])
def test_counts_are_exact_in_the_smallest_type(kind: type, total: int) -> None:
    counts = np.zeros((3, DAYS), dtype=np.int64)
    counts[:, :] = total // counts.size
    geometry = Geometry.of([30, 31, 32], [110, 110.5, 110.2])
    model = PoissonModel(counts, np.ones(counts.shape), WINDOWS)
    replicates = Replicates(Bundles.of(geometry, model, 0.7), model, 1)
    assert replicates._drawn(range(2))[0].dtype == kind
    where = [(30.0, 110.0), (31.0, 110.5), (32.0, 110.2)]
    found = np.concatenate(list(Replicates(Bundles.of(geometry, model, 0.7), model, 3).batches(3)))
    expected = np.full(counts.shape, counts.sum() / counts.size)
    for number in range(3):
        windows = model.replicate(3, number)
        best = 0.0
        for circle in brute.circles(where):
            inside = sorted(circle)
            for at, days in enumerate((2, 3, 4)):
                mean = expected[inside, -days:].sum()
                if len(inside) < 3 and windows[inside, at].sum() > mean:
                    best = max(best, brute.ratio(int(windows[inside, at].sum()), float(mean), model.total))
        assert found[number] == pytest.approx(best, rel=1e-5, abs=1e-6)
