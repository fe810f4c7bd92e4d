"""The tabulated function of R's `anscombeNegBin`: the nearest place of its table, found by looking at all of them."""

import numpy as np
import pytest
from scipy.special import hyp2f1

from detectors.cusum.transforms import TRANSFORMS


def looked_up(argument: float) -> float:
    """The exact function at the nearest place of R's table; of two that are equally near, the one closer to 0."""
    places = -np.r_[np.arange(1001) / 100, np.arange(11.0, 101.0)]
    place = int(np.argmin(np.abs(places - argument)))
    if argument >= -10:
        return float(hyp2f1(1 / 3, 2 / 3, 5 / 3, places[place]))
    low, high = float(np.floor(argument)), float(np.ceil(argument))
    at_low, at_high = (float(hyp2f1(1 / 3, 2 / 3, 5 / 3, one)) for one in (low, high))
    return at_low + (at_high - at_low) * (argument - low)


def score(count: float, mean: float, dispersion: float) -> float:
    """As R writes it, with the function looked up."""
    above, below = (1.5 * one ** (2 / 3) * looked_up(-dispersion * one) for one in (count, mean))
    return float((above - below) / (mean + dispersion * mean**2) ** (1 / 6))


# A mean of 0.05, 0.15 … lies half-way between two places of the table: binary rounding tells which one is nearer.
@pytest.mark.parametrize("mean", [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.75, 1.95, 3.123, 80.0, 99.95, 104.7, 250.3])
@pytest.mark.parametrize("dispersion", [0.1, 0.2, 0.35])
def test_what_r_looks_up(mean: float, dispersion: float) -> None:
    published = TRANSFORMS["anscombeNegBin"].published_score
    assert published is not None
    counts = np.array([0.0, 1, 2, 7, 30, 101, 283])
    found = published(counts, np.full(counts.size, mean), dispersion)
    np.testing.assert_allclose(found, [score(one, mean, dispersion) for one in counts], atol=1e-7)


# surveillance:::anscombeNB(c(0, 3), mean, 0.1)
@pytest.mark.parametrize(
    ("mean", "none", "three"),
    [
        (0.05, -0.33468650980615244, 4.6181803289645975),
        (0.15, -0.57873822979839329, 3.5386306653328337),
        (0.25, -0.74396881136323423, 3.0311910821237897),
        (0.45, -0.99235150624296109, 2.4195084400949503),
        (0.75, -1.270220538254947, 1.8484371509202324),
    ],
)
def test_r_itself(mean: float, none: float, three: float) -> None:
    published = TRANSFORMS["anscombeNegBin"].published_score
    assert published is not None
    np.testing.assert_allclose(published(np.array([0.0, 3.0]), np.array([mean]), 0.1), [none, three], rtol=1e-12)
