"""The quick ways of Farrington's regression against the one that looks at every row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.farrington.grouped_design import Counted, Design, Prior
from detectors.farrington.grouped_regression import fit
from detectors.farrington.grouped_steps import Start
from detectors.farrington.grouped_sums import ByRows, ByRuns, Sums

WIDTH = 8
DESIGNS = {
    "even": Design((0, 21, 41), np.concatenate([np.arange(-60.0, -39), np.arange(-30.0, -10), np.arange(-9.0, -2)])),
    "uneven": Design((0, 5), np.array([-60.0, -59, -58, -57, -50, -40, -39, -38, -30, -29, -28, -27, -26])),
}


def counted(design: Design, seed: int, *, highest: float = 9.0) -> tuple[Counted, Prior]:
    """Counts, and prior weights that are lower on every seventh row or so."""
    random = np.random.default_rng(seed)
    counts = random.poisson(random.uniform(0.3, highest, (design.times.size, WIDTH))).astype(np.float64)
    row, cell = np.nonzero(random.random(counts.shape) < 0.15)
    scale = random.uniform(0.9, 1.3, WIDTH)
    weights = np.broadcast_to(scale, counts.shape).copy()
    weights[row, cell] *= random.uniform(0.001, 1, row.size)
    return Counted.of(counts, None, np.ones_like(counts)), Prior(
        weights, scale, row, cell, (scale - weights)[row, cell]
    )


def close(one: Sums, other: Sums) -> None:
    for name in ("totals", "timed", "squared"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-11, err_msg=name)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(-0.3, 0.3))
def test_runs_sum_what_rows_sum(design: Design, seed: int, slope: float) -> None:
    cells, prior = counted(design, seed)
    runs = design.runs()
    assert runs is not None
    levels = np.random.default_rng(seed).uniform(-2, 4, (len(design.starts), WIDTH))
    slopes = np.linspace(-slope, slope, WIDTH)
    quick = ByRuns(design, runs, prior)
    close(quick.weigh(levels, slopes), ByRows(design, cells, prior.rows, trend=True).weigh(levels, slopes))
    assert not quick.rough.any()
    keep = np.array([5, 2, 2])
    quick.keep(keep, 2)
    some = ByRows(design, cells.some(keep), prior.rows[:, keep], trend=True).weigh(levels[:, keep], slopes[keep])
    close(quick.weigh(levels[:, keep], slopes[keep]).some(np.arange(2)), some.some(np.arange(2)))


@pytest.mark.parametrize("highest", [9.0, 1e9])
@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_a_start_is_reweighted_as_if_anew(design: Design, highest: float) -> None:
    cells, prior = counted(design, 3, highest=highest)
    plain = Start.of(design, cells, np.ones_like(prior.rows))
    again, anew = plain.reweighted(design, cells, prior), Start.of(design, cells, prior.rows)
    close(again.sums, anew.sums)
    for name in ("target", "along", "cases", "timed_cases", "entropy", "deviance"):
        np.testing.assert_allclose(getattr(again, name), getattr(anew, name), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("trend", [True, False])
@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_a_fit_solves_the_score_equations(design: Design, trend: bool) -> None:
    """The independent truth: at a maximum of the likelihood the weighted residuals are orthogonal to the design."""
    cells, prior = counted(design, 11)
    found = fit(design, cells, prior, Start.of(design, cells, prior.rows), trend=trend)
    assert found.converged.all()
    residual: NDArray[np.float64] = prior.rows * (cells.counts - found.mean)
    np.testing.assert_allclose(design.sums(residual), 0, atol=1e-4)
    if trend:
        np.testing.assert_allclose((residual * design.times[:, np.newaxis]).sum(axis=0), 0, atol=1e-2)
        eta = design.spread(found.levels) + design.times[:, np.newaxis] * found.slope
        np.testing.assert_allclose(found.mean, np.exp(eta), rtol=1e-12)


def test_means_beyond_the_quick_way_are_fitted_row_by_row() -> None:
    """Cases in the last row alone: the slope runs away, and R's floor of the mean decides where it ends."""
    design = DESIGNS["even"]
    counts = np.zeros((design.times.size, WIDTH))
    counts[-1] = 1e4
    cells, prior = Counted.of(counts, None, np.ones_like(counts)), Prior.plain(np.ones_like(counts))
    start = Start.of(design, cells, prior.rows)
    whole = fit(design, cells, prior, start, trend=True)
    cells.complete[:] = False
    by_rows = fit(design, cells, prior, start, trend=True)
    np.testing.assert_array_equal(whole.mean, by_rows.mean)
    np.testing.assert_array_equal(whole.slope, by_rows.slope)
