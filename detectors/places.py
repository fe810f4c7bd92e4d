"""k places: cases that belong together and are not of one place."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.trials import checked_numbers
from detectors.judging.verdicts import Reason, Verdicts
from detectors.judging.windows import any_missing
from detectors.k_in_window import KInWindow


@dataclass(frozen=True, slots=True)
class KPlaces:
    """At least `k` cases within `window` steps, the judged one included, in at least `places` places.

    For a subtype or a lineage whose cases are few everywhere: the same one in two counties within a month is food or
    contact, not chance, where as many in one household are `k_in_window`'s. The series is that of the whole region, and
    `judge` takes as its population the number of places with a case in the window that ends with each step: a count of
    places, not of persons, for places cannot be told from the region's counts. With coordinates and many cases prefer
    `detectors.space_time.scan`.

    Parameters
    ----------
    k : int
        Cases, at least 1.
    window : int
        Steps, at least 1; the places must have been counted over as many. Steps before the first column hold no case.
    places : int
        Places, at least 1.

    Raises
    ------
    ValueError
        From `judge`: places that are of another shape than the counts, or negative, infinite or not whole.

    Notes
    -----
    `score` is the window's sum, `upper` is k - 1, `expected` is 0; a sum above `upper` in too few places does not
    alarm, nor does a step without a case. A step that would alarm if its places were known (no population, or NaN) has
    no verdict (NO_DENOMINATOR), and without any population no step has one. A missing step in the window leaves the
    alarm where what is known suffices, and no verdict otherwise. Numbers of places do not add up, so that `sum_over`
    makes no sense here.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> cases, counties = [[2, 0, 1, 1, 0]], np.array([[1.0, 1, 1, 2, 2]])
    >>> build("k_places", {"k": 3}).judge(cases, population=counties).alarm.astype(int)
    array([[0, 0, 0, 1, 0]])
    """

    name: ClassVar[str] = "k_places"
    k: int = 3
    window: int = 30
    places: int = 2

    def __post_init__(self) -> None:
        check.whole("k", self.k, least=1)
        check.whole("window", self.window, least=1)
        check.whole("places", self.places, least=1)

    @property
    def lookback(self) -> int:
        return self.window - 1

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.judging.protocol.Detector.judge`."""
        checked = Counts.of(counts)
        verdicts = KInWindow(self.k, self.window).judge(checked, first=first)
        out = verdicts.block(slice(None))
        if population is None:
            out.refuse(np.ones(out.alarm.shape, dtype=np.bool_), Reason.NO_DENOMINATOR)
            return verdicts
        found = checked_numbers("places", checked, population)[:, first:]
        clustered = out.alarm.copy()
        out.alarm[:] &= found >= self.places
        out.refuse(clustered & np.isnan(found), Reason.NO_DENOMINATOR)
        if checked.missing is not None:
            hidden = any_missing(checked.missing, first, [range(self.window)])
            out.refuse(clustered & ~out.alarm & hidden, Reason.MISSING_IN_BASELINE)
        return verdicts
