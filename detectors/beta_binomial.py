"""Positives among tests: a share against that of the weeks before.

References
----------
Gelman A. et al. (2013): Bayesian Data Analysis, 3rd edition, section 2 (the beta-binomial as predictive distribution).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincc, betaln, gammaln

from detectors.judging import parameters as check
from detectors.judging.blocks import Piece, judge_blocks
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.trials import checked_trials
from detectors.judging.verdicts import Block, Reason, Verdicts
from detectors.judging.windows import any_missing, prefix_sums, window_sums

Floats = NDArray[np.float64]
WIDE = 1000.0

_STEPS, _CELLS = 64, 1 << 15


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """Positives among a step's tests, against the share among the tests of the `baseline` before.

    For positivity of laboratories, symptomatic among arrivals, and any share whose denominator moves: a count alone
    cannot tell more disease from more testing. `judge` wants the tests as its population, and their number must be that
    of the same records as the positives.

    Parameters
    ----------
    p : float
        Alarm if P(X >= x) < p …
    minimum : int
        … and x >= minimum.
    baseline, guard : int
        Steps of the baseline, and steps left out between it and the judged one.
    least_tests : int
        Tests that the baseline must hold, else there is no verdict (NO_DENOMINATOR).

    Notes
    -----
    With s positives among n tests of the baseline, X of m tests is beta-binomial with s + ½ and n - s + ½: Jeffreys'
    prior. `expected` is its mean, `upper` the highest count that does not alarm, `score` -log10 of the p-value. A step
    without tests has no verdict.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors import build
    >>> tests = np.full((1, 31), 40.0)
    >>> positives = np.full((1, 31), 2)
    >>> positives[0, -1] = 12
    >>> verdicts = build("beta_binomial", {}).judge(positives, first=30, population=tests)
    >>> bool(verdicts.alarm[0, 0]), float(verdicts.upper[0, 0])
    (True, 7.0)
    """

    name: ClassVar[str] = "beta_binomial"
    p: float = 0.001
    minimum: int = 3
    baseline: int = 28
    guard: int = 2
    least_tests: int = 30

    def __post_init__(self) -> None:
        check.probability("p", self.p)
        check.whole("minimum", self.minimum, least=1)
        check.whole("baseline", self.baseline, least=1)
        check.whole("guard", self.guard)
        check.whole("least_tests", self.least_tests, least=1)

    @property
    def lookback(self) -> int:
        return self.baseline + self.guard

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: Floats | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.judging.protocol.Detector.judge`."""
        checked = Counts.of(counts)
        trials = checked_trials("beta_binomial", "tests", checked, population)

        def kernel(piece: Piece, out: Block) -> None:
            self._judge_block(piece, piece.part(trials), out)

        return judge_blocks(checked, first, self.lookback, kernel, p_value=True)

    def _judge_block(self, piece: Piece, tests: NDArray[np.int64], out: Block) -> None:
        assert out.p_value is not None
        gap = self.guard + 1
        positives = window_sums(prefix_sums(piece.values), piece.judged, length=self.baseline, gap=gap)
        tested = window_sums(prefix_sums(tests), piece.judged, length=self.baseline, gap=gap)
        alpha = np.asarray(positives + 0.5, dtype=np.float64)
        beta = np.asarray(tested - positives + 0.5, dtype=np.float64)
        now = tests[:, piece.judged :]
        out.expected[:] = now * alpha / (alpha + beta)
        out.p_value[:] = tail(piece.now(), now, alpha, beta)
        out.upper[:] = np.maximum(least_rare(now, alpha, beta, self.p), self.minimum) - 1
        out.alarm[:] = (out.p_value < self.p) & (piece.now() >= self.minimum)
        out.score[:] = -np.log10(np.maximum(out.p_value, 1e-300))
        if piece.missing is not None:
            hidden = any_missing(piece.missing, piece.judged, [range(gap, gap + self.baseline)])
            out.refuse(hidden, Reason.MISSING_IN_BASELINE)
            out.refuse(piece.missing[:, piece.judged :], Reason.NOT_OBSERVED)
        out.refuse((tested < self.least_tests) | (now == 0), Reason.NO_DENOMINATOR)


def tail(successes: NDArray[np.int64], trials: NDArray[np.int64], alpha: Floats, beta: Floats) -> Floats:
    """P(X >= x) of the beta-binomial, elementwise: the sum of the shorter side, term by term.

    Where the standard deviation is above `WIDE` the sum would be long, and the beta of the same mean and variance gives
    it to the fifth digit.
    """
    shape = np.broadcast_shapes(successes.shape, trials.shape)
    x, n = np.broadcast_to(successes, shape).ravel(), np.broadcast_to(trials, shape).ravel()
    a, b = np.broadcast_to(alpha, shape).ravel(), np.broadcast_to(beta, shape).ravel()
    mean, precision = a / (a + b), a + b
    wide = np.sqrt(n * mean * (1 - mean) * (precision + n) / (precision + 1)) > WIDE
    upward = x > n * mean
    at = np.where(upward, x, x - 1).astype(np.float64)
    inside = (at >= 0) & (at <= n) & ~wide
    at = np.where(inside, at, 0.0)
    choose = gammaln(n + 1.0) - gammaln(at + 1) - gammaln(n - at + 1)
    term = np.where(inside, np.exp(choose + betaln(at + a, n - at + b) - betaln(a, b)), 0.0)
    total = _summed(term, at, n, a, b, upward)
    result = np.where(upward, total, 1 - total)
    if wide.any():
        matched = (n * (precision + 1) / (precision + n) - 1)[wide]
        place = np.clip((x[wide] - 0.5) / n[wide], 0, 1)
        result[wide] = betaincc(mean[wide] * matched, (1 - mean[wide]) * matched, place)
    result[x <= 0] = 1.0
    result[x > n] = 0.0
    return np.clip(result, 0.0, 1.0).reshape(shape)


def _summed(term: Floats, at: Floats, n: NDArray[np.int64], a: Floats, b: Floats, upward: NDArray[np.bool_]) -> Floats:
    """Add to each term those beyond it, up or down, until they no longer change the sum.

    Some are made at a time, each from the one before and added in its turn: the bits are those of one by one.
    """
    total, term, at = term.copy(), term.copy(), at.copy()
    active = np.flatnonzero(term > 0)
    while active.size:
        steps = max(1, min(_STEPS, _CELLS // active.size))
        m, up = n[active, np.newaxis], upward[active, np.newaxis]
        left, right = a[active, np.newaxis], b[active, np.newaxis]
        k = np.clip(at[active, np.newaxis] + np.where(up, 1, -1) * np.arange(steps), 0, m)
        rising = (m - k) * (k + left) / ((k + 1) * np.maximum(m - k - 1 + right, 1e-300))
        falling = k * (m - k + right) / ((m - k + 1) * np.maximum(k - 1 + left, 1e-300))
        ratios = np.where(up, np.where(k < m, rising, 0.0), np.where(k > 0, falling, 0.0))
        terms = np.cumprod(np.concatenate([term[active, np.newaxis], ratios], axis=1), axis=1)[:, 1:]
        sums = np.cumsum(np.concatenate([total[active, np.newaxis], terms], axis=1), axis=1)[:, 1:]
        goes_on = np.logical_and.accumulate(terms > 1e-17 * sums, axis=1)
        # The first that changes nothing is the last that is added.
        last = np.minimum(goes_on.sum(axis=1), steps - 1)[:, np.newaxis]
        total[active] = np.take_along_axis(sums, last, axis=1)[:, 0]
        term[active] = terms[:, -1]
        at[active] += np.where(up[:, 0], steps, -steps)
        active = active[goes_on[:, -1]]
    return total


def least_rare(trials: NDArray[np.int64], alpha: Floats, beta: Floats, level: float) -> NDArray[np.int64]:
    """The least x with P(X >= x) < level, elementwise, by bisection; trials + 1 where there is none."""
    low, high = np.zeros(trials.shape, dtype=np.int64), trials + 1
    while (high - low > 1).any():
        middle = np.where(high - low > 1, (low + high) // 2, low)
        rare = (tail(middle, trials, alpha, beta) < level) & (middle > low)
        low, high = np.where(rare, low, middle), np.where(rare, middle, high)
    return high
