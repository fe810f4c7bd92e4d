"""Imports to be expected: travellers who are on their way, times the risk of where they come from.

References
----------
Gelman A. et al. (2013): Bayesian Data Analysis, 3rd edition, section 2.6 (Poisson counts with a gamma prior; the
negative binomial as predictive distribution). Abate J., Whitt W. (1992): Numerical inversion of probability generating
functions. Operations Research Letters 12, 245-251 (the distribution of a sum from its generating function).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from detectors.judging import parameters as check
from detectors.judging.verdicts import Reason

Floats = NDArray[np.float64]

SHAPE = 0.5
"""Cases that a prior is worth, as in Jeffreys' prior of a Poisson rate."""
BEYOND = 36.0
"""A tail of which e to the minus this many is left is below what a sum of floating-point numbers can tell."""
LONGEST = 1 << 21
"""Counts up to which a distribution is written out."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Share of infected among the travellers of O origins, (O,) each, NaN where `reason` is not 0.

    Attributes
    ----------
    mean, lower, upper
        Of the share, between 0 and 1 for a rare disease.
    shape, exposure
        Of the gamma distribution: cases, and travellers, that it rests on, prior included.
    reason
        Codes of :class:`Reason`.
    """

    mean: Floats
    lower: Floats
    upper: Floats
    shape: Floats
    exposure: Floats
    reason: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Imports:
    """Imports of P groups of passengers, (P,) each, NaN where `reason` is not 0.

    Attributes
    ----------
    expected
        Mean number of infected travellers.
    lower, upper
        Counts: the future count lies between them, both included, with at least the level asked.
    p_value
        Chance of as many as were observed or more; NaN too where nothing was said to be observed.
    reason
        Codes of :class:`Reason`.
    """

    expected: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    reason: NDArray[np.uint8]


def origin_risk(
    positives: ArrayLike, travellers: ArrayLike, prior: ArrayLike | None = None, *, level: float = 0.95
) -> Risk:
    """Estimate the share of infected among the travellers of each origin.

    Parameters
    ----------
    positives : (O,) whole numbers
        Infected among the travellers of each origin, found so far.
    travellers : (O,) whole numbers
        The travellers among whom they were found.
    prior : (O,) or None
        What is believed of each origin before its travellers are looked at, as a share: the incidence reported from
        there, or the share among all travellers. It weighs as much as half a case. NaN or None: Jeffreys' prior, which
        believes nothing, so that an origin without travellers has no risk (NO_DENOMINATOR).
    level : float
        Of the interval.

    Raises
    ------
    detectors.judging.parameters.ParameterError
        Lengths differ, a count is negative or no whole number, a prior is not above 0, or there are positives where
        there were no travellers.

    Notes
    -----
    The number of positives is Poisson with mean travellers x share, and the share is gamma: the posterior has the shape
    positives + ½ and the exposure travellers + ½ / prior.

    Examples
    --------
    >>> found = origin_risk([4, 0, 0], [2000, 300, 0], [0.001, 0.001, 0.001])
    >>> found.mean.round(5)
    array([0.0018 , 0.00062, 0.001  ])
    """
    found = _whole("positives", positives)
    looked = _whole("travellers", travellers)
    believed = np.full(found.size, np.nan) if prior is None else np.asarray(prior, dtype=np.float64)
    check.probability("level", level)
    if not found.shape == looked.shape == believed.shape:
        raise check.ParameterError("positives, travellers and prior must have one entry for each origin")
    if (believed <= 0).any() or np.isinf(believed).any():
        raise check.ParameterError("a prior must be a finite share above 0, or NaN")
    if (found > 0)[looked == 0].any():
        raise check.ParameterError("positives need the travellers among whom they were found")
    shape = found.astype(np.float64) + SHAPE
    believing = ~np.isnan(believed)
    exposure = looked.astype(np.float64)
    exposure[believing] += SHAPE / believed[believing]
    reason = np.where(exposure > 0, Reason.JUDGED, Reason.NO_DENOMINATOR).astype(np.uint8)
    exposure[exposure == 0] = np.nan
    return Risk(
        mean=shape / exposure,
        lower=gammaincinv(shape, (1 - level) / 2) / exposure,
        upper=gammaincinv(shape, (1 + level) / 2) / exposure,
        shape=shape,
        exposure=exposure,
        reason=reason,
    )


def expected_imports(
    passengers: ArrayLike, risk: Risk, observed: ArrayLike | None = None, *, level: float = 0.95
) -> Imports:
    """Predict how many infected travellers groups of passengers bring, with the interval of that number.

    For ports and conveyances before they arrive, from passenger lists; and afterwards to tell an origin that has become
    worse (observed far above expected) from one that merely sends more people. Prefer `beta_binomial` where all are
    tested and only the port's own past matters.

    Parameters
    ----------
    passengers : (P, O) whole numbers
        Passengers of each group by origin; a group is a port, a conveyance, or one origin alone.
    risk : Risk
        Of the O origins, from `origin_risk`.
    observed : (P,) whole numbers or None
        Infected found among each group, to be held against the prediction.
    level : float
        Of the interval.

    Raises
    ------
    detectors.judging.parameters.ParameterError
        Shapes do not fit, or a number is negative or not whole.

    Notes
    -----
    Given its share r, an origin's imports are Poisson with mean passengers x r; r being gamma, their number is negative
    binomial, and wider the less is known of the origin. A group's number is the sum over its origins, taken to be
    independent; its distribution is exact (up to rounding), read off the product of the generating functions. A group
    with passengers of an origin whose risk is not known has no prediction (NO_DENOMINATOR), and one whose distribution
    would reach beyond `LONGEST` has no interval and no p-value (NO_BOUND).

    Examples
    --------
    >>> risk = origin_risk([12, 3], [4000, 30000])
    >>> found = expected_imports([[1000, 2000], [0, 2000]], risk, [11, 0])
    >>> found.expected.round(2), found.lower, found.upper
    (array([3.36, 0.23]), array([0., 0.]), array([8., 2.]))
    >>> found.p_value.round(5)
    array([0.00287, 1.     ])
    """
    groups = _whole("passengers", passengers, dimensions=2)
    check.probability("level", level)
    if groups.shape[1] != risk.mean.size:
        raise check.ParameterError(f"passengers of {groups.shape[1]} origins, but risks of {risk.mean.size}")
    seen = None if observed is None else _whole("observed", observed)
    if seen is not None and seen.size != groups.shape[0]:
        raise check.ParameterError("observed must have one entry for each group")
    size = groups.shape[0]
    expected, p_value = np.full(size, np.nan), np.full(size, np.nan)
    lower, upper = np.full(size, np.nan), np.full(size, np.nan)
    reason = np.full(size, Reason.JUDGED, dtype=np.uint8)
    for group in range(size):
        some = groups[group] > 0
        if (risk.reason[some] != Reason.JUDGED).any():
            reason[group] = Reason.NO_DENOMINATOR
            continue
        expected[group] = (groups[group, some] * risk.mean[some]).sum()
        scale = groups[group, some] / risk.exposure[some]
        chance = _distribution(risk.shape[some], scale)
        if chance is None:
            reason[group] = Reason.NO_BOUND
            continue
        at_most = np.cumsum(chance)
        lower[group] = np.searchsorted(at_most, (1 - level) / 2)
        upper[group] = np.searchsorted(at_most, (1 + level) / 2)
        if seen is not None:
            # The upper tail from its far end: small chances keep their digits.
            p_value[group] = chance[: seen[group] - 1 : -1].sum() if seen[group] > 0 else 1.0
    return Imports(expected, lower, upper, p_value, reason)


def _distribution(shape: Floats, scale: Floats) -> Floats | None:
    """Chances of 0, 1, … for a sum of negative binomials with means shape x scale; None where it would be too long."""
    mean, variance = (shape * scale).sum(), (shape * scale * (1 + scale)).sum()
    # Each term falls off like a geometric one with ratio scale / (1 + scale); the widest rules the sum's tail.
    reach = mean + 12 * np.sqrt(variance) + BEYOND * (1 + scale.max(initial=0.0))
    if reach > LONGEST:
        return None
    length = 1 << int(np.ceil(np.log2(reach + 1)))
    # Half the circle is enough: chances are real.
    around = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    logarithm = np.zeros(around.size, dtype=np.complex128)
    for one_shape, one_scale in zip(shape, scale, strict=True):
        logarithm -= one_shape * np.log1p(one_scale * (1 - around))
    chance = np.fft.irfft(np.exp(logarithm), length)
    # What is left of rounding around 0 is no chance.
    return np.asarray(np.where(chance > 0, chance, 0.0))


def _whole(name: str, given: ArrayLike, dimensions: int = 1) -> NDArray[np.int64]:
    values = np.asarray(given)
    if values.ndim != dimensions:
        raise check.ParameterError(f"{name} must have {dimensions} dimensions, not {values.ndim}")
    if values.dtype.kind == "f" and (values == np.floor(values)).all():
        values = values.astype(np.int64)
    if values.dtype.kind not in "iu" and values.size:
        raise check.ParameterError(f"{name} must be whole numbers")
    if (values < 0).any():
        raise check.ParameterError(f"{name} must not be negative")
    return values.astype(np.int64)
