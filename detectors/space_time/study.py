"""What is scanned: counts, and what is expected of them, checked and brought into the form of a model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.parameters import ParameterError
from detectors.judging.verdicts import Reason
from detectors.space_time.null_model import Floats, Integers, NullModel, Windows
from detectors.space_time.permutation import PermutationModel
from detectors.space_time.poisson import PoissonModel

_USUAL_DAYS = 28
_MOST_CASES = 1_000_000_000 - 1
"""What NumPy draws from without replacement."""


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Counts of N locations over some days, with a model of them where there is anything to judge."""

    model: NullModel | None
    days: int
    total: int
    left_out: Integers
    reason: Reason

    @classmethod
    def of(
        cls,
        counts: CountsLike,
        locations: int,
        population: ArrayLike | None,
        expected: ArrayLike | None,
        min_days: int,
        max_days: int | None,
    ) -> "Study":
        """Check what `scan` was given; see there."""
        checked = Counts.of(counts)
        if checked.shape[0] != locations:
            raise ValueError(f"counts of {checked.shape[0]} locations, but the geometry has {locations}")
        windows = _windows(checked.shape[1], min_days, max_days)
        weights = _weights(checked, population, expected)
        cases = checked.values
        judged = np.ones(locations, dtype=np.bool_)
        if weights is not None:
            judged = np.any(weights > 0, axis=1)
        elif checked.missing is not None:
            judged = ~np.any(checked.missing, axis=1)
            cases = np.where(judged[:, None], cases, 0)
        total, left_out = int(cases.sum()), np.flatnonzero(~judged)
        if total > _MOST_CASES:
            raise ValueError(f"at most {_MOST_CASES} cases in all, not {total}")
        if total == 0:
            reason = Reason.TOO_FEW_CASES if judged.any() else Reason.NOT_OBSERVED
            return cls(None, checked.shape[1], 0, left_out, reason)
        model = PermutationModel(cases, windows) if weights is None else PoissonModel(cases, weights, windows)
        return cls(model, checked.shape[1], total, left_out, Reason.JUDGED)


def _windows(days: int, min_days: int, max_days: int | None) -> Windows:
    check.whole("min_days", min_days, least=1)
    if max_days is None:
        max_days = max(min_days, min(_USUAL_DAYS, days // 2))
    check.whole("max_days", max_days, least=min_days)
    if max_days > days:
        raise ParameterError(f"max_days must be at most the {days} days of the study, not {max_days}")
    return Windows(min_days, max_days)


def _weights(counts: Counts, population: ArrayLike | None, expected: ArrayLike | None) -> Floats | None:
    """What is expected of each cell, up to a factor; None for the permutation model."""
    if population is not None and expected is not None:
        raise ParameterError("population and expected exclude each other")
    if population is None and expected is None:
        return None
    name = "population" if expected is None else "expected"
    weights = np.array(population if expected is None else expected, dtype=np.float64)
    shape = weights.shape
    if name == "population" and weights.ndim == 1:
        weights = np.repeat(weights[:, None], counts.shape[1], axis=1)
    if weights.shape != counts.shape:
        raise ValueError(f"{name} has shape {shape}, but the counts {counts.shape}")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"{name} must be finite and not negative")
    if counts.missing is not None:
        weights[counts.missing] = 0.0
    return weights
