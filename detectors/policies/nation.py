"""A nation in one call: many series, each with its policy, equal policies judged together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.policies.policy import Policy, PolicyVerdicts


@dataclass(frozen=True, slots=True)
class Nation:
    """What the policies say of all the series.

    Parameters
    ----------
    alarm, agreeing, able, reason : (S, T-first)
        As in :class:`detectors.PolicyVerdicts`.
    groups : list of (rows, PolicyVerdicts)
        For each distinct policy the numbers of its series, ascending, and everything that was said of them.
    """

    alarm: NDArray[np.bool_]
    agreeing: NDArray[np.uint8]
    able: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    groups: list[tuple[NDArray[np.int64], PolicyVerdicts]]


def judge_by_policy(
    policies: Sequence[Policy],
    which: ArrayLike,
    counts: CountsLike,
    *,
    first: int = 0,
    dates: Dates | None = None,
    population: NDArray[np.float64] | None = None,
) -> Nation:
    """Judge every series by its own policy, with as few calls of the methods as there are distinct policies.

    Of each series no more history is read, and checked, than its policy looks back on: counts of a small type need not
    be widened before. A nation's latest day is judged with ``first=T-1``.

    Parameters
    ----------
    policies : sequence of Policy
        Equal ones may stand there more than once.
    which : (S,) int
        Position in `policies` of each series' policy.
    counts, first, dates, population
        As :meth:`detectors.judging.protocol.Detector.judge` takes them.

    Raises
    ------
    ValueError
        `which` does not name a policy for each series; and as the methods raise it.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build_policy, judge_by_policy
    >>> rare = build_policy({"members": [{"method": "single_case"}]})
    >>> frequent = build_policy({"members": [{"method": "k_in_window", "parameters": {"k": 5}}], "minimum": 6})
    >>> days = np.array([[0, 0, 1], [3, 1, 1], [3, 1, 2]])
    >>> judge_by_policy([rare, frequent], [0, 1, 1], days, first=2).alarm[:, 0]
    array([ True, False,  True])
    """
    given = counts if isinstance(counts, Counts) else np.asanyarray(counts)
    if len(given.shape) != 2:
        raise ValueError(f"counts must be series × time, not an array of {len(given.shape)} dimensions")
    series, steps = given.shape
    chosen = np.asarray(which)
    if chosen.shape != (series,) or chosen.dtype.kind not in "iu":
        raise ValueError(f"which must be {series} whole numbers, one a series, not {chosen.dtype} {chosen.shape}")
    if series and not 0 <= int(chosen.min()) <= int(chosen.max()) < len(policies):
        raise ValueError(f"which must lie between 0 and {len(policies) - 1}")
    if not 0 <= first <= steps:
        raise ValueError(f"first must lie between 0 and {steps}, not {first}")
    shape = (series, steps - first)
    nation = Nation(
        np.zeros(shape, np.bool_), np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), []
    )
    distinct: list[Policy] = []
    number_of = np.array([_number(distinct, policy) for policy in policies], np.int64)
    for number, policy in enumerate(distinct):
        rows = np.flatnonzero(number_of[chosen] == number)
        if not rows.size:
            continue
        left = 0 if policy.lookback is None else max(0, first - policy.lookback)
        said = policy.judge(
            _cut(given, rows, left),
            first=first - left,
            dates=None if dates is None else dates[left:],
            population=None if population is None else population[rows, left:],
        )
        for name in ("alarm", "agreeing", "able", "reason"):
            getattr(nation, name)[rows] = getattr(said, name)
        nation.groups.append((rows, said))
    return nation


def _cut(counts: Counts | NDArray[Any], rows: NDArray[np.int64], left: int) -> Counts:
    """Return some series from a column on, checked."""
    if isinstance(counts, Counts):
        missing = None if counts.missing is None else counts.missing[rows, left:]
        return Counts(counts.values[rows, left:], missing)
    return Counts.of(counts[rows, left:])


def _number(distinct: list[Policy], policy: Policy) -> int:
    """Return the position of a policy among the distinct ones, where it is put if it is new."""
    if policy not in distinct:
        distinct.append(policy)
    return distinct.index(policy)
