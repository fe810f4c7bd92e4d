"""What a scan answers: clusters, each with its place, its days and how rarely chance makes such a one."""

from dataclasses import dataclass

from detectors.judging.verdicts import Reason
from detectors.space_time.null_model import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A cylinder: a circle, and the days from its start up to the last of the study.

    Attributes
    ----------
    centre : int
        Location at the centre of the circle.
    radius_km : float
        Distance of the farthest location in it.
    locations : (n,) int64
        Those in it, by distance.
    start, days : int
        First column of `counts` in it, and the number of columns.
    observed : int
        Cases in it.
    expected : float
        As many are expected, given all cases of the study.
    relative_risk : float
        Observed to expected inside, over the same outside; infinite if all cases are inside.
    log_likelihood_ratio : float
    p_value : float
        Probability that chance alone makes a cylinder as likely somewhere in the study.
    recurrence_days : float
        How often, in days, chance alone does so where every analysis is made as often as `every_days` says.
    """

    centre: int
    radius_km: float
    locations: Integers
    start: int
    days: int
    observed: int
    expected: float
    relative_risk: float
    log_likelihood_ratio: float
    p_value: float
    recurrence_days: float


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What a scan found.

    Attributes
    ----------
    clusters : tuple of Cluster
        The likeliest first, then the likeliest that share no location with those before.
    maxima : (R,) float64
        The largest log likelihood ratio of each replicate, in their order; none where no cylinder has more cases than
        expected, and so nothing is to be compared.
    total : int
        Cases of the study.
    left_out : (n,) int64
        Locations that were not judged, for want of counts or of population.
    reason : Reason
        JUDGED, or why there is no verdict: NOT_OBSERVED, TOO_FEW_CASES.
    """

    clusters: tuple[Cluster, ...]
    maxima: Floats
    total: int
    left_out: Integers
    reason: Reason
