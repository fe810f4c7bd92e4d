"""The scan: which places have had more cases up to today than chance explains, and since when."""

import numpy as np
from numpy.typing import ArrayLike

from detectors.judging import parameters as check
from detectors.judging.counts import CountsLike
from detectors.judging.parameters import ParameterError
from detectors.judging.verdicts import Reason
from detectors.space_time.bundles import Bundles
from detectors.space_time.clusters import Cluster, Scan
from detectors.space_time.geometry import Geometry
from detectors.space_time.null_model import Floats
from detectors.space_time.observed import Cylinder, likeliest
from detectors.space_time.replicates import Replicates
from detectors.space_time.significance import as_well, gumbel_p_value, rank_p_value
from detectors.space_time.study import Study


def scan(
    counts: CountsLike,
    geometry: Geometry,
    *,
    population: ArrayLike | None = None,
    expected: ArrayLike | None = None,
    min_days: int = 1,
    max_days: int | None = None,
    max_share: float = 0.5,
    replicates: int = 999,
    seed: int = 0,
    stop_after: int | None = None,
    gumbel: bool = False,
    clusters: int = 10,
    every_days: int = 1,
) -> Scan:
    """Kulldorff's prospective space-time scan statistic.

    Circles round every location times windows that end on the last day: each such cylinder is asked whether it holds
    more cases than expected, and the likeliest is compared with the likeliest of each replicate, in which the cases
    fell by chance. So the p-value allows for all places, sizes and durations that were looked at. Prefer it to a method
    that judges each series by itself where an outbreak is spread over neighbouring places, each with too few cases;
    such a method is faster and needs no neighbours, and sees an outbreak in one place as well.

    With `population` or `expected` the model is Poisson's: cases fall in proportion to them, so whatever they do not
    know (season, a city that reports more) looks like a cluster. With neither it is the space-time permutation model:
    every place and every day keeps its number of cases, so only what is new somewhere and not everywhere stands out,
    at the price of power where the study is short or most cases belong to the outbreak.

    Parameters
    ----------
    counts : (N, T)
        Cases per location and day, the last column today. Under Poisson's model nothing is expected where a count is
        missing; under the permutation model a location with a missing count is left out.
    geometry : Geometry
        The N locations; its limits on radius and neighbours are limits of the circles.
    population : (N,) or (N, T) float, optional
        Persons at risk. A location with none is left out.
    expected : (N, T) float, optional
        Expected counts, as of a model with season and weekday; only proportions matter.
    min_days, max_days : int
        Lengths of the windows. `max_days` is 28 if not given, but at most half the study.
    max_share : float
        The largest part of the population (of the expected counts; of the cases) that a circle may hold.
    replicates : int
        Monte Carlo replicates; the least p-value by rank is 1 / (replicates + 1).
    seed : int
        Replicate r is drawn from (seed, r): the same p-values for the same seed on every run.
    stop_after : int, optional
        Stop once so many replicates have done as well as the likeliest cluster: most days end after a few replicates,
        with a p-value that is as valid and, being large, less precise.
    gumbel : bool
        Read p-values off a Gumbel distribution fitted to the maxima: finer than by rank, and an approximation.
    clusters : int
        At most so many clusters are reported.
    every_days : int
        Days from one such analysis to the next, for the recurrence interval.

    Raises
    ------
    ParameterError
        A parameter outside its range, or parameters that exclude each other.
    ValueError
        Counts, population or expected counts that are none or of another shape; cases where none are expected; limits
        that admit no circle.

    Notes
    -----
    A secondary cluster is compared with the maxima of the replicates as the first is: its p-value is on the safe side.

    Time grows with the locations in all circles together, the windows and the replicates: a smaller `max_share` or a
    radius makes it shorter in proportion, `stop_after` on quiet days most of all. Memory grows with locations, windows
    and the square root of the cases expected in the largest cylinder.

    References
    ----------
    Kulldorff M. (2001): Prospective time periodic geographical disease surveillance using a scan statistic. Journal of
    the Royal Statistical Society A 164, 61-72. Kulldorff M. et al. (2005), see `PermutationModel`. Stopping: Besag J.,
    Clifford P. (1991): Sequential Monte Carlo p-values. Biometrika 78, 301-304. Recurrence interval: Kleinman K.,
    Lazarus R., Platt R. (2004): A generalized linear mixed models approach for detecting incident clusters of disease
    in small areas. American Journal of Epidemiology 159, 217-224.

    Examples
    --------
    Five towns in a row; two neighbours have had many cases for two days.

    >>> import numpy as np
    >>> towns = Geometry.of([30.0, 30.1, 30.25, 30.3, 30.4], [110.0] * 5)
    >>> counts = np.ones((5, 14), dtype=int)
    >>> counts[2:4, -2:] = 5
    >>> found = scan(counts, towns, population=[1000] * 5, seed=1).clusters[0]
    >>> found.locations.tolist(), found.start, found.observed, round(found.expected, 1), found.p_value
    ([2, 3], 12, 20, 4.9, 0.001)
    """
    _check(max_share, replicates, seed, stop_after, gumbel, clusters, every_days)
    study = Study.of(counts, len(geometry), population, expected, min_days, max_days)
    model = study.model
    if model is None:
        return Scan((), np.empty(0), study.total, study.left_out, study.reason)
    bundles = Bundles.of(geometry, model, max_share)
    if not bundles.steps:
        if population is not None or expected is not None:
            raise ValueError(f"no circle holds some of the population and at most {max_share} of it")
        return Scan((), np.empty(0), study.total, study.left_out, Reason.TOO_FEW_CASES)
    cylinders = list(likeliest(geometry, bundles, model, clusters))
    maxima = np.empty(0)
    if cylinders:
        maxima = _maxima(Replicates(bundles, model, seed), cylinders[0].ratio, replicates, stop_after)
    p_value = gumbel_p_value if gumbel else rank_p_value
    found = [_cluster(each, geometry, study, p_value(each.ratio, maxima), every_days) for each in cylinders]
    return Scan(tuple(found), maxima, study.total, study.left_out, Reason.JUDGED)


def _check(
    max_share: float,
    replicates: int,
    seed: int,
    stop_after: int | None,
    gumbel: bool,
    clusters: int,
    every_days: int,
) -> None:
    check.number("max_share", max_share, above=0)
    if max_share > 1:
        raise ParameterError(f"max_share must be at most 1, not {max_share!r}")
    check.whole("replicates", replicates, least=1)
    check.whole("seed", seed)
    check.whole("clusters", clusters, least=1)
    check.whole("every_days", every_days, least=1)
    check.flag("gumbel", gumbel)
    if stop_after is not None:
        check.whole("stop_after", stop_after, least=1)
        if gumbel:
            raise ParameterError("stop_after and gumbel exclude each other: a fit needs all the maxima")


def _maxima(drawn: Replicates, ratio: float, replicates: int, stop_after: int | None) -> Floats:
    """The maxima; up to the one before that which is the last to be waited for, so that the rank stays valid."""
    maxima, wanted = np.empty(0), replicates + 1 if stop_after is None else stop_after
    for part in drawn.batches(replicates):
        maxima = np.concatenate((maxima, part))
        reaching = np.flatnonzero(as_well(ratio, maxima))
        if reaching.size >= wanted:
            return maxima[: reaching[wanted - 1]]
    return maxima


def _cluster(cylinder: Cylinder, geometry: Geometry, study: Study, p_value: float, every_days: int) -> Cluster:
    centre, locations, days, cases, expected, ratio = cylinder
    outside, rest = study.total - cases, study.total - expected
    return Cluster(
        centre=centre,
        radius_km=float(geometry.kilometres(centre, locations).max()),
        locations=locations[~np.isin(locations, study.left_out)],
        start=study.days - days,
        days=days,
        observed=cases,
        expected=expected,
        relative_risk=(cases / expected) / (outside / rest) if outside else np.inf,
        log_likelihood_ratio=ratio,
        p_value=p_value,
        recurrence_days=every_days / p_value,
    )
