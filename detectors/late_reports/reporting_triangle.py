"""The reporting triangle: cases by the step of their onset and by how many steps later they were reported."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.judging import parameters as check

Integers = NDArray[np.int64]


def reporting_triangle(
    onset: NDArray[np.datetime64],
    report: NDArray[np.datetime64],
    *,
    today: np.datetime64,
    steps: int,
    longest: int,
    step_days: int = 1,
    series: Integers | None = None,
    among: int = 1,
) -> Integers:
    """Count cases into a triangle that ends today.

    Cases that are reported after today, whose onset lies before the first step, or that are reported more than
    `longest` steps late are left out: the last ones must be few, or `longest` be longer.

    Parameters
    ----------
    onset, report : (n,) datetime64[D]
        Of each case.
    today : datetime64[D]
        The last day of the last step.
    steps, longest : int
        Steps of onset, and the longest delay, in steps.
    step_days : int
        Days of a step.
    series, among : (n,) int and int
        The series 0 … `among` - 1 of each case; 0 if not given.

    Returns
    -------
    (among, steps, longest + 1) int64

    Raises
    ------
    ValueError
        Dates or series of another length, a date that is not known, a report before the onset, or a series outside.

    Examples
    --------
    >>> days = np.array(["2024-01-01", "2024-01-01", "2024-01-02"], dtype="datetime64[D]")
    >>> late = days + np.array([0, 2, 0])
    >>> reporting_triangle(days, late, today=np.datetime64("2024-01-03"), steps=3, longest=2)[0]
    array([[1, 0, 1],
           [1, 0, 0],
           [0, 0, 0]])
    """
    check.whole("steps", steps, least=1)
    check.whole("longest", longest)
    check.whole("step_days", step_days, least=1)
    check.whole("among", among, least=1)
    begun, known = np.asarray(onset, dtype="datetime64[D]"), np.asarray(report, dtype="datetime64[D]")
    own = np.zeros(begun.size, dtype=np.int64) if series is None else np.asarray(series, dtype=np.int64)
    if not begun.shape == known.shape == own.shape == (begun.size,):
        raise ValueError("onset, report and series must be of one length")
    if np.isnat(begun).any() or np.isnat(known).any():
        raise ValueError("onset and report must be known")
    if (known < begun).any():
        raise ValueError("a case must not be reported before its onset")
    if ((own < 0) | (own >= among)).any():
        raise ValueError(f"series must lie between 0 and {among - 1}")
    now = today.astype("datetime64[D]")
    at = steps - 1 - (now - begun).astype(np.int64) // step_days
    late = steps - 1 - (now - known).astype(np.int64) // step_days - at
    inside = (known <= now) & (at >= 0) & (late <= longest)
    triangle = np.zeros((among, steps, longest + 1), dtype=np.int64)
    np.add.at(triangle, (own[inside], at[inside], late[inside]), 1)
    return triangle


def checked_triangle(triangle: ArrayLike) -> Integers:
    """A triangle (S, T, D+1), or one (T, D+1), as counts; what is not reported yet is set to 0.

    Raises
    ------
    ValueError
        Another shape, or counts that are not whole and at least 0.
    """
    given = np.asarray(triangle)
    given = given[np.newaxis] if given.ndim == 2 else given
    if given.ndim != 3 or given.shape[2] < 1:
        raise ValueError("triangle must be series × onset × delay")
    known = np.add.outer(np.arange(given.shape[1]), np.arange(given.shape[2])) < given.shape[1]
    given = np.where(known, given, 0)
    counts = given.astype(np.int64)
    if given.dtype.kind not in "iuf" or (counts != given).any() or (counts < 0).any():
        raise ValueError("triangle must be whole numbers of cases, at least 0")
    return counts
