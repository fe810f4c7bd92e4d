"""What the conformance suite runs: every method by its defaults, and the further settings that behave differently.

A new method is in the suite as soon as `detectors.methods()` names it; further settings are added here.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import detectors

SETTINGS: list[tuple[str, dict[str, Any]]] = [(name, {}) for name in detectors.methods()] + [
    ("c1", {"min_sigma": 0.0, "compatibility": "surveillance"}),
    ("c2", {"baseline": 28, "guard": 3, "min_sigma": 0.0}),
    ("c3", {"min_sigma": 0.0, "compatibility": "surveillance"}),
    ("single_case", {"quiet_days": 28}),
    ("k_in_window", {"k": 2, "window": 14}),
    ("w8", {"p": 1e-4, "minimum": 5, "blocks": 5, "window": 3, "guard": 0}),
    ("cusum", {"restart": "none", "reset": False}),
    ("cusum", {"transform": "anscombe", "reference": 2.0}),
    ("cusum", {"transform": "anscombe2nd"}),
    ("cusum", {"transform": "pearsonNegBin", "dispersion": 0.5}),
    ("cusum", {"transform": "none", "h": 20.0, "k": 2.0}),
    ("cusum_rossi", {"restart": "none", "compatibility": "surveillance", "reset": False}),
]

STEPS = 150
DATES = np.arange(np.datetime64("2019-12-10"), np.datetime64("2019-12-10") + STEPS)
"""Days over a new year and a leap day."""


def example(series: int = 12, steps: int = STEPS, seed: int = 7) -> NDArray[np.int64]:
    """Seeded counts from silent to busy series, with an outbreak in each second one."""
    random = np.random.default_rng(seed)
    means = np.geomspace(0.02, 40, series)[:, np.newaxis]
    counts = random.poisson(random.gamma(3, means / 3, (series, steps)))
    counts[::2, -20:-14] += random.poisson(means[::2] + 4, (counts[::2].shape[0], 6))
    return counts.astype(np.int64)


def same(one: detectors.Verdicts, other: detectors.Verdicts) -> None:
    """Two answers are the same, bit for bit."""
    for part in ("expected", "upper", "score", "alarm", "reason", "p_value"):
        mine, theirs = getattr(one, part), getattr(other, part)
        assert (mine is None) == (theirs is None), part
        if mine is not None:
            np.testing.assert_array_equal(mine, theirs, err_msg=part, strict=True)
