"""First ever: what an area has not seen for years, once it was looked for."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece, judge_blocks
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.trials import checked_numbers
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.judging.windows import prefix_sums, window_sums


@dataclass(frozen=True, slots=True)
class FirstEver:
    """A step with a case where the `within` steps before hold none.

    For a pathogen or a subtype that is new to a place: the first H5N1 of a county is news where a second one a week
    later is not. Prefer `single_case` with `quiet_days` for spells of weeks, and `k_in_window` for clusters. New is
    only what could have been found before: where the tests are given as population, a place that hardly tested in the
    last `tested_within` steps has no verdict instead of a discovery.

    Parameters
    ----------
    within : int
        Steps before the judged one that must hold no known case, at least 1; 1826 days are five years. Steps before
        the first column, and missing ones, hold none: this rule must rather speak once too often.
    least_tests : int
        Tests that the `tested_within` steps before the judged one must hold where a population is given; 0 does not
        ask. Where their number is unknown (NaN) there were none.
    tested_within : int
        Steps before the judged one in which tests are counted, at least 1.

    Raises
    ------
    ValueError
        From `judge`: tests that are of another shape than the counts, or negative, infinite or not whole.

    Notes
    -----
    `expected` and `upper` are 0; `score` is the count of a first step, and 0 on every other. A first step without
    enough tests before it has no verdict (TOO_LITTLE_REPORTED). A step without a case does not depend on what was
    before it, so `memory` is 0.

    Examples
    --------
    >>> from detectors import build
    >>> first = build("first_ever", {"within": 3})
    >>> first.judge([[0, 1, 0, 2, 0, 0, 0, 1]]).alarm.astype(int)
    array([[0, 1, 0, 0, 0, 0, 0, 1]])
    >>> import numpy as np
    >>> tests = np.array([[0.0, 9, 0, 10, 10, 10, 10, 1]])
    >>> verdicts = first.judge([[0, 1, 0, 2, 0, 0, 0, 1]], population=tests)
    >>> verdicts.alarm.astype(int), int(verdicts.reason[0, 1])
    (array([[0, 0, 0, 0, 0, 0, 0, 1]]), 11)
    """

    name: ClassVar[str] = "first_ever"
    memory: ClassVar[int] = 0
    within: int = 1826
    least_tests: int = 30
    tested_within: int = 365

    def __post_init__(self) -> None:
        check.whole("within", self.within, least=1)
        check.whole("least_tests", self.least_tests)
        check.whole("tested_within", self.tested_within, least=1)

    @property
    def lookback(self) -> int:
        return max(self.within, self.tested_within) if self.least_tests else self.within

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
        tests: NDArray[np.int64] | None = None
        if population is not None and self.least_tests:
            tests = np.nan_to_num(checked_numbers("tests", checked, population)).astype(np.int64)

        def kernel(piece: Piece, out: Block) -> None:
            self._judge_block(piece, None if tests is None else piece.part(tests), out)

        return judge_blocks(checked, first, self.lookback, kernel, least=0)

    def _judge_block(self, piece: Piece, tests: NDArray[np.int64] | None, out: Block) -> None:
        out.expected[:] = 0
        out.upper[:] = 0
        out.score[:] = 0
        out.alarm[:] = False
        if piece.missing is not None:
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED, keep_bound=True)
        # Most series are silent, and only those with a case now need their past added up.
        some = np.flatnonzero((piece.now() > 0).any(axis=1))
        if not some.size:
            return
        now = piece.now()[some]
        before = window_sums(prefix_sums(piece.values[some]), piece.judged, length=self.within, gap=1)
        new = (now > 0) & (before == 0)
        out.alarm[some] = new
        out.score[some] = np.where(out.reason[some] == Reason.JUDGED, np.where(new, now, 0), np.nan)
        if tests is not None:
            tested = window_sums(prefix_sums(tests[some]), piece.judged, length=self.tested_within, gap=1)
            unproven = np.zeros(out.alarm.shape, dtype=np.bool_)
            unproven[some] = new & (tested < self.least_tests)
            out.refuse(unproven, Reason.TOO_LITTLE_REPORTED)
